/**
 * All that a log knows beside the bytes: segments with their indexes, leader epochs, producers. Appending and recovery
 * build it with the same two steps, `roll` and `add`, so a recovered log cannot differ from one that never stopped.
 */
import { readEndTxnMarker } from '../../../protocol/control-records.ts'
import { isControl, lastOffset, type BatchHeader } from '../../../protocol/record-batch.ts'
import { EpochCache } from './epoch-cache.ts'
import type { LogConfig } from './log-config.ts'
import type { Cut } from './memory-tail.ts'
import { ProducerStates } from './producer-state.ts'
import { Segment, type Snapshot } from './segment.ts'

/** A truncation replays at most about this much. */
const snapshotIntervalBytes = 4 << 20
const maxRelativeOffset = 0x7fffffff

export class LogState {
  readonly dir: string
  readonly config: LogConfig
  /** At least one; ascending, each starting where the one before ends. */
  segments: Segment[]
  readonly epochs: EpochCache = new EpochCache()
  readonly producers: ProducerStates
  endOffset: number
  readonly #wallNow: () => number

  constructor(dir: string, config: LogConfig, first: { baseOffset: number; wallNow: () => number }) {
    this.dir = dir
    this.config = config
    this.#wallNow = first.wallNow
    this.producers = new ProducerStates(() => config.producerIdExpirationMs)
    this.endOffset = first.baseOffset
    this.segments = [new Segment(dir, first.baseOffset, first.wallNow())]
    this.#snapshot()
  }

  /** The newest segment, where appends go. */
  get active(): Segment {
    return this.segments[this.segments.length - 1]!
  }

  /** The segment that covers `offset`; the first when it is below all. */
  segmentIndexFor(offset: number): number {
    let low = 0
    let high = this.segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.segments[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Drops the segments that lie wholly below `offset`, never the newest one, and returns them. */
  dropBelow(offset: number): Segment[] {
    this.producers.transactions.forgetBelow(offset)
    return this.segments.splice(0, this.segmentIndexFor(offset))
  }

  /** Whether an append of `sizeBytes` that begins with `header` belongs into a new segment, by Kafka's rules. */
  mustRollFor(header: BatchHeader, sizeBytes: number, wallNow: () => number): boolean {
    const { active, config } = this
    if (active.sizeBytes === 0) return false
    const { firstTimestamp } = active
    const ageMs = firstTimestamp >= 0 ? header.maxTimestamp - firstTimestamp : wallNow() - active.createdMs
    const { offsets, times } = active.indexes!
    return (
      active.sizeBytes + sizeBytes > config.segmentBytes ||
      ageMs > config.segmentMs ||
      offsets.isFull(config.segmentIndexBytes) ||
      times.isFull(config.segmentIndexBytes) ||
      lastOffset(header) - active.baseOffset > maxRelativeOffset
    )
  }

  /** Starts a new segment at the end of the log. */
  roll(createdMs: number): void {
    this.active.seal()
    this.segments.push(new Segment(this.dir, this.endOffset, createdMs))
    this.#snapshot()
  }

  /** Takes in the batch at `at` of `bytes`, which follows at the end of the active segment. */
  add(header: BatchHeader, bytes: Uint8Array, at: number): void {
    const { active } = this
    if (active.sizeBytes - active.snapshots.at(-1)!.position >= snapshotIntervalBytes) this.#snapshot()
    active.add(header, this.config.indexIntervalBytes)
    this.epochs.assign(header.partitionLeaderEpoch, header.baseOffset)
    this.#applyToProducers(header, bytes, at)
    this.endOffset = active.endOffset
  }

  #applyToProducers(header: BatchHeader, bytes: Uint8Array, at: number): void {
    if (header.producerId < 0) return
    this.producers.apply(header, isControl(header) ? readEndTxnMarker(bytes, at) : undefined, this.#wallNow())
  }

  #snapshot(): void {
    const { active } = this
    const snapshot: Snapshot = {
      offset: active.endOffset,
      position: active.sizeBytes,
      maxTimestamp: active.maxTimestamp,
      offsetOfMaxTimestamp: active.offsetOfMaxTimestamp,
      producers: this.producers.entries(),
    }
    active.snapshots.push(snapshot)
  }

  /**
   * Cuts the segment at `segmentIndex` and drops the later ones, which are returned. Epochs follow at once; timestamps
   * and producers are right again when the headers from the returned offset to the end went through `replay`.
   */
  truncate(segmentIndex: number, cut: Cut): { removed: Segment[]; replayFrom: number } {
    const removed = this.segments.splice(segmentIndex + 1)
    this.active.truncate(cut.position, cut.endOffset)
    this.endOffset = cut.endOffset
    this.epochs.truncateFromEnd(cut.endOffset)
    return { removed, replayFrom: this.#rewind() }
  }

  /** Goes back to the newest snapshot there is, or to the start of the log. */
  #rewind(): number {
    const { active } = this
    const newest = this.segments.findLast((segment) => segment.snapshots.length > 0)
    const snapshot = newest?.snapshots.at(-1)
    const replayFrom = snapshot?.offset ?? this.segments[0]!.baseOffset
    this.producers.restore(snapshot?.producers ?? [], this.#wallNow())
    this.producers.transactions.rewind(replayFrom)
    active.maxTimestamp = newest === active ? snapshot!.maxTimestamp : -1
    active.offsetOfMaxTimestamp = newest === active ? snapshot!.offsetOfMaxTimestamp : active.baseOffset
    return replayFrom
  }

  replay(header: BatchHeader, bytes: Uint8Array, at: number): void {
    const { active } = this
    if (header.baseOffset >= active.baseOffset) {
      if (active.snapshots.length === 0) this.#snapshotOfStart()
      active.observeTimestamp(header)
    }
    this.#applyToProducers(header, bytes, at)
  }

  /** To be called when every header below the end went through `replay`. */
  endReplay(): void {
    if (this.active.snapshots.length === 0) this.#snapshotOfStart()
  }

  #snapshotOfStart(): void {
    const { baseOffset, snapshots } = this.active
    const producers = this.producers.entries()
    snapshots.push({ offset: baseOffset, position: 0, maxTimestamp: -1, offsetOfMaxTimestamp: baseOffset, producers })
  }

  /** Forgets everything and starts empty at `offset`. Returns the segments there were. */
  reset(offset: number, createdMs: number): Segment[] {
    const removed = this.segments
    this.segments = [new Segment(this.dir, offset, createdMs)]
    this.endOffset = offset
    this.epochs.clear()
    this.producers.restore([], createdMs)
    this.producers.transactions.rewind(0)
    this.#snapshot()
    return removed
  }
}
