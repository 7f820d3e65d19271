/**
 * CRC-32C (Castagnoli), the checksum of record batches. A native module does long inputs; short ones are cheaper in
 * JavaScript (eight tables, eight bytes a step), which also stands in where the native module does not load.
 */

/** From this length on a call into the native module pays for itself. */
const nativeFromBytes = 300
const polynomial = 0x82f63b78

const tables: Int32Array = makeTables()

function makeTables(): Int32Array {
  const all = new Int32Array(8 * 256)
  for (let i = 0; i < 256; i++) {
    let crc = i
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    all[i] = crc
  }
  for (let i = 256; i < all.length; i++) {
    const before = all[i - 256]!
    all[i] = (before >>> 8) ^ all[before & 255]!
  }
  return all
}

type Checksum = (bytes: Uint8Array) => number

async function loadNative(): Promise<Checksum | null> {
  try {
    const { crc32c } = await import('@node-rs/crc32')
    return (bytes) => crc32c(bytes)
  } catch {
    return null
  }
}

/** The native checksum of a whole array; null where it does not load. */
export const nativeCrc32c: Checksum | null = await loadNative()

/** Unsigned checksum of `bytes[from, to)`. */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  if (nativeCrc32c !== null && to - from >= nativeFromBytes) return nativeCrc32c(bytes.subarray(from, to))
  return slicedCrc32c(bytes, from, to)
}

/** The same in JavaScript. */
export function slicedCrc32c(bytes: Uint8Array, from: number, to: number): number {
  let crc = -1
  let at = from
  for (const last = to - 8; at <= last; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      tables[1792 + (crc & 255)]! ^
      tables[1536 + ((crc >>> 8) & 255)]! ^
      tables[1280 + ((crc >>> 16) & 255)]! ^
      tables[1024 + (crc >>> 24)]! ^
      tables[768 + bytes[at + 4]!]! ^
      tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}
