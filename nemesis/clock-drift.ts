/**
 * Lets a broker's wall clock run 1 % to 20 % too fast or too slow, and sets it right again. Shown by its rate between two
 * probe records far enough apart.
 */
import { canSkewClock, type BrokerControl, type ClockControl, type ClockReading } from './control.ts'
import { forAll, type Fault, type FaultContext, type Shown } from './fault.ts'
import { awaitOffset, awaitReadings, eitherWay, logUniform } from './skewed-clock.ts'

const slowestPpm = 10_000
const fastestPpm = 200_000

/** When each attack's clocks began to drift, on our monotonic clock. */
const driftingSinceMs = new WeakMap<FaultContext, number>()

function driftOf({ parameters }: FaultContext): number {
  return parameters['driftPpm'] as number
}

/** How much the broker's clock gained between two readings, as parts per million of the time that can have gone by. */
function rateBounds(first: ClockReading, last: ClockReading): { fromPpm: number; toPpm: number } | undefined {
  const shortestMs = last.sentMs - first.answeredMs - 1
  if (shortestMs <= 0) return undefined
  const longestMs = last.answeredMs - first.sentMs + 1
  const gainedMs = last.brokerMs - first.brokerMs
  return { fromPpm: ((gainedMs - 1) / longestMs - 1) * 1e6, toPpm: ((gainedMs + 1) / shortestMs - 1) * 1e6 }
}

/** The shorter, the more a reading tells. */
function travelMs({ sentMs, answeredMs }: ClockReading): number {
  return answeredMs - sentMs
}

function awaitRate(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const driftPpm = driftOf(context)
  let first: ClockReading | undefined
  let seen: { fromPpm: number; toPpm: number } | undefined
  const take = (reading: ClockReading): boolean => {
    if (first === undefined || 2 * travelMs(reading) < travelMs(first)) first = reading
    seen = rateBounds(first, reading) ?? seen
    if (seen === undefined) return false
    const excludesRight = seen.fromPpm > 0 || seen.toPpm < 0
    return excludesRight && seen.fromPpm <= driftPpm && driftPpm <= seen.toPpm
  }
  awaitReadings(context, id, { take, facts: () => ({ ...seen }) }, done)
}

function driftOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & ClockControl
  control.skew(id, { offsetMs: 0, driftPpm: driftOf(context) }, () => awaitRate(context, id, done))
}

function setRight(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & ClockControl
  const driftedMs = ((context.loop.now() - driftingSinceMs.get(context)!) * driftOf(context)) / 1e6
  control.skew(id, { offsetMs: 0, driftPpm: 0 }, () => awaitOffset(context, id, { isMs: 0, isNotMs: driftedMs }, done))
}

export const clockDrift: Fault = {
  name: 'clock-drift',
  describes: 'Lets the wall clock of a broker run 1 % to 20 % too fast or too slow.',
  isAvailable: canSkewClock,
  needsWrites: true,
  draw: (random) => ({ driftPpm: eitherWay(random, logUniform(random, slowestPpm, fastestPpm)) }),
  inject: (context, targets, done) => {
    driftingSinceMs.set(context, context.loop.now())
    forAll(targets, (id, one) => driftOne(context, id, one), done)
  },
  heal: (context, targets, done) => forAll(targets, (id, one) => setRight(context, id, one), done),
}
