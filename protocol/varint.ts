/** Zig-zag varints of records, for numbers up to ±2^53. Reading them is the Reader's. */

export function varintSize(value: number): number {
  let rest = value < 0 ? -value - 1 : value
  let size = 1
  for (rest = Math.floor(rest / 64); rest > 0; rest = Math.floor(rest / 128)) size++
  return size
}

/** Returns where the next byte goes. The bytes must be there. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  const half = value < 0 ? -value - 1 : value
  let to = at
  let group = (half % 64) * 2 + (value < 0 ? 1 : 0)
  for (let rest = Math.floor(half / 64); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[to++] = group | 128
    group = rest % 128
  }
  bytes[to++] = group
  return to
}
