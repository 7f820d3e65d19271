/**
 * Cuts the power of broker machines and boots them again: what was written and not synced is gone, names of new files
 * with it, and of the last write perhaps a part is left. Shown by the bytes lost, file by file (there may be none), a dead
 * process and a refused connect.
 */
import { canLosePower, type BrokerControl, type PowerControl } from './control.ts'
import { awaitProbe, forAll, type Fault, type FaultContext, type Shown } from './fault.ts'
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
 * Back before the cluster has missed them, or only afterwards: they then have to be told apart from their former selves.
 * Missed is what the observer has seen (power-guard), and who is quick is back between two of its looks. While most
 * are gone, whoever broke them, nobody is left to miss them.
 */
function bootAgain(context: FaultContext, targets: readonly number[], done: (shown: Shown) => void): void {
  const { loop, control, view, evidenceTimeoutMs, parameters } = context
  const start = (): void => forAll(targets, (id, one) => startOne(context, id, one), done)
  if (parameters['staysUntilMissed'] !== true) return start()
  const isAway = (id: number): boolean => targets.includes(id) || control.state(id) !== 'running'
  const isMissable = (): boolean => 2 * control.brokerIds.filter(isAway).length < control.brokerIds.length
  const isInSync = (): boolean => [...view.inSyncReplicas().values()].some((ids) => ids.length > 1 && targets.some((id) => ids.includes(id)))
  return awaitProbe(loop, { wanted: false, timeoutMs: evidenceTimeoutMs }, (answer) => answer(isMissable() && isInSync()), start)
}

export const powerLoss: Fault = {
  name: 'power-loss',
  describes: 'Cuts the power of a broker machine: what was not synced is gone.',
  isAvailable: canLosePower,
  losesUnsynced: true,
  draw: (random) => ({ staysUntilMissed: randomChance(random, 0.5) }),
  inject: (context, targets, done) => forAll(targets, (id, one) => losePower(context, id, one), done),
  heal: bootAgain,
}
