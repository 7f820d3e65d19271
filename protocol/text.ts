/**
 * UTF-8 in and out. The same topic names and client ids come over and over, so short ASCII strings are looked up by
 * their bytes in a small direct-mapped table first: no decoding, no garbage, and equal strings are the same object.
 */
import { MalformedMessage } from './malformed.ts'

const maxCachedBytes = 48
const slots = 1024
const cached: string[] = Array.from({ length: slots }, () => '')
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** MalformedMessage when the bytes are not UTF-8. */
export function decodeText(bytes: Uint8Array, from: number, to: number): string {
  return to - from > maxCachedBytes ? decodeUtf8(bytes, from, to) : decodeShort(bytes, from, to)
}

function decodeShort(bytes: Uint8Array, from: number, to: number): string {
  let hash = to - from
  let union = 0
  for (let i = from; i < to; i++) {
    hash = (Math.imul(hash, 31) + bytes[i]!) | 0
    union |= bytes[i]!
  }
  if (union > 127) return decodeUtf8(bytes, from, to)
  const slot = (hash ^ (hash >>> 15)) & (slots - 1)
  const found = cached[slot]!
  if (isSame(found, bytes, from, to)) return found
  const text = decodeUtf8(bytes, from, to)
  cached[slot] = text
  return text
}

function isSame(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false
  return true
}

function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  try {
    return decoder.decode(bytes.subarray(from, to))
  } catch {
    throw new MalformedMessage(`not UTF-8 at byte ${from}`)
  }
}

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text)
}
