/**
 * Makes the disks of brokers many times slower, and fast again. Shown by how long probe records take to be written: the
 * fastest of a few, because anything may slow down one of them.
 */
import { canBreakDisk, type BrokerControl, type DiskControl } from './control.ts'
import { forAll, type Fault, type FaultContext, type Shown } from './fault.ts'

const probes = 5
/** More than the network can add or take away between two measurements, stalls aside. */
const slowerByMs = 45
const betweenMs = 20

/** Milliseconds of the fastest of a few probe writes; Infinity unless all were answered: one alone may have waited for a cut to heal. */
function measure(context: FaultContext, id: number, done: (fastestMs: number) => void): void {
  let fastestMs = Infinity
  let left = probes
  let isSilent = false
  const probe = (): void => {
    const startMs = context.loop.now()
    context.view.writes(id, (reading) => {
      if (reading === undefined) isSilent = true
      else fastestMs = Math.min(fastestMs, context.loop.now() - startMs)
      left--
      if (left > 0) context.loop.after(betweenMs, probe)
      else done(isSilent ? Infinity : fastestMs)
    })
  }
  probe()
}

/** Measures again and again until it is as wanted. */
function awaitSpeed(
  context: FaultContext,
  id: number,
  isWanted: (fastestMs: number) => boolean,
  done: (met: boolean, fastestMs: number) => void,
): void {
  const deadlineMs = context.loop.now() + context.evidenceTimeoutMs
  const again = (): void =>
    measure(context, id, (fastestMs) => {
      const met = fastestMs < Infinity && isWanted(fastestMs)
      if (met || context.loop.now() >= deadlineMs) done(met, fastestMs)
      else again()
    })
  again()
}

function setDisk(context: FaultContext, id: number, state: 'slow' | 'fine', done: () => void): void {
  const control = context.control as BrokerControl & DiskControl
  control.setDisk(id, state, done)
}

/** How fast each target was before, by attack. */
const fastBefore = new WeakMap<FaultContext, Map<number, number>>()

function slowOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  // Another attack may have cut it off from us: it must have been seen fast before it can be seen slow.
  awaitSpeed(context, id, () => true, (_met, beforeMs) => {
    fastBefore.get(context)!.set(id, beforeMs)
    setDisk(context, id, 'slow', () => {
      awaitSpeed(context, id, (ms) => ms >= beforeMs + slowerByMs, (met, slowMs) => {
        done({ shown: met, evidence: { beforeMs, slowMs } })
      })
    })
  })
}

function fastenOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const beforeMs = fastBefore.get(context)!.get(id)!
  setDisk(context, id, 'fine', () => {
    awaitSpeed(context, id, (ms) => ms < beforeMs + slowerByMs, (met, fastestMs) => {
      done({ shown: met, evidence: { beforeMs, fastestMs } })
    })
  })
}

export const diskSlow: Fault = {
  name: 'disk-slow',
  describes: 'Makes the disk of a broker many times slower.',
  isAvailable: canBreakDisk,
  needsWrites: true,
  inject: (context, targets, done) => {
    fastBefore.set(context, new Map())
    forAll(targets, (id, one) => slowOne(context, id, one), done)
  },
  heal: (context, targets, done) => forAll(targets, (id, one) => fastenOne(context, id, one), done),
}
