/**
 * The Clock on real time. Node's own timers may fire a fraction early and not later than 24 days: both are
 * mended here.
 */
import type { Clock } from '../clock.ts'
import type { TimerId } from '../events.ts'
import { ClockSkew } from './clock-skew.ts'
import type { EventPump } from './event-pump.ts'

const longestTimeoutMs = 2 ** 31 - 1

export class NodeClock implements Clock {
  readonly #pump: EventPump
  readonly #timers = new Map<TimerId, NodeJS.Timeout>()
  readonly #skew: ClockSkew | undefined

  /** `skewFile`: how wrong the wall clock is (see clock-skew.ts); throws when there is none. */
  constructor(pump: EventPump, skewFile?: string) {
    this.#pump = pump
    this.#skew = skewFile === undefined ? undefined : new ClockSkew(skewFile)
  }

  now(): number {
    return performance.now()
  }

  wallNow(): number {
    return this.#skew === undefined ? Date.now() : Math.floor(Date.now() + this.#skew.offsetMs())
  }

  startTimer(timer: TimerId, delayMs: number): void {
    if (!(delayMs >= 0)) throw new Error(`bad timer delay ${delayMs}`)
    if (this.#timers.has(timer)) throw new Error(`timer ${timer} is running already`)
    this.#arm(timer, performance.now() + delayMs, delayMs)
  }

  cancelTimer(timer: TimerId): void {
    clearTimeout(this.#timers.get(timer))
    this.#timers.delete(timer)
  }

  stop(): void {
    for (const timeout of this.#timers.values()) clearTimeout(timeout)
    this.#timers.clear()
  }

  #arm(timer: TimerId, dueMs: number, delayMs: number): void {
    const waitMs = Math.min(Math.ceil(delayMs), longestTimeoutMs)
    this.#timers.set(timer, setTimeout(this.#fire, waitMs, timer, dueMs))
  }

  readonly #fire = (timer: TimerId, dueMs: number): void => {
    const leftMs = dueMs - performance.now()
    if (leftMs > 0) return this.#arm(timer, dueMs, leftMs)
    this.#timers.delete(timer)
    this.#pump.deliver({ kind: 'timer', timer })
  }
}
