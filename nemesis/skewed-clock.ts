/**
 * What the clock faults share: how their sizes are drawn, and what a broker's own wall clock shows, read back as the
 * LogAppendTime of probe records. Every reading bounds how far that clock is off ours: it was taken between our sending
 * and our having the answer. Many readings narrow the bounds below the travel time of any one of them.
 */
import { randomChance, type Random } from '../ports/random.ts'
import type { ClockReading, Facts } from './control.ts'
import type { FaultContext, Shown } from './fault.ts'

/** Uniform in its logarithm: small and large sizes come equally often. */
export function logUniform(random: Random, low: number, high: number): number {
  return Math.round(low * (high / low) ** random.next())
}

/** Forward or backward. */
export function eitherWay(random: Random, size: number): number {
  return randomChance(random, 0.5) ? size : -size
}

/** Clocks show whole milliseconds. */
const granularityMs = 1

export class OffsetBounds {
  low: number = -Infinity
  high: number = Infinity
  readings: number = 0

  add({ sentMs, answeredMs, brokerMs }: ClockReading): void {
    this.low = Math.max(this.low, brokerMs - answeredMs - granularityMs)
    this.high = Math.min(this.high, brokerMs - sentMs + granularityMs)
    this.readings++
  }

  contains(offsetMs: number): boolean {
    return this.low <= offsetMs && offsetMs <= this.high
  }

  facts(): Facts {
    return { offsetFromMs: this.low, offsetToMs: this.high, readings: this.readings }
  }
}

export function boundsOf(reading: ClockReading): OffsetBounds {
  const bounds = new OffsetBounds()
  bounds.add(reading)
  return bounds
}

const readEveryMs = 20

/** Reads the broker's clock until `judge` is content with what it has seen, or the time is up. */
export function awaitReadings(
  context: FaultContext,
  id: number,
  judge: { readonly take: (reading: ClockReading) => boolean; readonly facts: () => Facts },
  done: (shown: Shown) => void,
): void {
  const { loop, view, evidenceTimeoutMs } = context
  const deadlineMs = loop.now() + evidenceTimeoutMs
  const read = (): void =>
    view.writes(id, (reading) => {
      const shown = reading !== undefined && judge.take(reading)
      if (shown || loop.now() >= deadlineMs) done({ shown, evidence: judge.facts() })
      else loop.after(readEveryMs, read)
    })
  read()
}

/** Shown when the clock can be off by `isMs` and cannot be off by `isNotMs`. Readings from before the change are forgotten. */
export function awaitOffset(
  context: FaultContext,
  id: number,
  { isMs, isNotMs }: { readonly isMs: number; readonly isNotMs: number },
  done: (shown: Shown) => void,
): void {
  let bounds = new OffsetBounds()
  const take = (reading: ClockReading): boolean => {
    bounds.add(reading)
    if (!bounds.contains(isMs)) bounds = new OffsetBounds()
    return bounds.contains(isMs) && !bounds.contains(isNotMs)
  }
  awaitReadings(context, id, { take, facts: () => bounds.facts() }, done)
}
