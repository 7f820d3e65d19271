/**
 * Cuts the power of broker machines and boots them again: what was written and not synced is gone, names of new files
 * with it, and of the last write perhaps a part is left. Shown by the bytes lost, file by file (there may be none), a dead
 * process and a refused connect.
 */
import { canLosePower, type BrokerControl, type PowerControl } from './control.ts'
import { awaitProbe, forAll, probeTimeoutMs, type Fault, type FaultContext, type Shown } from './fault.ts'
import { randomChance } from '../ports/random.ts'
import { awaitDead, startOne } from './kill.ts'

function losePower(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & PowerControl
  control.losePower(id, (ended) => {
    awaitDead(context, id, ended, ({ shown, evidence }) => {
      done({ shown: shown && Array.isArray(evidence['lost']), evidence })
    })
  })
}

/**
 * Back before the cluster has missed it, or only afterwards: it then has to be told apart from its former self. Missed is
 * also what the observer must have seen (power-guard), and a broker that is quick is back between two of its looks.
 */
function bootAgain(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const { loop, view, evidenceTimeoutMs, parameters } = context
  if (parameters['staysUntilMissed'] !== true) return startOne(context, id, done)
  const isInSync = (): boolean => [...view.inSyncReplicas().values()].some((ids) => ids.length > 1 && ids.includes(id))
  const isThere = (answer: (yes: boolean) => void): void => view.lists(id, probeTimeoutMs, (listed) => answer(listed || isInSync()))
  return awaitProbe(loop, { wanted: false, timeoutMs: evidenceTimeoutMs }, isThere, () => startOne(context, id, done))
}

export const powerLoss: Fault = {
  name: 'power-loss',
  describes: 'Cuts the power of a broker machine: what was not synced is gone.',
  isAvailable: canLosePower,
  losesUnsynced: true,
  draw: (random) => ({ staysUntilMissed: randomChance(random, 0.5) }),
  inject: (context, targets, done) => forAll(targets, (id, one) => losePower(context, id, one), done),
  heal: (context, targets, done) => forAll(targets, (id, one) => bootAgain(context, id, one), done),
}
