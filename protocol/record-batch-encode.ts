/**
 * Making record batches. Sizes are added up first, so that the batch is allocated once at its exact size and every key
 * and value is copied once.
 */
import { type Compression, compress, compressions } from './compression.ts'
import { writeInt64 } from './int64.ts'
import { batchAttribute, batchHeaderBytes, batchPosition, batchPrefixBytes, renewBatchCrc } from './record-batch.ts'
import { encodeText } from './text.ts'
import { varintSize, writeVarint } from './varint.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

export interface RecordInput {
  readonly key: Uint8Array | null
  /** null is a tombstone. */
  readonly value: Uint8Array | null
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly headers?: readonly RecordHeader[]
}

export interface BatchInput {
  /** At least one. */
  readonly records: readonly RecordInput[]
  readonly compression?: Compression
  /** The producer's three, -1 when absent. */
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  /** 0 when absent, as a producer must send it. */
  readonly baseOffset?: number
  /** -1 when absent. */
  readonly partitionLeaderEpoch?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** Makes it a LogAppendTime batch of this time. */
  readonly logAppendTime?: number
}

export function encodeBatch(batch: BatchInput): Uint8Array {
  const first = batch.records[0]
  if (first === undefined) throw new RangeError('a batch without records')
  const compression = batch.compression ?? 'none'
  const recordsBytes = recordsSize(batch.records, first.timestamp)
  if (compression === 'none') {
    const bytes = new Uint8Array(batchHeaderBytes + recordsBytes)
    writeRecords(bytes, batchHeaderBytes, batch.records)
    return finishBatch(bytes, batch, first.timestamp)
  }
  const plain = new Uint8Array(recordsBytes)
  writeRecords(plain, 0, batch.records)
  const packed = compress(compression, plain)
  const bytes = new Uint8Array(batchHeaderBytes + packed.length)
  bytes.set(packed, batchHeaderBytes)
  return finishBatch(bytes, batch, first.timestamp)
}

/** The batch with this for its records, which are in this codec and otherwise the same. */
export function withRecords(batch: Uint8Array, compression: Compression, records: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(batchHeaderBytes + records.length)
  bytes.set(batch.subarray(0, batchHeaderBytes))
  bytes.set(records, batchHeaderBytes)
  new DataView(bytes.buffer).setInt32(batchPosition.length, bytes.length - batchPrefixBytes)
  const codecAt = batchPosition.attributes + 1
  bytes[codecAt] = (bytes[codecAt]! & ~batchAttribute.compression) | compressions.indexOf(compression)
  renewBatchCrc(bytes, 0)
  return bytes
}

/** Fills in the header in front of the records. */
function finishBatch(bytes: Uint8Array, batch: BatchInput, baseTimestamp: number): Uint8Array {
  const view = new DataView(bytes.buffer)
  writeInt64(bytes, batchPosition.baseOffset, batch.baseOffset ?? 0)
  view.setInt32(batchPosition.length, bytes.length - batchPrefixBytes)
  view.setInt32(batchPosition.partitionLeaderEpoch, batch.partitionLeaderEpoch ?? -1)
  view.setInt8(batchPosition.magic, 2)
  view.setInt16(batchPosition.attributes, attributesOf(batch))
  view.setInt32(batchPosition.lastOffsetDelta, batch.records.length - 1)
  writeInt64(bytes, batchPosition.baseTimestamp, baseTimestamp)
  writeInt64(bytes, batchPosition.maxTimestamp, batch.logAppendTime ?? maxTimestamp(batch.records))
  writeInt64(bytes, batchPosition.producerId, batch.producerId ?? -1)
  view.setInt16(batchPosition.producerEpoch, batch.producerEpoch ?? -1)
  view.setInt32(batchPosition.baseSequence, batch.baseSequence ?? -1)
  view.setInt32(batchPosition.recordsCount, batch.records.length)
  renewBatchCrc(bytes, 0)
  return bytes
}

function attributesOf(batch: BatchInput): number {
  let attributes = compressions.indexOf(batch.compression ?? 'none')
  if (batch.logAppendTime !== undefined) attributes |= batchAttribute.logAppendTime
  if (batch.isTransactional === true) attributes |= batchAttribute.transactional
  if (batch.isControl === true) attributes |= batchAttribute.control
  return attributes
}

function maxTimestamp(records: readonly RecordInput[]): number {
  let max = -Infinity
  for (const record of records) if (record.timestamp > max) max = record.timestamp
  return max
}

function recordsSize(records: readonly RecordInput[], baseTimestamp: number): number {
  let total = 0
  for (let i = 0; i < records.length; i++) {
    const size = recordSize(records[i]!, i, baseTimestamp)
    total += varintSize(size) + size
  }
  return total
}

/** Without the record's own length. */
function recordSize(record: RecordInput, offsetDelta: number, baseTimestamp: number): number {
  const headers = record.headers
  let size = 1 + varintSize(record.timestamp - baseTimestamp) + varintSize(offsetDelta)
  size += bytesSize(record.key) + bytesSize(record.value) + varintSize(headers === undefined ? 0 : headers.length)
  if (headers === undefined) return size
  for (const header of headers) size += bytesSize(encodeText(header.key)) + bytesSize(header.value)
  return size
}

function bytesSize(value: Uint8Array | null): number {
  return value === null ? 1 : varintSize(value.length) + value.length
}

function writeRecords(bytes: Uint8Array, from: number, records: readonly RecordInput[]): void {
  const baseTimestamp = records[0]!.timestamp
  let at = from
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    at = writeVarint(bytes, at, recordSize(record, i, baseTimestamp))
    bytes[at++] = 0
    at = writeVarint(bytes, at, record.timestamp - baseTimestamp)
    at = writeVarint(bytes, at, i)
    at = writeBytes(bytes, at, record.key)
    at = writeBytes(bytes, at, record.value)
    at = writeHeaders(bytes, at, record.headers)
  }
}

function writeHeaders(bytes: Uint8Array, from: number, headers: readonly RecordHeader[] | undefined): number {
  if (headers === undefined) return writeVarint(bytes, from, 0)
  let at = writeVarint(bytes, from, headers.length)
  for (const header of headers) {
    at = writeBytes(bytes, at, encodeText(header.key))
    at = writeBytes(bytes, at, header.value)
  }
  return at
}

function writeBytes(bytes: Uint8Array, from: number, value: Uint8Array | null): number {
  if (value === null) return writeVarint(bytes, from, -1)
  const at = writeVarint(bytes, from, value.length)
  bytes.set(value, at)
  return at + value.length
}
