/**
 * Fills the disks of brokers, and makes room again. A broker that cannot write must stop with a clear word: that word, and
 * the dead process, are what shows it. Healed when it was started again, is listed by the cluster and takes a write.
 */
import { canBreakDisk, type BrokerControl, type DiskControl } from './control.ts'
import { awaitProbe, forAll, type Fault, type FaultContext, type Shown } from './fault.ts'
import { startOne } from './kill.ts'

const noSpace = 'ENOSPC'

function controlOf({ control }: FaultContext): BrokerControl & DiskControl {
  return control as BrokerControl & DiskControl
}

/** The probe record makes sure that there is something to write. */
function fillOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = controlOf(context)
  const hasStopped = (answer: (yes: boolean) => void): void =>
    context.view.writes(id, () => answer(control.state(id) === 'dead'))
  control.setDisk(id, 'full', (filled) => {
    const wait = { wanted: true, timeoutMs: context.evidenceTimeoutMs }
    awaitProbe(context.loop, wait, hasStopped, (stopped) => {
      const lastWord = control.lastWord(id)
      const shown = stopped && lastWord?.includes(noSpace) === true
      done({ shown, evidence: { ...filled, state: control.state(id), lastWord } })
    })
  })
}

function makeRoom(context: FaultContext, id: number, done: (shown: Shown) => void): void {
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

export const diskFull: Fault = {
  name: 'disk-full',
  describes: 'Fills the disk of a broker until it stops, then makes room and starts it again.',
  isAvailable: canBreakDisk,
  needsWrites: true,
  inject: (context, targets, done) => forAll(targets, (id, one) => fillOne(context, id, one), done),
  heal: (context, targets, done) => forAll(targets, (id, one) => makeRoom(context, id, one), done),
}
