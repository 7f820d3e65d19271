/** The command line of a broker process. */
import { parseArgs } from 'node:util'
import type { LogLevel } from '../core/logger.ts'

export const usage = `usage: broker [--config FILE] [--override NAME=VALUE]… [--log-level LEVEL]

  --config FILE          server.properties: settings under Kafka's names
  --override NAME=VALUE  one setting, over what the file says; may be repeated
  --log-level LEVEL      debug, info (default), warn or error
`

export interface Arguments {
  readonly configFile: string | null
  readonly overrides: Readonly<Record<string, string>>
  readonly logLevel: LogLevel
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly arguments: Arguments }
  | { readonly kind: 'help' }
  /** One sentence. */
  | { readonly kind: 'wrong'; readonly problem: string }

const options = {
  config: { type: 'string' },
  override: { type: 'string', multiple: true },
  'log-level': { type: 'string' },
  help: { type: 'boolean' },
} as const

const logLevels: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[]

export function parseArguments(argv: readonly string[]): ParsedArguments {
  const values = parse(argv)
  if (values instanceof Error) return { kind: 'wrong', problem: firstSentence(values.message) }
  if (values.help === true) return { kind: 'help' }
  const logLevel = values['log-level'] ?? 'info'
  if (!logLevels.includes(logLevel)) {
    return { kind: 'wrong', problem: `--log-level ${logLevel} is not one of ${logLevels.join(', ')}.` }
  }
  const overrides: [string, string][] = []
  for (const override of values.override ?? []) {
    const equals = override.indexOf('=')
    if (equals < 1) return { kind: 'wrong', problem: `--override ${override} is not of the form NAME=VALUE.` }
    overrides.push([override.slice(0, equals).trim(), override.slice(equals + 1)])
  }
  return {
    kind: 'run',
    arguments: {
      configFile: values.config ?? null,
      overrides: Object.fromEntries(overrides),
      logLevel: logLevel as LogLevel,
    },
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

function parse(argv: readonly string[]): Values | Error {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    return error as Error
  }
}

/** Node explains at length how positionals could be passed; the first sentence says what is wrong. */
function firstSentence(message: string): string {
  const end = message.search(/[.]( |$)/)
  return end === -1 ? `${message}.` : message.slice(0, end + 1)
}
