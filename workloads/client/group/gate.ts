/**
 * A process that can be stopped and go on: what would have happened meanwhile happens when it is released, in order. A closed
 * gate lets nothing through any more.
 */
import type { TimerId } from '../../../ports/events.ts'
import type { Loop } from '../../../ports/loop.ts'
import { OwnTimers } from '../../../ports/own-timers.ts'

export class Gate {
  readonly #timers: OwnTimers
  #waiting: (() => void)[] = []
  #isHeld = false
  #isClosed = false

  constructor(loop: Loop) {
    this.#timers = new OwnTimers(loop)
  }

  /** Now, or when it is released. */
  pass(act: () => void): void {
    if (this.#isClosed) return
    if (this.#isHeld) this.#waiting.push(act)
    else act()
  }

  after(delayMs: number, fire: () => void): TimerId {
    return this.#timers.after(delayMs, () => this.pass(fire))
  }

  cancel(timer: TimerId | undefined): void {
    this.#timers.cancel(timer)
  }

  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    for (const act of this.#waiting.splice(0)) this.pass(act)
  }

  close(): void {
    this.#isClosed = true
    this.#waiting = []
    this.#timers.close()
  }
}
