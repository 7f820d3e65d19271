/**
 * Sets a broker's wall clock off by a fixed amount, 11 ms to 288 s either way, and right again. Shown by the broker's own
 * clock, read back from probe records.
 */
import { canSkewClock, type BrokerControl, type ClockControl } from './control.ts'
import { forAll, type Fault, type FaultContext, type Shown } from './fault.ts'
import { awaitOffset, eitherWay, logUniform } from './skewed-clock.ts'

const smallestMs = 11
const largestMs = 288_000

function setTo(context: FaultContext, id: number, jump: { isMs: number; isNotMs: number }, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & ClockControl
  control.skew(id, { offsetMs: jump.isMs, driftPpm: 0 }, (skewed) => {
    awaitOffset(context, id, jump, ({ shown, evidence }) => done({ shown, evidence: { ...skewed, ...evidence } }))
  })
}

function offsetOf({ parameters }: FaultContext): number {
  return parameters['offsetMs'] as number
}

export const clockJump: Fault = {
  name: 'clock-jump',
  describes: 'Sets the wall clock of a broker off by 11 ms to 288 s, forward or backward.',
  isAvailable: canSkewClock,
  needsWrites: true,
  draw: (random) => ({ offsetMs: eitherWay(random, logUniform(random, smallestMs, largestMs)) }),
  inject: (context, targets, done) =>
    forAll(targets, (id, one) => setTo(context, id, { isMs: offsetOf(context), isNotMs: 0 }, one), done),
  heal: (context, targets, done) =>
    forAll(targets, (id, one) => setTo(context, id, { isMs: 0, isNotMs: offsetOf(context) }, one), done),
}
