/**
 * The only place where int64 and JavaScript numbers meet. Messages carry int64 as bigint because hostile values near
 * 2^63 do not fit a double; offsets, timestamps and producer ids of the log are numbers, and what does not fit them
 * saturates at ±Number.MAX_SAFE_INTEGER instead of losing its low bits in silence.
 */

const maxSafe = Number.MAX_SAFE_INTEGER
const maxSafeBig = BigInt(maxSafe)
const two32 = 4294967296

export function toNumber(value: bigint): number {
  if (value > maxSafeBig) return maxSafe
  if (value < -maxSafeBig) return -maxSafe
  return Number(value)
}

/** Programmer error (RangeError) when `value` is not a whole number. */
export function toBigInt(value: number): bigint {
  return BigInt(value)
}

/** Big-endian int64 at `at`, saturated. The eight bytes must be there. */
export function readInt64(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  const low = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!
  return saturate(high * two32 + (low >>> 0))
}

/** Writes a whole number as big-endian int64. Two's complement falls out of floor and the unsigned remainder. */
export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`)
  const high = Math.floor(value / two32)
  const low = value - high * two32
  bytes[at] = high >> 24
  bytes[at + 1] = high >> 16
  bytes[at + 2] = high >> 8
  bytes[at + 3] = high
  bytes[at + 4] = low >>> 24
  bytes[at + 5] = low >>> 16
  bytes[at + 6] = low >>> 8
  bytes[at + 7] = low
}

export function saturate(value: number): number {
  if (value > maxSafe) return maxSafe
  return value < -maxSafe ? -maxSafe : value
}
