/**
 * Where a log starts: the offset its first segment begins at, and, on a second line when it is another, the first offset
 * that still belongs to the log; each as twenty digits and a line feed. Without the file both are 0. Removed files can come
 * back after a loss of power, any of them without the others: a first segment that begins elsewhere is one.
 */

export interface LogStart {
  /** Of the first segment. */
  readonly baseOffset: number
  /** At or above it. */
  readonly logStartOffset: number
}

export function logStartFile(dir: string): string {
  return `${dir}/log-start`
}

export function renderLogStart({ baseOffset, logStartOffset }: LogStart): Uint8Array {
  const offsets = logStartOffset === baseOffset ? [baseOffset] : [baseOffset, logStartOffset]
  return new TextEncoder().encode(offsets.map((offset) => `${String(offset).padStart(20, '0')}\n`).join(''))
}

/** undefined when the bytes are something else. A file that was emptied counts as none. */
export function parseLogStart(bytes: Uint8Array): LogStart | undefined {
  const text = new TextDecoder().decode(bytes)
  if (text === '') return { baseOffset: 0, logStartOffset: 0 }
  const match = /^(\d{20})\n(?:(\d{20})\n)?$/.exec(text)
  if (match === null) return undefined
  const baseOffset = Number(match[1])
  const logStartOffset = match[2] === undefined ? baseOffset : Number(match[2])
  return logStartOffset < baseOffset ? undefined : { baseOffset, logStartOffset }
}
