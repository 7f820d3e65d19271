/**
 * Leaves brokers a small part of one processor, and gives them all of it back. Shown by the kernel's own count of how often
 * it made them wait for their share, which grows only while they want more than they have.
 */
import { canSqueeze, type BrokerControl, type SqueezeControl } from './control.ts'
import { forAll, type Fault, type FaultContext, type Shown } from './fault.ts'

const shares: readonly number[] = [0.02, 0.04]
const betweenLooksMs = 300

/** Looks twice, again and again, until the count has grown between looks, or has not; or the time is up. */
function awaitThrottling(context: FaultContext, id: number, isWanted: (grown: number) => boolean, done: (shown: Shown) => void): void {
  const { loop, evidenceTimeoutMs } = context
  const control = context.control as BrokerControl & SqueezeControl
  const deadlineMs = loop.now() + evidenceTimeoutMs
  const look = (before: number): void =>
    void loop.after(betweenLooksMs, () => control.throttled(id, (now) => {
      const shown = isWanted(now - before)
      if (shown || loop.now() >= deadlineMs) done({ shown, evidence: { throttledPeriods: now - before, withinMs: betweenLooksMs } })
      else look(now)
    }))
  control.throttled(id, look)
}

function squeezeOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & SqueezeControl
  control.squeeze(id, context.parameters['cpuShare'] as number, () => awaitThrottling(context, id, (grown) => grown > 0, done))
}

function letGo(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & SqueezeControl
  control.squeeze(id, undefined, () => awaitThrottling(context, id, (grown) => grown === 0, done))
}

export const cpuSqueeze: Fault = {
  name: 'cpu-squeeze',
  describes: 'Leaves a broker 2 % or 4 % of one processor.',
  isAvailable: canSqueeze,
  draw: (random) => ({ cpuShare: shares[Math.floor(random.next() * shares.length)]! }),
  inject: (context, targets, done) => forAll(targets, (id, one) => squeezeOne(context, id, one), done),
  heal: (context, targets, done) => forAll(targets, (id, one) => letGo(context, id, one), done),
}
