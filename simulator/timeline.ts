/**
 * Virtual time and what is to happen in it. Times are milliseconds, rounded up to 1/1024 ms: sums and
 * differences of such times are exact, so a timer never fires a hair before the deadline a node computed
 * for it.
 */
import { EventQueue } from './event-queue.ts'
import type { QueueHandle } from './event-queue.ts'

/** A record in the queue; a class a kind, no closure an event. */
export interface Happening {
  happen(): void
}

export const ticksPerMs = 1024

export class Timeline {
  readonly #queue = new EventQueue<Happening>()
  #nowMs = 0

  now(): number {
    return this.#nowMs
  }

  /** At `timeMs`, or now when that is past. Ties happen in the order of these calls. */
  at(timeMs: number, happening: Happening): QueueHandle {
    const ticks = Math.ceil(timeMs * ticksPerMs) / ticksPerMs
    return this.#queue.push(ticks > this.#nowMs ? ticks : this.#nowMs, happening)
  }

  after(delayMs: number, happening: Happening): QueueHandle {
    return this.at(this.#nowMs + delayMs, happening)
  }

  cancel(handle: QueueHandle, happening: Happening): boolean {
    return this.#queue.cancel(handle, happening)
  }

  /** Infinity when nothing is to come. */
  nextTime(): number {
    return this.#queue.nextTime()
  }

  /** Lets the next thing happen. False when there was none. */
  step(): boolean {
    const happening = this.#queue.pop()
    if (happening === undefined) return false
    this.#nowMs = this.#queue.lastTime
    happening.happen()
    return true
  }

  /** Lets time pass in which nothing happens: `timeMs` must not be after `nextTime()`. */
  passTo(timeMs: number): void {
    if (timeMs > this.#nowMs) this.#nowMs = Math.floor(timeMs * ticksPerMs) / ticksPerMs
  }
}
