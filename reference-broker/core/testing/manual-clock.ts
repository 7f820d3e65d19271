/** For tests: a Clock that stands still until it is moved, and then fires what is due, in order. */
import type { Clock } from '../../../ports/clock.ts'
import type { TimerId } from '../../../ports/events.ts'

interface Armed {
  readonly timer: TimerId
  readonly atMs: number
}

export class ManualClock implements Clock {
  #nowMs = 0
  #armed: Armed[] = []

  now(): number {
    return this.#nowMs
  }

  wallNow(): number {
    return 1_767_225_600_000 + Math.floor(this.#nowMs)
  }

  startTimer(timer: TimerId, delayMs: number): void {
    this.#armed.push({ timer, atMs: this.#nowMs + delayMs })
  }

  cancelTimer(timer: TimerId): void {
    this.#armed = this.#armed.filter((armed) => armed.timer !== timer)
  }

  /** Moves to the next timer that is due by `untilMs` and returns it; else to `untilMs`. */
  next(untilMs: number): TimerId | undefined {
    const due = this.#armed.filter(({ atMs }) => atMs <= untilMs)
    const first = due.toSorted((a, b) => a.atMs - b.atMs)[0]
    this.#nowMs = Math.max(this.#nowMs, first?.atMs ?? untilMs)
    if (first !== undefined) this.cancelTimer(first.timer)
    return first?.timer
  }
}
