/**
 * The log of one partition replica: segments of Kafka's record batches, appended at the end, cut at the end, read
 * anywhere. State moves when a call is made, the disk follows; what has reached it is told by `writtenOffset` and
 * `syncedOffset`, which never pass `logEndOffset`. After a failed disk call `onFailed` is called once and nothing else
 * ever again; otherwise every callback is called exactly once.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import { forEachBatch, readBatchHeader, type BatchHeader } from '../../../protocol/record-batch.ts'
import type { ReadLimits } from './batch-walk.ts'
import { cleanShutdownFile, renderCheckpoint, type RestoredLog } from './clean-shutdown.ts'
import { removeFiles, retractFile, runTogether, stepDone, type Step, type StepDone, type StepResult } from './disk-steps.ts'
import type { EpochCache, EpochEnd } from './epoch-cache.ts'
import { GroupSync } from './group-sync.ts'
import { FailureLatch } from './failure-latch.ts'
import { saveIndexes } from './index-files.ts'
import type { LogConfig, LogDecisions } from './log-config.ts'
import { LogReader } from './log-reader.ts'
import type { LogState } from './log-state.ts'
import { logStartFile, renderLogStart, type LogStart } from './log-start.ts'
import { MemoryTail, type Cut } from './memory-tail.ts'
import { OrderedFiles } from './ordered-files.ts'
import { sequencesOf, type BatchClass, type MarkerClass, type MarkerToWrite, type ProducerStates } from './producer-state.ts'
import { loadLog, type RecoveryReport } from './recovery.ts'
import { findBatch } from './segment-reader.ts'
import type { Segment } from './segment.ts'
import { searchMaxTimestamp, searchTimestamp, type FoundTimestamp } from './timestamp-search.ts'
import type { Transactions } from './transactions.ts'
import { WriteQueue, type PendingWrite } from './write-queue.ts'

export type { LogConfig, LogDecisions } from './log-config.ts'
export type { ReadLimits } from './batch-walk.ts'
export type { RecoveryReport } from './recovery.ts'
export type { FoundTimestamp, TimestampOffset } from './timestamp-search.ts'

export interface LogOptions {
  readonly config: LogConfig
  readonly decisions: LogDecisions
  /** Whether this log's own checkpoint, if there is one, may be believed. */
  readonly cleanShutdown: boolean
}

export type OpenedLog =
  | { readonly ok: true; readonly log: PartitionLog; readonly recovery: RecoveryReport }
  | { readonly ok: false; readonly reason: string }

const replayBytes = 1 << 20
/** To find where to cut, headers are read in steps of this size. */
const cutSearchBytes = 64 << 10

/** Opens the log below `dir` of the data directory, or an empty one at offset 0 when nothing is there. */
export function openLog(loop: DiskLoop, dir: string, options: LogOptions, done: (opened: OpenedLog) => void): void {
  loadLog(loop, dir, options, (loaded) => {
    if (!loaded.ok) return done(loaded)
    const { producers } = loaded.restored.state
    producers.restore(options.decisions.recoveredProducers(producers.entries()), loop.ports.clock.wallNow())
    done({ ok: true, log: new PartitionLog(loop, loaded.restored, options.decisions), recovery: loaded.report })
  })
}

export class PartitionLog {
  readonly dir: string
  logStartOffset: number
  logEndOffset: number
  writtenOffset: number
  syncedOffset: number
  /** A disk call failed; the broker is to stop. */
  onFailed: (reason: string) => void = (reason) => {
    throw new Error(`the log of ${this.dir} failed and nobody listens: ${reason}`)
  }
  readonly #loop: DiskLoop
  readonly #state: LogState
  readonly #decisions: LogDecisions
  readonly #tail: MemoryTail
  readonly #reader: LogReader
  readonly #files: OrderedFiles
  readonly #writes = new WriteQueue()
  readonly #sync: GroupSync
  readonly #failure: FailureLatch
  readonly #wallNow: () => number
  /** What the log-start file says, or will when all that is under way is done. */
  #recordedStart: LogStart
  #recordsUnderWay = 0
  /** Below the start, their files still to be deleted. */
  readonly #dropped: Segment[] = []
  #truncating = false
  #closed = false
  #whenSettled: (() => void)[] = []

