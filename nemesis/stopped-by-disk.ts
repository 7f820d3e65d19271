/**
 * What the disk faults share: a broker that cannot write must stop with a clear word. That word, which quotes the disk,
 * and the dead process are what shows the fault; healed is a broker that was started again, is listed by the cluster and
 * takes a write.
 */
import type { Aim } from './aim.ts'
import type { BrokerControl, DiskControl, DiskState } from './control.ts'
import { awaitProbe, type FaultContext, type Shown } from './fault.ts'
import { startOne } from './kill.ts'

/** Without the others a broker may have nothing to write, and then rightly goes on. */
export const oneBrokerAims: readonly Aim[] = ['leader', 'controller', 'in-sync-follower', 'last-in-sync', 'one']

function controlOf({ control }: FaultContext): BrokerControl & DiskControl {
  return control as BrokerControl & DiskControl
}

export interface DiskFailure {
  readonly state: DiskState
  /** The system's name of the error, to be found in the broker's last word. */
  readonly errorName: string
}

/** Probe records make sure that there is something to write. */
export function stopByDisk(context: FaultContext, id: number, failure: DiskFailure, done: (shown: Shown) => void): void {
  const control = controlOf(context)
  const hasStopped = (answer: (yes: boolean) => void): void =>
    context.view.writes(id, () => answer(control.state(id) === 'dead'))
  control.setDisk(id, failure.state, (seen) => {
    const wait = { wanted: true, timeoutMs: context.evidenceTimeoutMs }
    awaitProbe(context.loop, wait, hasStopped, (stopped) => {
      const lastWord = control.lastWord(id)
      const shown = stopped && lastWord?.includes(failure.errorName) === true
      done({ shown, evidence: { ...seen, state: control.state(id), lastWord } })
    })
  })
}

export function mendDisk(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = controlOf(context)
  control.setDisk(id, 'fine', () => {
    if (control.state(id) !== 'dead') return awaitWrite(context, id, {}, done)
    return startOne(context, id, (started) => {
      awaitWrite(context, id, started.evidence, ({ shown, evidence }) => done({ shown: shown && started.shown, evidence }))
    })
  })
}

function awaitWrite(context: FaultContext, id: number, before: Shown['evidence'], done: (shown: Shown) => void): void {
  const wait = { wanted: true, timeoutMs: context.evidenceTimeoutMs }
  const writes = (answer: (yes: boolean) => void): void => context.view.writes(id, (reading) => answer(reading !== undefined))
  awaitProbe(context.loop, wait, writes, (wrote) => done({ shown: wrote, evidence: { ...before, wrote } }))
}
