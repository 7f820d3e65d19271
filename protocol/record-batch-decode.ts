/**
 * Reading the records of a batch, and checking a batch a stranger produced. All walk the same cursor, which reuses its
 * fields from record to record; only `decodeRecords` allocates per record, and what it allocates is bounded.
 */
import { type Compression, compress, decompress } from './compression.ts'
import { saturate } from './int64.ts'
import { MalformedMessage, TooLarge } from './malformed.ts'
import { Reader } from './reader.ts'
import { type BatchHeader, batchHeaderBytes, compressionOf, readBatchHeader, usesLogAppendTime } from './record-batch.ts'
import { type RecordHeader, withRecords } from './record-batch-encode.ts'

/** Keys and values are views of the batch, or of its decompressed records. */
export interface DecodedRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

/** What a broker wants to know of a batch beside its header. */
export interface BatchSummary {
  readonly header: BatchHeader
  /** Of the first and the last record, the smallest and the largest: as the producer set them. */
  readonly firstTimestamp: number
  readonly lastTimestamp: number
  readonly minTimestamp: number
  readonly maxTimestamp: number
  readonly hasNullKey: boolean
}

/** Length, attributes, two deltas, two lengths and the header count, one byte each. */
const minRecordBytes = 7
/** What a decoded record or record header takes beside its bytes, about. */
const objectBytes = 64
const noHeaders: readonly RecordHeader[] = []

/** Steps through records; the fields tell of the one last read. */
class RecordCursor {
  readonly #reader: Reader
  timestampDelta = 0
  offsetDelta = 0
  keyFrom = 0
  /** -1 for null, like `valueBytes`. */
  keyBytes = 0
  valueFrom = 0
  valueBytes = 0
  headers: readonly RecordHeader[] = noHeaders
  /** What decoded records may still take; undefined when headers are passed over. */
  #leftBytes: number | undefined

  constructor({ bytes, from, to }: RecordsSection, maxBytes?: number) {
    this.#reader = new Reader(bytes, from, to)
    this.#leftBytes = maxBytes === undefined ? undefined : maxBytes - (to - from)
  }

