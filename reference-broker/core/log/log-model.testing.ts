/** For tests of this room: a log as a plain list of batches, and the batches to fill it with. */
import { encodeEndTxnMarker, readEndTxnMarker, type EndTxnMarker } from '../../../protocol/control-records.ts'
import { decodeRecords } from '../../../protocol/record-batch-decode.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import { isControl, isTransactional, lastOffset, readBatchHeader, type BatchHeader } from '../../../protocol/record-batch.ts'
import { EpochCache, type EpochEntry } from './epoch-cache.ts'
import type { LogConfig, LogDecisions } from './log-config.ts'
import { classifyBatch, classifyMarker, ProducerStates, type ProducerEntry } from './producer-state.ts'
import type { ReadLimits } from './batch-walk.ts'

export const soundLogDecisions: LogDecisions = { classifyBatch, classifyMarker, recoveredProducers: (entries) => entries }

export const roomyConfig: LogConfig = {
  segmentBytes: 1 << 30,
  segmentMs: 1e12,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 << 20,
  cacheBytes: 1 << 20,
  producerIdExpirationMs: 1e12,
}

export interface BatchSpec {
  readonly baseOffset: number
  readonly leaderEpoch: number
  readonly timestamps: readonly number[]
  readonly valueBytes: number
  /** Absent: no idempotent producer. */
  readonly producer?: { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number }
  readonly isTransactional?: boolean
}

export function batchOf(spec: BatchSpec): Uint8Array {
  const value = new Uint8Array(spec.valueBytes).fill(spec.baseOffset)
  return encodeBatch({
    records: spec.timestamps.map((timestamp) => ({ key: null, value, timestamp })),
    baseOffset: spec.baseOffset,
    partitionLeaderEpoch: spec.leaderEpoch,
    isTransactional: spec.isTransactional ?? false,
    ...spec.producer,
  })
}

/** The marker that ends the transaction of a producer. */
export function markerOf(
  marker: EndTxnMarker,
  at: { readonly baseOffset: number; readonly leaderEpoch: number; readonly producerId: number; readonly producerEpoch: number },
): Uint8Array {
  const { leaderEpoch: partitionLeaderEpoch, ...batch } = at
  return encodeEndTxnMarker(marker, { ...batch, partitionLeaderEpoch, timestamp: at.baseOffset })
}

/** A batch of `count` records without anything special. */
export function plainBatch(baseOffset: number, count: number, leaderEpoch = 0): Uint8Array {
  return batchOf({ baseOffset, leaderEpoch, timestamps: Array.from({ length: count }, (_, i) => baseOffset + i), valueBytes: 10 })
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export interface ModelTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker; Infinity while there is none. */
  lastOffset: number
  aborted: boolean
}

interface ModelBatch {
  readonly bytes: Uint8Array
  readonly header: BatchHeader
  readonly endOffset: number
}

export class LogModel {
  batches: ModelBatch[] = []
  /** Were below the start; what they told of producers may still be known until a crash. */
  deleted: ModelBatch[] = []
  logStartOffset = 0
  epochs: EpochCache = new EpochCache()
  /** Where the log begins on disk, and ends when there are no batches. */
  baseOffset = 0

  get logEndOffset(): number {
    return this.batches.at(-1)?.endOffset ?? this.baseOffset
  }

  append(batches: readonly Uint8Array[]): void {
    for (const bytes of batches) {
      const header = readBatchHeader(bytes, 0)
      this.epochs.assign(header.partitionLeaderEpoch, header.baseOffset)
      this.batches.push({ bytes, header, endOffset: lastOffset(header) + 1 })
    }
  }

  truncateTo(offset: number): void {
    this.batches = this.batches.filter(({ endOffset }) => endOffset <= offset)
    this.logStartOffset = Math.min(this.logStartOffset, this.logEndOffset)
    this.epochs.truncateFromEnd(Math.min(offset, this.logEndOffset))
  }

