/**
 * Offsets by timestamp, as ListOffsets asks for them. Batch headers and the time index say where a record may be; the
 * answer comes from the records themselves, because a header's largest timestamp is only what a producer claimed.
 */
import { MalformedMessage } from '../../../protocol/malformed.ts'
import { forEachRecord, type RecordVisitor } from '../../../protocol/record-batch-decode.ts'
import { forEachBatch, lastOffset, type BatchHeader } from '../../../protocol/record-batch.ts'
import type { ReadLimits } from './batch-walk.ts'
import type { Segment } from './segment.ts'

export interface TimestampOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

export type FoundTimestamp = (found: TimestampOffset | undefined) => void

/** What the search needs of a log. */
export interface SearchedLog {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly segments: readonly Segment[]
  read(offset: number, limits: ReadLimits, done: (bytes: Uint8Array) => void): void
  /** Calls `then` when the segment's indexes are in memory, or something was removed from the log meanwhile. */
  withIndexes(segment: Segment, then: () => void): void
}

const stepBytes = 64 << 10
/** More than any batch that was let in decompresses to. */
const maxRecordsBytes = 256 << 20

interface FoundRecord {
  readonly offset: number
  readonly timestamp: number
}

/** Records of a batch that do not decode (a leader that did not look let them in) have no timestamps. */
function visitRecords(bytes: Uint8Array, at: number, visit: RecordVisitor): void {
  try {
    forEachRecord(bytes, at, { maxBytes: maxRecordsBytes }, visit)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
  }
}

/** The first record at or above the log's start whose timestamp is at least `timestamp`. */
export function searchTimestamp(log: SearchedLog, timestamp: number, done: FoundTimestamp): void {
  const segment = log.segments.find((each) => each.maxTimestamp >= timestamp && each.endOffset > log.logStartOffset)
  if (segment === undefined) return done(undefined)
  const accept = (header: BatchHeader, bytes: Uint8Array, at: number): FoundRecord | undefined => {
    if (header.maxTimestamp < timestamp || lastOffset(header) < log.logStartOffset) return undefined
    let found: FoundRecord | undefined
    visitRecords(bytes, at, (offset, time) => {
      if (found === undefined && time >= timestamp && offset >= log.logStartOffset) found = { offset, timestamp: time }
    })
    return found
  }
  log.withIndexes(segment, () => {
    const offset = segment.baseOffset + (segment.indexes?.times.relativeOffsetFor(timestamp) ?? 0)
    scanFrom(log, Math.max(offset, log.logStartOffset), accept, done)
  })
}

/** The first record that has the largest timestamp of the log. */
export function searchMaxTimestamp(log: SearchedLog, done: FoundTimestamp): void {
  let newest: Segment | undefined
  for (const segment of log.segments) {
    if (segment.sizeBytes > 0 && segment.maxTimestamp > (newest?.maxTimestamp ?? -1)) newest = segment
  }
  if (newest === undefined) return done(undefined)
  const { maxTimestamp, offsetOfMaxTimestamp } = newest
  const accept = (header: BatchHeader, bytes: Uint8Array, at: number): FoundRecord | undefined => {
    if (header.maxTimestamp !== maxTimestamp) return undefined
    let best: FoundRecord | undefined
    visitRecords(bytes, at, (offset, timestamp) => {
      if (timestamp > (best?.timestamp ?? -1)) best = { offset, timestamp }
    })
    return best
  }
  scanFrom(log, offsetOfMaxTimestamp, accept, done)
}

type Accept = (header: BatchHeader, bytes: Uint8Array, at: number) => FoundRecord | undefined

/** Reads batches from `offset` to the end of the log until one has a record to accept. */
function scanFrom(log: SearchedLog, offset: number, accept: Accept, done: FoundTimestamp): void {
  const limits: ReadLimits = { maxBytes: stepBytes, endOffset: log.logEndOffset, atLeastOne: true }
  log.read(offset, limits, (bytes) => {
    let found: TimestampOffset | undefined
    let nextOffset = -1
    forEachBatch(bytes, (header, at) => {
      nextOffset = lastOffset(header) + 1
      const record = found === undefined ? accept(header, bytes, at) : undefined
      if (record === undefined) return
      found = { offset: record.offset, timestamp: record.timestamp, leaderEpoch: header.partitionLeaderEpoch }
    })
    if (found !== undefined || nextOffset < 0) done(found)
    else scanFrom(log, nextOffset, accept, done)
  })
}