  constructor(loop: DiskLoop, restored: RestoredLog, decisions: LogDecisions) {
    const { state, logStartOffset } = restored
    this.dir = state.dir
    this.logStartOffset = logStartOffset
    this.#recordedStart = { baseOffset: state.segments[0]!.baseOffset, logStartOffset }
    this.logEndOffset = state.endOffset
    this.writtenOffset = state.endOffset
    this.syncedOffset = state.endOffset
    this.#loop = loop
    this.#state = state
    this.#decisions = decisions
    this.#tail = new MemoryTail(state.endOffset)
    this.#failure = new FailureLatch((reason) => this.onFailed(reason))
    this.#reader = new LogReader({ loop, state, tail: this.#tail, bounds: this, failure: this.#failure })
    this.#files = new OrderedFiles(loop, this.#failure)
    this.#sync = new GroupSync(this.#files, this, this.#failure)
    this.#wallNow = () => loop.ports.clock.wallNow()
  }

  /** Its disk failed once: it changes no more, and whoever owns it stops. */
  get hasFailed(): boolean {
    return this.#failure.failed
  }

  get epochs(): EpochCache {
    return this.#state.epochs
  }

  get producers(): ProducerStates {
    return this.#state.producers
  }

  get transactions(): Transactions {
    return this.#state.producers.transactions
  }

  /** Where the first segment begins, at or below `logStartOffset`: batches from here on may still be read. */
  get baseOffset(): number {
    return this.#state.segments[0]!.baseOffset
  }

  /** Reads from here on are answered at once, from memory. */
  get memoryStartOffset(): number {
    return this.#tail.startOffset
  }

