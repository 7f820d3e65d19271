/** The timers of one owner on a Loop it shares: closed, none of them fires any more. */
import type { TimerId } from './events.ts'
import type { Loop } from './loop.ts'

export class OwnTimers {
  readonly #loop: Loop
  readonly #open = new Set<TimerId>()

  constructor(loop: Loop) {
    this.#loop = loop
  }

  after(delayMs: number, fire: () => void): TimerId {
    const timer = this.#loop.after(delayMs, () => {
      this.#open.delete(timer)
      fire()
    })
    this.#open.add(timer)
    return timer
  }

  cancel(timer: TimerId | undefined): void {
    if (timer === undefined) return
    this.#open.delete(timer)
    this.#loop.cancel(timer)
  }

  close(): void {
    for (const timer of this.#open) this.#loop.cancel(timer)
    this.#open.clear()
  }
}