  /** Reads the next record; its stated length must be the length it has. */
  next(): void {
    const reader = this.#reader
    const size = reader.varint()
    const end = reader.at + size
    if (size < 0 || end > reader.end) throw new MalformedMessage(`record of ${size} bytes`)
    reader.take(1)
    this.timestampDelta = reader.varlong()
    this.offsetDelta = reader.varint()
    this.keyBytes = readLength(reader)
    this.keyFrom = reader.take(this.keyBytes < 0 ? 0 : this.keyBytes)
    this.valueBytes = readLength(reader)
    this.valueFrom = reader.take(this.valueBytes < 0 ? 0 : this.valueBytes)
    const count = reader.varint()
    if (count < 0 || count > (reader.end - reader.at) / 2) throw new MalformedMessage(`${count} record headers`)
    if (this.#leftBytes === undefined) passHeaders(reader, count)
    else this.#keep(count)
    if (reader.at !== end) throw new MalformedMessage(`record of ${size} bytes ends ${reader.at - end} bytes off`)
  }

  #keep(headers: number): void {
    this.#leftBytes! -= (1 + headers) * objectBytes
    if (this.#leftBytes! < 0) throw new TooLarge('too many records')
    this.headers = headers === 0 ? noHeaders : readHeaders(this.#reader, headers)
  }

  expectEnd(): void {
    this.#reader.expectEnd()
  }
}

function readLength(reader: Reader): number {
  const length = reader.varint()
  if (length < -1) throw new MalformedMessage(`length ${length} before ${reader.at}`)
  return length
}

function readHeaders(reader: Reader, count: number): readonly RecordHeader[] {
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const keyBytes = reader.varint()
    if (keyBytes < 0) throw new MalformedMessage('record header without key')
    const key = reader.text(keyBytes)
    const valueBytes = readLength(reader)
    headers.push({ key, value: valueBytes < 0 ? null : reader.view(valueBytes) })
  }
  return headers
}

function passHeaders(reader: Reader, count: number): void {
  for (let i = 0; i < count; i++) {
    const keyBytes = reader.varint()
    if (keyBytes < 0) throw new MalformedMessage('record header without key')
    reader.text(keyBytes)
    const valueBytes = readLength(reader)
    if (valueBytes > 0) reader.take(valueBytes)
  }
}

/** The header of a batch that is whole, in format v2, and has room for as many records as it says. */
function readWholeBatch(bytes: Uint8Array, at: number): BatchHeader {
  const header = readBatchHeader(bytes, at)
  if (header.magic !== 2) throw new MalformedMessage(`batch of format ${header.magic}`)
  if (at + header.sizeBytes > bytes.length) throw new MalformedMessage(`batch of ${header.sizeBytes} bytes cut`)
  return header
}

interface RecordsSection {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

function recordsSection(bytes: Uint8Array, at: number, header: BatchHeader, maxBytes: number): RecordsSection {
  const from = at + batchHeaderBytes
  const to = at + header.sizeBytes
  const compression = compressionOf(header)
  if (compression === 'none' || from === to) return checkedSection({ bytes, from, to }, header)
  const plain = decompress(compression, bytes.subarray(from, to), maxBytes)
  return checkedSection({ bytes: plain, from: 0, to: plain.length }, header)
}

function checkedSection(section: RecordsSection, header: BatchHeader): RecordsSection {
  const count = header.recordsCount
  if (count < 0 || count * minRecordBytes > section.to - section.from) throw new MalformedMessage(`${count} records`)
  return section
}

/**
 * All records of the whole batch at `at`. MalformedMessage when anything does not parse to the byte; TooLarge when they
 * would take more than `maxBytes`, their bytes and about what each needs beside them. Does not look at the CRC.
 */
export function decodeRecords(bytes: Uint8Array, at: number, limits: { readonly maxBytes: number }): DecodedRecord[] {
  const header = readWholeBatch(bytes, at)
  const section = recordsSection(bytes, at, header, limits.maxBytes)
  const cursor = new RecordCursor(section, limits.maxBytes)
  const records: DecodedRecord[] = []
  const appendTime = usesLogAppendTime(header) ? header.maxTimestamp : null
  for (let i = 0; i < header.recordsCount; i++) {
    cursor.next()
    records.push({
      offset: header.baseOffset + cursor.offsetDelta,
      timestamp: appendTime ?? saturate(header.baseTimestamp + cursor.timestampDelta),
      key: slice(section.bytes, cursor.keyFrom, cursor.keyBytes),
      value: slice(section.bytes, cursor.valueFrom, cursor.valueBytes),
      headers: cursor.headers,
    })
  }
  cursor.expectEnd()
  return records
}

function slice(bytes: Uint8Array, from: number, length: number): Uint8Array | null {
  return length < 0 ? null : bytes.subarray(from, from + length)
}

/** Told of a record by `forEachRecord`. */
export type RecordVisitor = (offset: number, timestamp: number, hasKey: boolean) => void

/** Tells of the records that `decodeRecords` would give, and keeps none, so any number of them costs no memory. */
export function forEachRecord(bytes: Uint8Array, at: number, limits: { readonly maxBytes: number }, visit: RecordVisitor): void {
  const header = readWholeBatch(bytes, at)
  const cursor = new RecordCursor(recordsSection(bytes, at, header, limits.maxBytes))
  const appendTime = usesLogAppendTime(header) ? header.maxTimestamp : null
  for (let i = 0; i < header.recordsCount; i++) {
    cursor.next()
    const timestamp = appendTime ?? saturate(header.baseTimestamp + cursor.timestampDelta)
    visit(header.baseOffset + cursor.offsetDelta, timestamp, cursor.keyBytes >= 0)
  }
  cursor.expectEnd()
}

/** The same batch with its records in another codec. It must be whole and alone in `bytes`, and good. */
export function recompressBatch(bytes: Uint8Array, compression: Compression, limits: { readonly maxBytes: number }): Uint8Array {
  const header = readWholeBatch(bytes, 0)
  const plain = recordsSection(bytes, 0, header, limits.maxBytes)
  return withRecords(bytes, compression, compress(compression, plain.bytes.subarray(plain.from, plain.to)))
}

/**
 * Checks the structure of a produced batch: whole, format v2, a known codec, at least one record, as many records as
 * stated, offset deltas 0, 1, 2, …, and nothing left over. MalformedMessage otherwise; TooLarge when its records
 * decompress to more than `maxBytes`. CRC, base offset, attributes and sequence are the caller's to judge.
 */
export function validateBatch(bytes: Uint8Array, at: number, limits: { readonly maxBytes: number }): BatchSummary {
  const header = readWholeBatch(bytes, at)
  const count = header.recordsCount
  if (count < 1 || header.lastOffsetDelta !== count - 1) {
    throw new MalformedMessage(`${count} records with last offset delta ${header.lastOffsetDelta}`)
  }
  const section = recordsSection(bytes, at, header, limits.maxBytes)
  const cursor = new RecordCursor(section)
  let first = 0
  let min = Infinity
  let max = -Infinity
  let hasNullKey = false
  for (let i = 0; i < count; i++) {
    cursor.next()
    if (cursor.offsetDelta !== i) throw new MalformedMessage(`offset delta ${cursor.offsetDelta} of record ${i}`)
    if (i === 0) first = cursor.timestampDelta
    if (cursor.timestampDelta < min) min = cursor.timestampDelta
    if (cursor.timestampDelta > max) max = cursor.timestampDelta
    if (cursor.keyBytes < 0) hasNullKey = true
  }
  cursor.expectEnd()
  const base = header.baseTimestamp
  return {
    header,
    firstTimestamp: saturate(base + first),
    lastTimestamp: saturate(base + cursor.timestampDelta),
    minTimestamp: saturate(base + min),
    maxTimestamp: saturate(base + max),
    hasNullKey,
  }
}