  /** Bytes of all batches, those being written too. */
  sizeBytes(): number {
    let sum = 0
    for (const segment of this.#state.segments) sum += segment.sizeBytes
    return sum
  }

  /** What the leader is to do with a batch of an idempotent producer, before offsets are assigned. */
  classify(header: BatchHeader, mustBeginAtZero: boolean): BatchClass {
    const entry = this.producers.find(header.producerId, this.#wallNow())
    return this.#decisions.classifyBatch(entry, sequencesOf(header, mustBeginAtZero))
  }

  /** Whether the leader may append this marker of a producer. */
  classifyMarker(producerId: number, marker: MarkerToWrite): MarkerClass {
    return this.#decisions.classifyMarker(this.producers.find(producerId, this.#wallNow()), marker)
  }

  /** Where `epoch`, or the largest known one below it, ends; (-1, -1) when unknown. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.epochs.endOffsetFor(epoch, this.logEndOffset)
  }

  // ---- appending

  /**
   * Appends whole batches that have their offsets and leader epochs, the first at or above `logEndOffset`. All state
   * moves at once; `done` when they are written, in the order of the calls. The bytes must not change afterwards.
   */
  append(bytes: Uint8Array, done: () => void): void {
    if (!this.#isUsable('append')) return
    const first = readBatchHeader(bytes, 0)
    if (this.#state.mustRollFor(first, bytes.length, this.#wallNow)) this.#roll()
    const { active } = this.#state
    const position = active.sizeBytes
    const add = (header: BatchHeader, at: number): void => this.#addBatch(header, bytes, at)
    if (first.sizeBytes === bytes.length) add(first, 0)
    else if (forEachBatch(bytes, add) !== bytes.length) throw new Error('append of a cut batch')
    this.logEndOffset = this.#state.endOffset
    this.#tail.push(bytes, this.logEndOffset, position)
    this.#sync.markDirty(active.logFile)
    const write = this.#writes.add(this.logEndOffset, done)
    this.#files.append(active.logFile, bytes, (result) => {
      if (result.ok) this.#written(write)
      else this.#failure.fail(`cannot append to ${active.logFile}: ${result.reason}`)
    })
  }

  #addBatch(header: BatchHeader, bytes: Uint8Array, at: number): void {
    const { endOffset } = this.#state
    if (header.baseOffset < endOffset || header.lastOffsetDelta < 0) {
      throw new Error(`append of offset ${header.baseOffset} to a log that ends at ${endOffset}`)
    }
    this.#state.add(header, bytes, at)
  }

  #roll(): void {
    const { active, producers } = this.#state
    const now = this.#wallNow()
    producers.removeExpired(now)
    this.#state.roll(now)
    saveIndexes(this.#loop, active, this.#then(() => undefined))
    this.sync(() => undefined)
  }

  #written(write: PendingWrite): void {
    write.finished = true
    for (let next = this.#writes.takeFinished(); next !== undefined; next = this.#writes.takeFinished()) {
      if (this.#failure.failed) return
      if (next.endOffset > this.writtenOffset) this.writtenOffset = next.endOffset
      next.done()
    }
    this.#tail.trim(this.writtenOffset, this.#state.config.cacheBytes)
    this.#sync.onWritten()
  }

  /** `done` when everything appended before this call is durable; at once when it is. Calls at one time share the work. */
  sync(done: () => void): void {
    if (!this.#failure.failed) this.#sync.sync(done)
  }

  // ---- reading

  /**
   * Whole batches from the one that contains `offset` (or the first after it) on, within the limits; none when there are
   * none. From memory, and then before this returns, for the newest part of the log.
   */
  read(offset: number, limits: ReadLimits, done: (bytes: Uint8Array) => void): void {
    this.#reader.read(offset, limits, done)
  }

  /** The first record at or above `logStartOffset` with at least this timestamp, if it lies below `endOffset`. */
  offsetForTimestamp(timestamp: number, endOffset: number, done: FoundTimestamp): void {
    if (this.#failure.failed) return
    searchTimestamp(this.#reader, timestamp, (found) => done(found !== undefined && found.offset < endOffset ? found : undefined))
  }

  /** The first record with the largest timestamp of the log, if it lies below `endOffset`. */
  offsetOfMaxTimestamp(endOffset: number, done: FoundTimestamp): void {
    if (this.#failure.failed) return
    searchMaxTimestamp(this.#reader, (found) => done(found !== undefined && found.offset < endOffset ? found : undefined))
  }

  // ---- truncating

  /** True while a truncation still looks for its place in a file; nothing may be appended meanwhile. */
  get isTruncating(): boolean {
    return this.#truncating
  }

  /** Calls `then` when the log may be appended to: at once unless `isTruncating`. */
  whenSettled(then: () => void): void {
    if (this.#truncating) this.#whenSettled.push(then)
    else then()
  }

  /**
   * Keeps the batches that lie wholly below `offset` and the leader epochs that start below the new end. State is exact
   * on return when what it takes is in memory; else, while `isTruncating`, producers are not, and the end may still come
   * down to that of a batch. `done` when the files are cut; at once when nothing is to be cut.
   */
  truncateTo(offset: number, done: () => void): void {
    if (!this.#isUsable('truncateTo')) return
    if (offset >= this.logEndOffset) {
      this.epochs.truncateFromEnd(this.logEndOffset)
      return done()
    }
    if (offset < this.baseOffset) return this.truncateFullyAndStartAt(offset, done)
    this.#reader.invalidate()
    this.#truncating = true
    const segmentIndex = this.#state.segmentIndexFor(offset)
    const cut = this.#tail.cutAt(offset)
    if (cut !== undefined) return this.#cutAt(segmentIndex, cut, done)
    this.#lowerEnd(offset)
    this.#tail.truncate(offset)
    this.epochs.truncateFromEnd(offset)
    this.#findCut(segmentIndex, offset, (found) => this.#cutAt(segmentIndex, found, done))
  }

  #findCut(segmentIndex: number, offset: number, done: (cut: Cut) => void): void {
    const segment = this.#state.segments[segmentIndex]!
    this.#reader.withIndexes(segment, () => {
      findBatch(this.#loop, segment, { offset, windowBytes: cutSearchBytes }, (found) => {
        if (this.#failure.failed) return
        if (found.kind === 'failed') return this.#failure.fail(found.reason)
        const position = found.kind === 'found' ? found.position : segment.sizeBytes
        done({ position, endOffset: found.endOffset })
      })
    })
  }

  #cutAt(segmentIndex: number, cut: Cut, done: () => void): void {
    const { removed, replayFrom } = this.#state.truncate(segmentIndex, cut)
    this.#lowerEnd(cut.endOffset)
    this.#tail.truncate(cut.endOffset)
    const { logFile, sizeBytes } = this.#state.active
    const cutFile: Step = (ended) => this.#files.truncate(logFile, sizeBytes, stepDone(`truncate ${logFile}`, ended))
    const replay: Step = (ended) =>
      this.#replay(replayFrom, () => {
        this.#state.endReplay()
        this.#settle()
        ended({ ok: true })
      })
    this.#sync.markDirty(logFile)
    runTogether([...this.#recordStart(), ...this.#removals(removed), cutFile, replay], this.#then(done))
  }

  /** The newest files go first, so that what a crash leaves is the beginning of the log. */
  #removals(segments: readonly Segment[]): Step[] {
    const steps = segments.toReversed().map(({ logFile }): Step => {
      this.#sync.forget(logFile)
      return (ended) => this.#files.remove(logFile, stepDone(`remove ${logFile}`, ended))
    })
    const indexFiles = segments.flatMap((segment) => segment.indexFiles)
    return [...steps, (ended) => removeFiles(this.#loop, indexFiles, ended)]
  }

  /** Calls `done` if all went well. */
  #then(done: () => void): StepDone {
    return (result) => {
      if (this.#failure.passes(result)) done()
    }
  }

  /** Shows the headers from `offset` to the end to the state again. */
  #replay(offset: number, done: () => void): void {
    const limits: ReadLimits = { maxBytes: replayBytes, endOffset: this.logEndOffset, atLeastOne: true }
    this.read(offset, limits, (bytes) => {
      if (bytes.length === 0) return done()
      let nextOffset = offset
      forEachBatch(bytes, (header, at) => {
        nextOffset = header.baseOffset + header.lastOffsetDelta + 1
        this.#state.replay(header, bytes, at)
      })
      this.#replay(nextOffset, done)
    })
  }

  #settle(): void {
    this.#truncating = false
    const waiting = this.#whenSettled
    this.#whenSettled = []
    for (const then of waiting) then()
  }

  /** The log ends at `endOffset` now; nothing that was under way may claim more. */
  #lowerEnd(endOffset: number): void {
    this.logEndOffset = endOffset
    this.logStartOffset = Math.min(this.logStartOffset, endOffset)
    this.writtenOffset = Math.min(this.writtenOffset, endOffset)
    this.syncedOffset = Math.min(this.syncedOffset, endOffset)
    this.#writes.truncate(endOffset)
    this.#sync.truncate(endOffset)
  }

  /** Forgets everything and starts empty at `offset`. `done` when the files are as new. */
  truncateFullyAndStartAt(offset: number, done: () => void): void {
    if (!this.#isUsable('truncateFullyAndStartAt')) return
    this.#reader.invalidate()
    const removed = [...this.#dropped.splice(0), ...this.#state.reset(offset, this.#wallNow())]
    this.#lowerEnd(offset)
    this.#tail.clear(offset)
    this.logStartOffset = offset
    this.writtenOffset = offset
    this.syncedOffset = offset
    runTogether([...this.#recordStart(), ...this.#removals(removed)], this.#then(done))
  }

  /**
   * For a log without records, whose start lies within the first of these batches: begins anew with them, and still starts
   * where it did. `done` when they are written.
   */
  beginWith(bytes: Uint8Array, done: () => void): void {
    if (!this.#isUsable('beginWith')) return
    const { baseOffset } = readBatchHeader(bytes, 0)
    const start = this.logStartOffset
    if (this.logEndOffset !== start) throw new Error(`beginWith on a log with records from ${start} to ${this.logEndOffset}`)
    this.#reader.invalidate()
    const removed = [...this.#dropped.splice(0), ...this.#state.reset(baseOffset, this.#wallNow())]
    this.#lowerEnd(baseOffset)
    this.#tail.clear(baseOffset)
    this.logStartOffset = start
    runTogether([...this.#recordStart(), ...this.#removals(removed)], this.#then(() => undefined))
    this.append(bytes, done)
    this.epochs.truncateFromStart(start)
  }

  // ---- deleting from the front

  /**
   * What lies below `offset`, which is not beyond the end, no longer belongs to the log; an offset at or below the start
   * changes nothing. `done` when that is durable. Segments wholly below are gone at once; their files follow after `done`.
   */
  advanceLogStart(offset: number, done: () => void): void {
    if (!this.#isUsable('advanceLogStart')) return
    if (offset > this.logEndOffset) throw new Error(`a log that ends at ${this.logEndOffset} cannot start at ${offset}`)
    if (offset <= this.logStartOffset && this.#recordsUnderWay === 0) return done()
    this.logStartOffset = Math.max(this.logStartOffset, offset)
    const dropped = this.#state.dropBelow(this.logStartOffset)
    if (dropped.length > 0) this.#reader.invalidate()
    this.#dropped.push(...dropped)
    this.epochs.truncateFromStart(this.logStartOffset)
    runTogether([this.#writeStart()], this.#then(done))
  }

  /**
   * In the order of the files this comes behind the new start: until that is durable, a torn file below it would cut off the
   * rest of the log. One after the other, so that an append waits for one of them at most.
   */
  #removeDropped(): void {
    const first = this.#dropped.shift()
    if (first !== undefined) runTogether(this.#removals([first]), this.#then(() => this.#removeDropped()))
  }

  /** The step that makes the start of the log durable, if there is another on disk. */
  #recordStart(): Step[] {
    const { baseOffset, logStartOffset } = this.#recordedStart
    const same = baseOffset === this.baseOffset && logStartOffset === this.logStartOffset
    return same ? [] : [this.#writeStart()]
  }

  #writeStart(): Step {
    const file = logStartFile(this.dir)
    const start = { baseOffset: this.baseOffset, logStartOffset: this.logStartOffset }
    this.#recordedStart = start
    this.#recordsUnderWay++
    return (done) => {
      const ended = (result: StepResult): void => {
        this.#recordsUnderWay--
        done(result)
        if (result.ok) this.#removeDropped()
      }
      this.#files.replace(file, renderLogStart(start), stepDone(`write ${file}`, ended))
    }
  }

  // ---- ending

  /** Syncs everything and writes the checkpoint that spares the next opening its recovery. No calls afterwards. */
  close(done: () => void): void {
    if (this.#closed) throw new Error(`the log of ${this.dir} is closed twice`)
    this.#closed = true
    this.whenSettled(() => this.#files.whenIdle(() => this.sync(() => this.#saveAll(done))))
  }

  #saveAll(done: () => void): void {
    const unsaved = this.#state.segments.filter((each) => each.savedIndexes === undefined && each.indexes !== undefined)
    const steps = unsaved.map((segment): Step => (ended) => saveIndexes(this.#loop, segment, ended))
    const saved = this.#then(() => {
      const file = cleanShutdownFile(this.dir)
      const bytes = renderCheckpoint(this.#state, this.logStartOffset)
      this.#loop.replace(file, bytes, stepDone(`write ${file}`, this.#then(done)))
    })
    runTogether(steps, saved)
  }

  /** Deletes all files. Reads under way are answered with nothing. No calls afterwards. */
  remove(done: () => void): void {
    this.#closed = true
    this.whenSettled(() => this.#removeAll(done))
  }

  #removeAll(done: () => void): void {
    if (this.#failure.failed) return
    this.#reader.close()
    const retracted = [logStartFile(this.dir), cleanShutdownFile(this.dir)].map((file) => retractFile(this.#loop, file))
    const removed = this.#then(() => {
      this.#loop.list(`${this.dir}/`, (listed) => {
        if (!listed.ok) return this.#failure.fail(`cannot list ${this.dir}: ${listed.reason}`)
        const files = listed.files.map(({ file }) => file)
        removeFiles(this.#loop, files, this.#then(done))
      })
    })
    runTogether([...this.#removals(this.#state.segments), ...retracted], removed)
  }

  /** False once the disk failed; a call the log does not allow now is the caller's error. */
  #isUsable(call: string): boolean {
    if (this.#failure.failed) return false
    if (this.#closed) throw new Error(`${call} after the log of ${this.dir} was closed`)
    if (this.#truncating) throw new Error(`${call} while the log of ${this.dir} is being truncated`)
    return true
  }
}
