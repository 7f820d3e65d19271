/**
 * Greedy group commit: one round of syncs at a time, and the next begins as soon as the last ends, for all who asked
 * meanwhile. Within a round files are synced oldest first, so that a power loss leaves no hole in the log.
 */
import type { FailureLatch } from './failure-latch.ts'
import type { OrderedFiles } from './ordered-files.ts'

/** What a round reads and moves of its log. */
export interface SyncedLog {
  readonly logEndOffset: number
  readonly writtenOffset: number
  syncedOffset: number
}

export class GroupSync {
  readonly #files: OrderedFiles
  readonly #log: SyncedLog
  readonly #failure: FailureLatch
  /** Files with changes no round has covered yet, oldest segment first. */
  readonly #dirty = new Set<string>()
  /** Files the round under way has still to sync; undefined between rounds. */
  #round: string[] | undefined
  #syncing = false
  #roundEndOffset = 0
  #inRound: (() => void)[] = []
  #inNext: (() => void)[] = []

  constructor(files: OrderedFiles, log: SyncedLog, failure: FailureLatch) {
    this.#files = files
    this.#log = log
    this.#failure = failure
  }

  /** The file was appended to or cut. */
  markDirty(file: string): void {
    this.#dirty.add(file)
  }

  /** The file is being removed. */
  forget(file: string): void {
    this.#dirty.delete(file)
    if (this.#round !== undefined) this.#round = this.#round.filter((other) => other !== file)
  }

  /** `done` once all that was issued before is durable: at once when it is. */
  sync(done: () => void): void {
    if (this.#dirty.size > 0) {
      this.#inNext.push(done)
      if (this.#round === undefined) this.#startRound()
    } else if (this.#round !== undefined) {
      this.#inRound.push(done)
    } else {
      done()
    }
  }

  #startRound(): void {
    this.#round = [...this.#dirty]
    this.#dirty.clear()
    this.#inRound = this.#inNext
    this.#inNext = []
    this.#roundEndOffset = this.#log.logEndOffset
    this.#syncNext()
  }

  #syncNext(): void {
    const file = this.#round?.shift()
    this.#syncing = file !== undefined
    if (file === undefined) return this.onWritten()
    this.#files.sync(file, (result) => {
      if (!result.ok) this.#failure.fail(`cannot sync ${file}: ${result.reason}`)
      if (!this.#failure.failed) this.#syncNext()
    })
  }

  /** Ends the round once its files are synced and the appends it covers are known to be written. */
  onWritten(): void {
    if (this.#round === undefined || this.#syncing || this.#log.writtenOffset < this.#roundEndOffset) return
    this.#round = undefined
    if (this.#roundEndOffset > this.#log.syncedOffset) this.#log.syncedOffset = this.#roundEndOffset
    const finished = this.#inRound
    this.#inRound = []
    if (this.#inNext.length > 0) this.#startRound()
    for (const done of finished) done()
  }

  truncate(endOffset: number): void {
    if (endOffset < this.#roundEndOffset) this.#roundEndOffset = endOffset
  }
}
