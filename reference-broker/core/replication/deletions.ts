/**
 * DeleteRecords requests that wait: the leader's log starts where they asked, the followers' logs do not yet. A replica that
 * is not alive is not waited for; it follows when it fetches again.
 */
import type { ErrorName } from '../../../protocol/errors.ts'

export type DeletionDone = (error: ErrorName) => void

interface Deletion {
  readonly offset: number
  readonly done: DeletionDone
}

export class Deletions {
  readonly #lowWatermark: () => number
  #waiting: Deletion[] = []

  /** `lowWatermark`: where the log starts on the live replica that is furthest behind. */
  constructor(lowWatermark: () => number) {
    this.#lowWatermark = lowWatermark
  }

  /** `done('NONE')` when no live replica has anything below `offset`, at once if that is so. */
  waitFor(offset: number, done: DeletionDone): void {
    this.#waiting.push({ offset, done })
    this.answerReached()
  }

  stopWaiting(done: DeletionDone): void {
    this.#waiting = this.#waiting.filter((each) => each.done !== done)
  }

  answerReached(): void {
    if (this.#waiting.length === 0) return
    const reached = this.#lowWatermark()
    const ready = this.#waiting.filter(({ offset }) => offset <= reached)
    this.#waiting = this.#waiting.filter(({ offset }) => offset > reached)
    for (const { done } of ready) done('NONE')
  }

  fail(error: ErrorName): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { done } of waiting) done(error)
  }
}
