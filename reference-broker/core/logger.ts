export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where a node's sentences go: a file in a process, nowhere (or a story) in the simulator. */
export type Logger = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void
