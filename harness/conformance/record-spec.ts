/** Records in words: what a produce step sends, sound or spoiled on purpose, and what a fetch brought. */
import type { Compression } from '../../protocol/compression.ts'
import { MalformedMessage } from '../../protocol/malformed.ts'
import { decodeRecords } from '../../protocol/record-batch-decode.ts'
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import { batchPosition, compressionOf, forEachBatch, renewBatchCrc } from '../../protocol/record-batch.ts'
import type { Json } from './step.ts'

export interface BatchSpec {
  /** Values of the records; null is a tombstone. */
  readonly values: readonly (string | null)[]
  readonly key?: string | null
  /** Milliseconds after the moment the sequence calls zero; `none` is -1 on the wire. */
  readonly at?: number | 'none'
  readonly compression?: Compression
  readonly producerId?: number | string
  readonly epoch?: number
  readonly sequence?: number
  readonly transactional?: boolean
  readonly spoiled?: Spoiling
}

/** One thing that is wrong; the checksum is right all the same, except where it is what is wrong. */
export const spoilingNames = [
  'crc', 'magic 0', 'magic 1', 'magic 3', 'count one more', 'count zero', 'count negative', 'last offset delta one more',
  'last offset delta negative', 'base offset 5', 'length one more', 'length one less', 'length zero', 'control',
  'transactional', 'log append time', 'codec 5', 'says gzip', 'unused attributes', 'max timestamp lies',
  'partition leader epoch 9', 'cut', 'cut in its header', 'bytes behind it',
] as const
export type Spoiling = (typeof spoilingNames)[number]

type Edit = (view: DataView) => void

const { attributes, baseOffset, lastOffsetDelta, length, magic, maxTimestamp, recordsCount } = batchPosition
const setMagic = (to: number): Edit => (view) => view.setInt8(magic, to)
const addTo = (at: number, more: number): Edit => (view) => view.setInt32(at, view.getInt32(at) + more)
const setInt32 = (at: number, to: number): Edit => (view) => view.setInt32(at, to)
const setAttribute = (bits: number): Edit => (view) => view.setInt16(attributes, view.getInt16(attributes) | bits)

const edits: Partial<Record<Spoiling, Edit>> = {
  crc: addTo(batchPosition.crc, 1),
  'magic 0': setMagic(0),
  'magic 1': setMagic(1),
  'magic 3': setMagic(3),
  'count one more': addTo(recordsCount, 1),
  'count zero': setInt32(recordsCount, 0),
  'count negative': setInt32(recordsCount, -1),
  'last offset delta one more': addTo(lastOffsetDelta, 1),
  'last offset delta negative': setInt32(lastOffsetDelta, -1),
  'base offset 5': setInt32(baseOffset + 4, 5),
  'length one more': addTo(length, 1),
  'length one less': addTo(length, -1),
  'length zero': setInt32(length, 0),
  control: setAttribute(32),
  transactional: setAttribute(16),
  'log append time': setAttribute(8),
  'codec 5': setAttribute(5),
  'says gzip': setAttribute(1),
  'unused attributes': setAttribute(0x4000),
  'max timestamp lies': setInt32(maxTimestamp + 4, 7),
  'partition leader epoch 9': setInt32(batchPosition.partitionLeaderEpoch, 9),
}

/** Outside what the checksum covers, or it itself. */
const beforeChecksum: ReadonlySet<Spoiling> = new Set(['crc', 'length one more', 'length one less', 'length zero'])

/** `zeroMs` is the sequence's zero, `producerIdOf` knows its producers. */
export interface RecordContext {
  readonly zeroMs: number
  readonly producerIdOf: (reference: number | string) => number
}

export function encodeRecords(batches: readonly BatchSpec[], context: RecordContext): Uint8Array {
  return Buffer.concat(batches.map((batch) => encodeSpec(batch, context)))
}

function encodeSpec(spec: BatchSpec, { zeroMs, producerIdOf }: RecordContext): Uint8Array {
  const timestamp = spec.at === 'none' ? -1 : zeroMs + (spec.at ?? 0)
  const bytes = encodeBatch({
    records: spec.values.map((value) => ({ key: bytesOf(spec.key ?? null), value: bytesOf(value), timestamp })),
    compression: spec.compression ?? 'none',
    producerId: producerIdOf(spec.producerId ?? -1),
    producerEpoch: spec.epoch ?? -1,
    baseSequence: spec.sequence ?? -1,
    isTransactional: spec.transactional === true,
  })
  return spec.spoiled === undefined ? bytes : spoil(bytes, spec.spoiled)
}

function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text)
}

function spoil(bytes: Uint8Array, how: Spoiling): Uint8Array {
  if (how === 'cut') return bytes.subarray(0, bytes.length - 3)
  if (how === 'cut in its header') return bytes.subarray(0, 30)
  if (how === 'bytes behind it') return Buffer.concat([bytes, Buffer.from([0, 0, 0])])
  edits[how]?.(new DataView(bytes.buffer, bytes.byteOffset))
  if (!beforeChecksum.has(how)) renewBatchCrc(bytes, 0)
  return bytes
}

/** What a fetch brought, batch by batch, with everything a consumer could see. A cut tail is left out, as consumers do. */
export function describeRecords(bytes: Uint8Array): Json {
  const batches: Json[] = []
  try {
    forEachBatch(bytes, (header, at) => {
      const records = decodeRecords(bytes, at, { maxBytes: 1 << 24 }).map(({ offset, timestamp, key, value }) => ({
        offset, timestamp, key: textOf(key), value: textOf(value),
      }))
      batches.push({
        baseOffset: header.baseOffset,
        lastOffsetDelta: header.lastOffsetDelta,
        leaderEpoch: header.partitionLeaderEpoch,
        attributes: header.attributes,
        compression: compressionOf(header),
        maxTimestamp: header.maxTimestamp,
        producerId: header.producerId,
        producerEpoch: header.producerEpoch,
        baseSequence: header.baseSequence,
        records,
      })
    })
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return [...batches, `malformed: ${error.message}`]
  }
  return batches
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}
