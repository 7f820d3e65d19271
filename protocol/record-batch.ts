/**
 * Record batches, format v2 (magic 2): reading the header, and the few fields a broker changes in place. The records
 * field of Produce and Fetch, and the log itself, is a run of such batches. Numbers, not bigint: see int64.ts.
 * Source: Kafka documentation, "Record Batch"; KIP-98.
 */
import { type Compression, compressions } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { readInt64, writeInt64 } from './int64.ts'
import { MalformedMessage } from './malformed.ts'

/** Base offset and length, which are the same in every format. */
export const batchPrefixBytes = 12
/** Everything before the records. */
export const batchHeaderBytes = 61
/** Where things stand in a batch. */
export const batchPosition = {
  baseOffset: 0,
  length: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordsCount: 57,
} as const
export const batchAttribute = { compression: 7, logAppendTime: 8, transactional: 16, control: 32 } as const

export interface BatchHeader {
  readonly baseOffset: number
  /** The whole batch, with base offset and length. */
  readonly sizeBytes: number
  readonly partitionLeaderEpoch: number
  /** Other than 2, everything below means nothing. */
  readonly magic: number
  readonly crc: number
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** -1 for none, as are the next two. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordsCount: number
}

/** MalformedMessage when there is no whole header or the length is too small for one; the records may be missing. */
export function readBatchHeader(bytes: Uint8Array, at: number): BatchHeader {
  if (at + batchHeaderBytes > bytes.length) throw new MalformedMessage(`batch at ${at} cut in its header`)
  return {
    baseOffset: readInt64(bytes, at),
    sizeBytes: readBatchSize(bytes, at),
    partitionLeaderEpoch: readInt32(bytes, at + batchPosition.partitionLeaderEpoch),
    magic: (bytes[at + batchPosition.magic]! << 24) >> 24,
    crc: readInt32(bytes, at + batchPosition.crc) >>> 0,
    attributes: readInt16(bytes, at + batchPosition.attributes),
    lastOffsetDelta: readInt32(bytes, at + batchPosition.lastOffsetDelta),
    baseTimestamp: readInt64(bytes, at + batchPosition.baseTimestamp),
    maxTimestamp: readInt64(bytes, at + batchPosition.maxTimestamp),
    producerId: readInt64(bytes, at + batchPosition.producerId),
    producerEpoch: readInt16(bytes, at + batchPosition.producerEpoch),
    baseSequence: readInt32(bytes, at + batchPosition.baseSequence),
    recordsCount: readInt32(bytes, at + batchPosition.recordsCount),
  }
}

function readBatchSize(bytes: Uint8Array, at: number): number {
  const size = readInt32(bytes, at + batchPosition.length) + batchPrefixBytes
  if (size < batchHeaderBytes) throw new MalformedMessage(`batch of ${size} bytes at ${at}`)
  return size
}

function readInt16(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16)) >> 16
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
}

/**
 * Calls `fn` with the header and position of each whole batch; a tail cut short is left alone. Returns where that tail,
 * or the end, begins. MalformedMessage when a length is impossible.
 */
export function forEachBatch(bytes: Uint8Array, fn: (header: BatchHeader, at: number) => void): number {
  let at = 0
  while (at + batchPrefixBytes <= bytes.length) {
    const size = readBatchSize(bytes, at)
    if (at + size > bytes.length) break
    fn(readBatchHeader(bytes, at), at)
    at += size
  }
  return at
}

export function isControl(header: BatchHeader): boolean {
  return (header.attributes & batchAttribute.control) !== 0
}

export function isTransactional(header: BatchHeader): boolean {
  return (header.attributes & batchAttribute.transactional) !== 0
}

/** Every record then has the batch's maxTimestamp, which is when the leader appended it. */
export function usesLogAppendTime(header: BatchHeader): boolean {
  return (header.attributes & batchAttribute.logAppendTime) !== 0
}

/** MalformedMessage for a number no codec has. */
export function compressionOf(header: BatchHeader): Compression {
  const compression = compressions[header.attributes & batchAttribute.compression]
  if (compression === undefined) throw new MalformedMessage(`compression ${header.attributes & 7}`)
  return compression
}

export function lastOffset(header: BatchHeader): number {
  return header.baseOffset + header.lastOffsetDelta
}

/** The whole batch must be there. */
export function batchCrcIsValid(bytes: Uint8Array, at: number, sizeBytes: number): boolean {
  const stated = readInt32(bytes, at + batchPosition.crc) >>> 0
  return crc32c(bytes, at + batchPosition.attributes, at + sizeBytes) === stated
}

/** What a leader writes into a batch it appends. Both fields are outside the CRC. */
export function assignBatch(bytes: Uint8Array, at: number, baseOffset: number, leaderEpoch: number): void {
  writeInt64(bytes, at + batchPosition.baseOffset, baseOffset)
  writeInt32(bytes, at + batchPosition.partitionLeaderEpoch, leaderEpoch)
}

/** Marks the batch as LogAppendTime and renews its CRC. The whole batch must be there. */
export function setLogAppendTime(bytes: Uint8Array, at: number, timestampMs: number): void {
  const attributesAt = at + batchPosition.attributes
  bytes[attributesAt + 1] = bytes[attributesAt + 1]! | batchAttribute.logAppendTime
  writeInt64(bytes, at + batchPosition.maxTimestamp, timestampMs)
  renewBatchCrc(bytes, at)
}

/** Writes the CRC that belongs to the batch as it stands. */
export function renewBatchCrc(bytes: Uint8Array, at: number): void {
  const end = at + readBatchSize(bytes, at)
  writeInt32(bytes, at + batchPosition.crc, crc32c(bytes, at + batchPosition.attributes, end))
}