  /** The log starts at `offset` now; batches below `baseOffset`, where its first segment begins, are gone for good. */
  advanceStart(offset: number, baseOffset: number): void {
    this.logStartOffset = Math.max(this.logStartOffset, offset)
    this.baseOffset = baseOffset
    this.deleted.push(...this.batches.filter(({ endOffset }) => endOffset <= baseOffset))
    this.batches = this.batches.filter(({ endOffset }) => endOffset > baseOffset)
    this.epochs.truncateFromStart(this.logStartOffset)
  }

  startAt(offset: number): void {
    this.batches = []
    this.deleted = []
    this.logStartOffset = offset
    this.baseOffset = offset
    this.epochs.clear()
  }

  /** What is left when only the files tell. */
  crash(): void {
    this.deleted = []
    this.epochs = new EpochCache()
    for (const { header } of this.batches) this.epochs.assign(header.partitionLeaderEpoch, header.baseOffset)
    this.epochs.truncateFromStart(this.logStartOffset)
  }

  /** The batches a read may return; it may return fewer, but not none. */
  read(offset: number, limits: ReadLimits): Uint8Array {
    const from = this.batches.findIndex(({ endOffset }) => endOffset > offset)
    const taken: Uint8Array[] = []
    let sum = 0
    for (const { bytes, endOffset } of from < 0 ? [] : this.batches.slice(from)) {
      sum += bytes.length
      if (endOffset > limits.endOffset || (sum > limits.maxBytes && !(limits.atLeastOne && taken.length === 0))) break
      taken.push(bytes)
    }
    return join(taken)
  }

  /** State of a log that never had anything else, with what was deleted from its front or without it. */
  producers(withDeleted = false): readonly ProducerEntry[] {
    const states = new ProducerStates(() => Infinity)
    for (const { header, bytes } of withDeleted ? [...this.deleted, ...this.batches] : this.batches) {
      states.apply(header, isControl(header) ? readEndTxnMarker(bytes, 0) : undefined, 0)
    }
    return states.entries()
  }

  /** Every transaction the batches tell of, in the order in which they began. */
  transactions(): ModelTransaction[] {
    const all: ModelTransaction[] = []
    for (const { header, bytes } of this.batches) {
      const { producerId, baseOffset } = header
      const open = all.find((each) => each.producerId === producerId && each.lastOffset === Infinity)
      const marker = isControl(header) ? readEndTxnMarker(bytes, 0) : undefined
      if (marker === undefined && open === undefined && isTransactional(header)) {
        all.push({ producerId, firstOffset: baseOffset, lastOffset: Infinity, aborted: false })
      } else if (marker !== undefined && open !== undefined) {
        Object.assign(open, { lastOffset: baseOffset, aborted: !marker.committed })
      }
    }
    return all
  }

  epochEntries(): readonly EpochEntry[] {
    return this.epochs.entries
  }

  #records(): { offset: number; timestamp: number; leaderEpoch: number }[] {
    return this.batches.flatMap(({ bytes, header }) =>
      decodeRecords(bytes, 0, { maxBytes: 1 << 20 }).map(({ offset, timestamp }) => ({
        offset,
        timestamp,
        leaderEpoch: header.partitionLeaderEpoch,
      })),
    )
  }

  timestamps(): readonly number[] {
    return [...new Set(this.#records().map(({ timestamp }) => timestamp))]
  }

  offsetForTimestamp(timestamp: number, end: number): { offset: number; timestamp: number; leaderEpoch: number } | undefined {
    const found = this.#records().find((record) => record.timestamp >= timestamp && record.offset >= this.logStartOffset)
    return found !== undefined && found.offset < end ? found : undefined
  }

  offsetOfMaxTimestamp(end: number): { offset: number; timestamp: number; leaderEpoch: number } | undefined {
    const records = this.#records()
    const largest = Math.max(...records.map(({ timestamp }) => timestamp))
    const found = records.find(({ timestamp }) => timestamp === largest)
    return found !== undefined && found.offset < end ? found : undefined
  }
}
