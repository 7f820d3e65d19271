/** A uuid is sixteen bytes on the wire and 22 characters of URL-safe base64 (RFC 4648 section 5, no padding) in memory. */

/** Means "none" wherever Kafka allows none. */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const characters: readonly string[] = [...alphabet]
const sextets = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) sextets[alphabet.charCodeAt(i)] = i

/** The sixteen bytes at `at` must be there. */
export function readUuid(bytes: Uint8Array, at: number): string {
  let text = ''
  for (let i = 0; i < 15; i += 3) {
    const group = (bytes[at + i]! << 16) | (bytes[at + i + 1]! << 8) | bytes[at + i + 2]!
    text += characters[group >> 18]!
    text += characters[(group >> 12) & 63]!
    text += characters[(group >> 6) & 63]!
    text += characters[group & 63]!
  }
  const last = bytes[at + 15]!
  return text + characters[last >> 2]! + characters[(last & 3) << 4]!
}

/** Programmer error (RangeError) when the text is no uuid. */
export function writeUuid(bytes: Uint8Array, at: number, uuid: string): void {
  let invalid = uuid.length === 22 ? 0 : -1
  let bits = 0
  let count = 0
  let to = at
  for (let i = 0; i < 22; i++) {
    const code = uuid.charCodeAt(i)
    const sextet = code < 128 ? sextets[code]! : -1
    invalid |= sextet
    bits = ((bits << 6) | sextet) & 0xffff
    count += 6
    if (count < 8) continue
    count -= 8
    bytes[to++] = bits >> count
  }
  if (invalid < 0 || (bits & 15) !== 0) throw new RangeError(`not a uuid: ${uuid}`)
}
