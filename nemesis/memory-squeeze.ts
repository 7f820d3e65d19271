/**
 * Leaves brokers hardly more memory than they hold, and gives it back. Whatever more they want must be taken from what they
 * have, files read and written first; what does not fit then kills them, as on any machine. Shown by the kernel's word: what
 * they hold fell to the limit or stays at it, it had to find room for them, or it killed them for want of memory.
 */
import { canSqueezeMemory, type BrokerControl, type MemoryControl, type MemoryPressure } from './control.ts'
import { forAll, type Fault, type FaultContext, type Shown } from './fault.ts'
import { startOne } from './kill.ts'

const betweenLooksMs = 200
/** A kernel counts memory in bunches of pages, so nobody ever holds just the limit. */
const roundedBytes = 512 * 1024
const looksEnough = 5

function squeezeOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & MemoryControl
  const { loop, evidenceTimeoutMs } = context
  const deadlineMs = loop.now() + evidenceTimeoutMs
  let looksAtLimit = 0
  const look = (limitBytes: number, before: MemoryPressure): void =>
    control.pressure(id, ({ reclaims, killed, usageBytes }) => {
      const wasTaken = before.usageBytes > limitBytes && usageBytes <= limitBytes
      looksAtLimit = limitBytes - usageBytes < roundedBytes ? looksAtLimit + 1 : 0
      const shown = killed || wasTaken || reclaims > before.reclaims || looksAtLimit >= looksEnough
      const evidence = { limitBytes, beforeBytes: before.usageBytes, usageBytes, reclaims: reclaims - before.reclaims, killed }
      if (shown || loop.now() >= deadlineMs) return done({ shown, evidence })
      return void loop.after(betweenLooksMs, () => look(limitBytes, before))
    })
  control.pressure(id, (before) => control.squeezeMemory(id, true, (limitBytes) => look(limitBytes, before)))
}

function letGo(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & MemoryControl
  control.squeezeMemory(id, false, (limitBytes) => {
    if (control.state(id) === 'dead') return startOne(context, id, done)
    return control.pressure(id, (before) => {
      context.loop.after(betweenLooksMs, () => control.pressure(id, (after) => {
        const shown = after.reclaims === before.reclaims && control.state(id) === 'running'
        done({ shown, evidence: { limitBytes, reclaims: after.reclaims - before.reclaims } })
      }))
    })
  })
}

export const memorySqueeze: Fault = {
  name: 'memory-squeeze',
  describes: 'Leaves a broker hardly more memory than it holds.',
  isAvailable: canSqueezeMemory,
  inject: (context, targets, done) => forAll(targets, (id, one) => squeezeOne(context, id, one), done),
  heal: (context, targets, done) => forAll(targets, (id, one) => letGo(context, id, one), done),
}
