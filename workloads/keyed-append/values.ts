/**
 * Values as bytes. The history holds the value itself; on the wire it is padded with dots to a size, so that sizes vary.
 * Anything but dots after it stays part of what is read, and so shows as a record nobody sent.
 */
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Longer values stay as they are. */
export function encodeValue(value: string, sizeBytes: number): Uint8Array {
  return encoder.encode(value.padEnd(sizeBytes, '.'))
}

/** An empty string for a record without a value, which nobody sends. */
export function decodeValue(bytes: Uint8Array | null): string {
  if (bytes === null) return ''
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === dot) end--
  return decoder.decode(bytes.subarray(0, end))
}

const dot = 46
