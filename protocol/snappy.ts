/**
 * Snappy as Kafka clients write it: a raw block (librdkafka, franz-go) or the Xerial stream (Java, sarama), told apart by
 * the stream's magic. Java reads nothing but Xerial, so that is what is written. A raw block says its uncompressed length
 * in front, which is checked before anything is allocated.
 */
import { compressSync, uncompressSync } from 'snappy'
import { MalformedMessage, TooLarge } from './malformed.ts'
import { Reader } from './reader.ts'

/** Magic, then version 1 and oldest compatible version 1. */
const streamHeader = new Uint8Array([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const magicBytes = 8
const blockBytes = 32 * 1024
/** Handing out memory of the native side costs five times more than copying a batch. */
const copied = { copyOutputData: true } as const

export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [streamHeader]
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = compressSync(bytes.subarray(at, at + blockBytes), copied)
    const size = new Uint8Array(4)
    new DataView(size.buffer).setInt32(0, block.length)
    parts.push(size, block)
  }
  return concat(parts)
}

export function decompressSnappy(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (!isStream(bytes)) return decompressBlock(bytes, maxBytes)
  const reader = new Reader(bytes, streamHeader.length)
  const parts: Uint8Array[] = []
  let left = maxBytes
  while (reader.at < reader.end) {
    const size = reader.int32()
    if (size < 0) throw new MalformedMessage(`snappy block of ${size} bytes`)
    const part = decompressBlock(reader.view(size), left)
    left -= part.length
    parts.push(part)
  }
  return parts.length === 1 ? parts[0]! : concat(parts)
}

function isStream(bytes: Uint8Array): boolean {
  if (bytes.length < streamHeader.length) return false
  for (let i = 0; i < magicBytes; i++) if (bytes[i] !== streamHeader[i]) return false
  return true
}

function decompressBlock(block: Uint8Array, maxBytes: number): Uint8Array {
  const size = new Reader(block).uvarint()
  if (size > maxBytes) throw new TooLarge(`snappy block of ${size} bytes, ${maxBytes} allowed`)
  return uncompressSync(block, copied) as Uint8Array
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
