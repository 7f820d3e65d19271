/**
 * Reading anywhere in a log: from memory where it can, else from the segment's file. A read that a truncation overtook
 * is begun again, so that nobody is served what is no longer in the log.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { ReadLimits } from './batch-walk.ts'
import type { FailureLatch } from './failure-latch.ts'
import { loadIndexes } from './index-files.ts'
import type { LogState } from './log-state.ts'
import type { MemoryTail } from './memory-tail.ts'
import type { Segment } from './segment.ts'
import { readSegment } from './segment-reader.ts'
import type { SearchedLog } from './timestamp-search.ts'

const nothing = new Uint8Array(0)

export interface LogReaderOptions {
  readonly loop: DiskLoop
  readonly state: LogState
  readonly tail: MemoryTail
  readonly bounds: { readonly logStartOffset: number; readonly logEndOffset: number }
  readonly failure: FailureLatch
}

export class LogReader implements SearchedLog {
  readonly #options: LogReaderOptions
  /** What a disk read began before it changed is read again. */
  #generation = 0
  #closed = false

  constructor(options: LogReaderOptions) {
    this.#options = options
  }

  get logStartOffset(): number {
    return this.#options.bounds.logStartOffset
  }

  get logEndOffset(): number {
    return this.#options.bounds.logEndOffset
  }

  get segments(): readonly Segment[] {
    return this.#options.state.segments
  }

  /** Something was removed from the log. */
  invalidate(): void {
    this.#generation++
  }

  /** From now on there is nothing to read. */
  close(): void {
    this.#generation++
    this.#closed = true
  }

  /** As PartitionLog.read. */
  read(offset: number, limits: ReadLimits, done: (bytes: Uint8Array) => void): void {
    const { tail, failure } = this.#options
    if (failure.failed) return
    const endOffset = Math.min(limits.endOffset, this.logEndOffset)
    const from = Math.max(offset, this.segments[0]!.baseOffset)
    if (from >= endOffset || this.#closed) done(nothing)
    else if (from >= tail.startOffset) done(tail.read(from, limits))
    else this.#readDisk(from, { maxBytes: limits.maxBytes, endOffset, atLeastOne: limits.atLeastOne }, done)
  }

  #readDisk(offset: number, limits: ReadLimits, done: (bytes: Uint8Array) => void): void {
    const { loop, state, failure } = this.#options
    const generation = this.#generation
    const segment = state.segments[state.segmentIndexFor(offset)]!
    this.withIndexes(segment, () => {
      if (generation !== this.#generation) return this.read(offset, limits, done)
      readSegment(loop, segment, { offset, limits }, (read) => {
        if (failure.failed) return
        if (generation !== this.#generation) return this.read(offset, limits, done)
        if (read.kind === 'failed') return failure.fail(read.reason)
        if (read.kind === 'past') return this.read(segment.endOffset, limits, done)
        segment.readUpTo = read.upTo
        done(read.bytes)
      })
    })
  }

  /** Calls `then` when the segment's indexes are in memory, or something was removed from the log meanwhile. */
  withIndexes(segment: Segment, then: () => void): void {
    if (segment.indexes !== undefined) return then()
    const { loop, state, failure } = this.#options
    const generation = this.#generation
    loadIndexes(loop, segment, state.config.indexIntervalBytes, (loaded) => {
      if (failure.failed) return
      if (generation !== this.#generation) return then()
      if (!loaded.ok) return failure.fail(loaded.reason)
      segment.indexes ??= loaded.indexes
      then()
    })
  }
}
