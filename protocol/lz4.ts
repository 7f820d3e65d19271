/**
 * The LZ4 frame format (lz4_Frame_format.md 1.6). The library bounds only single blocks, so a frame is taken apart here
 * and each block is given the room that is left. As in Java's reader, blocks must be independent of each other; the
 * checksums are passed over, because the batch has its own.
 */
import { compressFrameSync, uncompressSync } from 'lz4-napi'
import { MalformedMessage, TooLarge } from './malformed.ts'
import { Reader } from './reader.ts'
import { concat } from './snappy.ts'

const magic = 0x184d2204
const storedBit = 0x80000000
/** No LZ4 block grows by more than this factor. */
const maxRatio = 255
/** Largest block by the number in the frame descriptor, 4 to 7. */
const blockLimits: readonly number[] = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024]

export function compressLz4(bytes: Uint8Array): Uint8Array {
  return compressFrameSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

export function decompressLz4(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const reader = new Reader(bytes)
  const frame = readDescriptor(reader)
  const parts: Uint8Array[] = []
  let left = maxBytes
  for (let size = readUint32(reader); size !== 0; size = readUint32(reader)) {
    const isStored = size >= storedBit
    const block = reader.view(isStored ? size - storedBit : size)
    const part = readBlock(block, isStored, { left, blockLimit: frame.blockLimit })
    left -= part.length
    parts.push(part)
    if (frame.hasBlockChecksums) reader.take(4)
  }
  if (frame.hasContentChecksum) reader.take(4)
  reader.expectEnd()
  return parts.length === 1 ? parts[0]! : concat(parts)
}

interface FrameDescriptor {
  readonly blockLimit: number
  readonly hasBlockChecksums: boolean
  readonly hasContentChecksum: boolean
}

function readDescriptor(reader: Reader): FrameDescriptor {
  if (readUint32(reader) !== magic) throw new MalformedMessage('not an lz4 frame')
  const flags = reader.bytes[reader.take(1)]!
  const blockLimit = blockLimits[(reader.bytes[reader.take(1)]! >> 4) & 7]!
  if (flags >> 6 !== 1) throw new MalformedMessage(`lz4 frame of version ${flags >> 6}`)
  if ((flags & 0x20) === 0) throw new MalformedMessage('lz4 blocks depend on each other')
  if ((flags & 0x01) !== 0) throw new MalformedMessage('lz4 frame with a dictionary')
  if (blockLimit === 0) throw new MalformedMessage('lz4 block size unknown')
  if ((flags & 0x08) !== 0) reader.take(8)
  reader.take(1)
  return { blockLimit, hasBlockChecksums: (flags & 0x10) !== 0, hasContentChecksum: (flags & 0x04) !== 0 }
}

/** The library does not say whether the room was too small or the block is damaged. */
function readBlock(block: Uint8Array, isStored: boolean, { left, blockLimit }: { readonly left: number; readonly blockLimit: number }): Uint8Array {
  const room = Math.min(left, blockLimit)
  try {
    return isStored ? storedBlock(block, room) : decompressBlock(block, room)
  } catch (error) {
    throw left < blockLimit ? new TooLarge(`lz4: more than the ${left} bytes left`) : error
  }
}

function storedBlock(block: Uint8Array, room: number): Uint8Array {
  if (block.length > room) throw new MalformedMessage(`lz4 block of ${block.length} bytes, ${room} allowed`)
  return block
}

/** The library takes the room for the output as four bytes in front of the block. */
function decompressBlock(block: Uint8Array, room: number): Uint8Array {
  const sized = new Uint8Array(4 + block.length)
  new DataView(sized.buffer).setUint32(0, Math.min(room, block.length * maxRatio), true)
  sized.set(block, 4)
  return uncompressSync(sized)
}

function readUint32(reader: Reader): number {
  const at = reader.take(4)
  const bytes = reader.bytes
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
