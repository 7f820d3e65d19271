/**
 * A process that can be stopped and go on: what would have happened meanwhile happens when it is released, in order. A closed
 * gate lets nothing through any more.
 */
import type { TimerId } from '../../../ports/events.ts'
import type { Loop } from '../../../ports/loop.ts'

export class Gate {
  readonly #loop: Loop
  readonly #timers = new Set<TimerId>()
  #waiting: (() => void)[] = []
  #isHeld = false
  #isClosed = false

  constructor(loop: Loop) {
    this.#loop = loop
  }

  /** Now, or when it is released. */
  pass(act: () => void): void {
    if (this.#isClosed) return
    if (this.#isHeld) this.#waiting.push(act)
    else act()
  }

  after(delayMs: number, fire: () => void): TimerId {
    const timer = this.#loop.after(delayMs, () => {
      this.#timers.delete(timer)
      this.pass(fire)
    })
    this.#timers.add(timer)
    return timer
  }

  cancel(timer: TimerId | undefined): void {
    if (timer === undefined) return
    this.#timers.delete(timer)
    this.#loop.cancel(timer)
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
    for (const timer of this.#timers) this.#loop.cancel(timer)
    this.#timers.clear()
  }
}
