/**
 * Flips a broker's wall clock between the truth and an offset, many times a second: a clock two sources fight over. Shown
 * when probe records have met both clocks.
 */
import { canSkewClock, type BrokerControl, type ClockControl, type ClockReading } from './control.ts'
import { forAll, type Fault, type FaultContext, type Shown } from './fault.ts'
import { awaitOffset, awaitReadings, boundsOf, eitherWay, logUniform } from './skewed-clock.ts'

/** Below the smallest, the travel time of a probe could hide which of the two clocks it met. */
const smallestMs = 100
const largestMs = 262_000
const fastestMs = 5
const slowestMs = 1000

/** Attacks whose clocks are flipping. */
const flipping = new WeakSet<FaultContext>()

function offsetOf({ parameters }: FaultContext): number {
  return parameters['offsetMs'] as number
}

function flip(context: FaultContext, id: number, offsetMs: number): void {
  if (!flipping.has(context)) return
  const control = context.control as BrokerControl & ClockControl
  control.skew(id, { offsetMs, driftPpm: 0 }, () => undefined)
  const next = offsetMs === 0 ? offsetOf(context) : 0
  context.loop.after(context.parameters['periodMs'] as number, () => flip(context, id, next))
}

function awaitBoth(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const offsetMs = offsetOf(context)
  let seenRight = 0
  let seenOff = 0
  const take = (reading: ClockReading): boolean => {
    const bounds = boundsOf(reading)
    if (bounds.contains(0) && !bounds.contains(offsetMs)) seenRight++
    if (bounds.contains(offsetMs) && !bounds.contains(0)) seenOff++
    return seenRight > 0 && seenOff > 0
  }
  awaitReadings(context, id, { take, facts: () => ({ seenRight, seenOff }) }, done)
}

function stopOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & ClockControl
  control.skew(id, { offsetMs: 0, driftPpm: 0 }, () => awaitOffset(context, id, { isMs: 0, isNotMs: offsetOf(context) }, done))
}

export const clockStrobe: Fault = {
  name: 'clock-strobe',
  describes: 'Flips the wall clock of a broker between right and wrong every 5 ms to 1 s.',
  isAvailable: canSkewClock,
  needsWrites: true,
  draw: (random) => ({
    offsetMs: eitherWay(random, logUniform(random, smallestMs, largestMs)),
    periodMs: logUniform(random, fastestMs, slowestMs),
  }),
  inject: (context, targets, done) => {
    flipping.add(context)
    for (const id of targets) flip(context, id, offsetOf(context))
    forAll(targets, (id, one) => awaitBoth(context, id, one), done)
  },
  heal: (context, targets, done) => {
    flipping.delete(context)
    forAll(targets, (id, one) => stopOne(context, id, one), done)
  },
}
