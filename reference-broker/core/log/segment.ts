/**
 * One file of a log and what is known of it without reading it. A segment starts where the one before ends, even where
 * compaction left a gap in the offsets; recovery recognises by that what does not belong to the log.
 */
import { lastOffset, type BatchHeader } from '../../../protocol/record-batch.ts'
import type { Cut } from './memory-tail.ts'
import type { ProducerEntry } from './producer-state.ts'
import { OffsetIndex, TimeIndex } from './sparse-index.ts'

const maxRelativeOffset = 0x7fffffff

/** State as of the start of a batch, from which a truncation replays headers instead of reading the whole log. */
export interface Snapshot {
  readonly offset: number
  readonly position: number
  readonly maxTimestamp: number
  readonly offsetOfMaxTimestamp: number
  readonly producers: readonly ProducerEntry[]
}

/** Index files as they were written; they are used again only if they still are the same. */
export interface SavedIndexes {
  readonly offsetIndexBytes: number
  readonly timeIndexBytes: number
  /** CRC-32C of the offset index followed by the time index. */
  readonly crc: number
}

export interface SegmentIndexes {
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
}

/** `orders-0/00000000000000000042`, to which an extension is added. */
export function segmentPath(dir: string, baseOffset: number): string {
  return `${dir}/${String(baseOffset).padStart(20, '0')}`
}

export class Segment {
  readonly baseOffset: number
  readonly logFile: string
  readonly indexFile: string
  readonly timeIndexFile: string
  /** Bytes of the log file once all appends under way are done. */
  sizeBytes = 0
  endOffset: number
  /** Largest timestamp of the first batch, -1 when that has none; means nothing without batches. */
  firstTimestamp = -1
  maxTimestamp = -1
  /** Last offset of the first batch that has the largest timestamp. */
  offsetOfMaxTimestamp: number
  /** Wall clock, for segments whose batches have no timestamps. */
  readonly createdMs: number
  /** undefined: not read back yet. The newest segment always has them. */
  indexes: SegmentIndexes | undefined
  savedIndexes: SavedIndexes | undefined
  /** Where the last read from the file ended, for the next to begin. */
  readUpTo: Cut | undefined
  /** Ascending; the newest segment has at least one. The first is of its start, unless that was not kept over a restart. */
  snapshots: Snapshot[] = []

  constructor(dir: string, baseOffset: number, createdMs: number) {
    const path = segmentPath(dir, baseOffset)
    this.baseOffset = baseOffset
    this.logFile = `${path}.log`
    this.indexFile = `${path}.index`
    this.timeIndexFile = `${path}.timeindex`
    this.endOffset = baseOffset
    this.offsetOfMaxTimestamp = baseOffset
    this.createdMs = createdMs
    this.indexes = { offsets: new OffsetIndex(), times: new TimeIndex() }
  }

  get indexFiles(): readonly string[] {
    return [this.indexFile, this.timeIndexFile]
  }

  /** Takes in a batch that lies at the end of the file. */
  add(header: BatchHeader, indexIntervalBytes: number): void {
    if (this.sizeBytes === 0) this.firstTimestamp = header.maxTimestamp
    this.observeTimestamp(header)
    this.#index(header, indexIntervalBytes)
    this.savedIndexes = undefined
    this.sizeBytes += header.sizeBytes
    this.endOffset = lastOffset(header) + 1
  }

  observeTimestamp(header: BatchHeader): void {
    if (header.maxTimestamp <= this.maxTimestamp) return
    this.maxTimestamp = header.maxTimestamp
    this.offsetOfMaxTimestamp = lastOffset(header)
  }

  /** Adds index entries for the batch if enough bytes went by since the last ones. */
  #index(header: BatchHeader, indexIntervalBytes: number): void {
    const { offsets, times } = this.indexes!
    const relativeOffset = lastOffset(header) - this.baseOffset
    if (this.sizeBytes - offsets.lastPosition <= indexIntervalBytes || relativeOffset > maxRelativeOffset) return
    offsets.add(relativeOffset, this.sizeBytes)
    times.add(this.maxTimestamp, this.offsetOfMaxTimestamp - this.baseOffset)
  }

  /** No more batches will come: the time index gets its last word. */
  seal(): void {
    const relativeOffset = this.offsetOfMaxTimestamp - this.baseOffset
    if (this.sizeBytes > 0 && relativeOffset <= maxRelativeOffset) this.indexes!.times.add(this.maxTimestamp, relativeOffset)
    this.snapshots.length = Math.min(this.snapshots.length, 1)
  }

  /** Forgets the batches at and above `position`; what they said of timestamps is for the caller to replay. */
  truncate(position: number, endOffset: number): void {
    this.sizeBytes = position
    this.endOffset = endOffset
    this.indexes!.offsets.truncate(position)
    this.indexes!.times.truncate(endOffset - this.baseOffset)
    this.savedIndexes = undefined
    this.readUpTo = undefined
    while (this.snapshots.length > 0 && this.snapshots.at(-1)!.offset > endOffset) this.snapshots.pop()
  }
}
