/**
 * Where the first segment of a log begins, as twenty digits and a line feed in a file of its own; without it, at 0. Removed files
 * can come back after a loss of power, any of them without the others: a first segment that begins elsewhere is one.
 */

export function logStartFile(dir: string): string {
  return `${dir}/log-start`
}

export function renderLogStart(baseOffset: number): Uint8Array {
  return new TextEncoder().encode(`${String(baseOffset).padStart(20, '0')}\n`)
}

/** undefined when the bytes are something else. A file that was emptied counts as none. */
export function parseLogStart(bytes: Uint8Array): number | undefined {
  const text = new TextDecoder().decode(bytes)
  if (text === '') return 0
  return /^\d{20}\n$/.test(text) ? Number(text) : undefined
}
