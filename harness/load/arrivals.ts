/**
 * When each record of a load is due: a rate that is linear between the ends of its stages, and the n-th arrival where the
 * sum of the rate is n. Asked in rising order. What is late is due when it was due: lateness never moves a later arrival.
 */
import type { Shape } from '../../workloads/k6/shapes.ts'

interface Stage {
  readonly startMs: number
  readonly lengthMs: number
  /** Arrivals before it. */
  readonly before: number
  /** Records a millisecond where it begins, and how much more of it each millisecond. */
  readonly rate: number
  readonly slope: number
}

/** Flatter than this is flat. */
const flat = 1e-12

export class Arrivals {
  readonly #stages: readonly Stage[]
  readonly #total: number
  #current = 0

  constructor({ startShare, stages }: Shape, recordsPerSecond: number, durationMs: number) {
    const perMs = recordsPerSecond / 1000
    const laid: Stage[] = []
    let startMs = 0
    let before = 0
    let share = startShare
    for (const { rateShare, timeShare } of stages) {
      const lengthMs = timeShare * durationMs
      laid.push({ startMs, lengthMs, before, rate: share * perMs, slope: ((rateShare - share) * perMs) / lengthMs })
      before += ((share + rateShare) / 2) * perMs * lengthMs
      startMs += lengthMs
      share = rateShare
    }
    this.#stages = laid
    this.#total = Math.floor(before + 1e-6)
  }

  /** How many there are in all. */
  get total(): number {
    return this.#total
  }

  /** Milliseconds from the beginning; `arrival` counts from 0 and never falls from call to call. */
  dueMs(arrival: number): number {
    while (this.#current + 1 < this.#stages.length && this.#stages[this.#current + 1]!.before <= arrival) this.#current++
    const { startMs, lengthMs, before, rate, slope } = this.#stages[this.#current]!
    const wanted = Math.max(0, arrival - before)
    const ms = Math.abs(slope) < flat ? wanted / rate : (Math.sqrt(Math.max(0, rate * rate + 2 * slope * wanted)) - rate) / slope
    return startMs + Math.min(lengthMs, ms)
  }
}
