/** The Clock of a simulated node: virtual time, and a wall clock that can be wrong. */
import type { Clock } from '../ports/clock.ts'
import type { PortEvent, TimerId } from '../ports/events.ts'
import type { QueueHandle } from './event-queue.ts'
import { Delivery } from './sim-node.ts'
import type { SimNode } from './sim-node.ts'
import type { Timeline } from './timeline.ts'

/** The wall clock of a machine without skew shows this when the world begins. */
export const worldEpochMs: number = Date.UTC(2026, 0, 1)

/** The clock hardware of one machine; it outlives the processes on it. */
export class HostClock {
  readonly #timeline: Timeline
  readonly #startMs: number
  #offsetMs = 0
  #driftPpm = 0
  #skewedAtMs = 0

  /** `startMs`: whole milliseconds the monotonic clock shows when the world begins. */
  constructor(timeline: Timeline, startMs: number) {
    this.#timeline = timeline
    this.#startMs = startMs
  }

  now(): number {
    return this.#startMs + this.#timeline.now()
  }

  wallNow(): number {
    const now = this.#timeline.now()
    const driftedMs = ((now - this.#skewedAtMs) * this.#driftPpm) / 1e6
    return Math.floor(worldEpochMs + now + this.#offsetMs + driftedMs)
  }

  /** The wall clock is `offsetMs` off the truth from now on, and gains `driftPpm` microseconds a second. */
  setSkew(offsetMs: number, driftPpm: number): void {
    this.#offsetMs = offsetMs
    this.#driftPpm = driftPpm
    this.#skewedAtMs = this.#timeline.now()
  }
}

class RunningTimer extends Delivery {
  readonly timer: TimerId
  readonly #clock: SimClock
  handle: QueueHandle = -1

  constructor(node: SimNode, life: number, clock: SimClock, timer: TimerId) {
    super(node, life)
    this.#clock = clock
    this.timer = timer
  }

  event(): PortEvent | undefined {
    return this.#clock.fired(this) ? { kind: 'timer', timer: this.timer } : undefined
  }
}

/** The port, for one life of a node. */
export class SimClock implements Clock {
  readonly #timeline: Timeline
  readonly #host: HostClock
  readonly #node: SimNode
  readonly #life: number
  readonly #running = new Map<TimerId, RunningTimer>()

  constructor(timeline: Timeline, host: HostClock, node: SimNode) {
    this.#timeline = timeline
    this.#host = host
    this.#node = node
    this.#life = node.life
  }

  now(): number {
    return this.#host.now()
  }

  wallNow(): number {
    return this.#host.wallNow()
  }

  startTimer(timer: TimerId, delayMs: number): void {
    if (!(delayMs >= 0)) throw new Error(`bad timer delay ${delayMs}`)
    if (this.#running.has(timer)) throw new Error(`timer ${timer} is running already`)
    if (!this.#node.isAlive(this.#life)) return
    const running = new RunningTimer(this.#node, this.#life, this, timer)
    running.handle = this.#timeline.after(delayMs, running)
    this.#running.set(timer, running)
  }

  cancelTimer(timer: TimerId): void {
    const running = this.#running.get(timer)
    if (running === undefined) return
    this.#running.delete(timer)
    this.#timeline.cancel(running.handle, running)
  }

  /** False when the timer was cancelled after it had come due, while the node was stopped. */
  fired(running: { readonly timer: TimerId }): boolean {
    return this.#running.get(running.timer) === running && this.#running.delete(running.timer)
  }
}
