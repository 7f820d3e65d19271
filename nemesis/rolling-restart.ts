/**
 * Stops brokers in an orderly way and starts them again, one after the other, each only when the one before is back, and
 * in sync if it can be: how clusters are updated. In force from the first broker that ended in order; healed when all are
 * back.
 */
import type { Key } from '../history/op.ts'
import { canStop, type BrokerControl, type StopControl } from './control.ts'
import { awaitProbe, type Fault, type FaultContext, type Shown } from './fault.ts'
import { awaitDead, startOne } from './kill.ts'

/** One way through the brokers. */
interface Roll {
  readonly evidence: Record<string, unknown>
  shown: boolean
  ended: boolean
  whenEnded: () => void
}

const rolls = new WeakMap<FaultContext, Roll>()

function stopOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const control = context.control as BrokerControl & StopControl
  control.stop(id, context.evidenceTimeoutMs, (ended) => {
    awaitDead(context, id, ended, ({ shown, evidence }) => done({ shown: shown && ended.orderly, evidence }))
  })
}

function rollOn(context: FaultContext, left: readonly number[], roll: Roll, done: (shown: Shown) => void): void {
  const [id, ...others] = left
  if (id === undefined) {
    roll.ended = true
    return roll.whenEnded()
  }
  const keys = keysInSync(context, id)
  return stopOne(context, id, (stopped) => {
    done(stopped)
    startOne(context, id, (started) => {
      awaitInSync(context, id, keys, (inSyncAgain) => {
        roll.evidence[id] = { stopped: stopped.evidence, started: started.evidence, inSyncAgain }
        roll.shown = roll.shown && stopped.shown && started.shown
        rollOn(context, others, roll, () => undefined)
      })
    })
  })
}

function keysInSync({ view }: FaultContext, id: number): readonly Key[] {
  return [...view.inSyncReplicas()].flatMap(([key, ids]) => (ids.includes(id) ? [key] : []))
}

function awaitInSync(context: FaultContext, id: number, keys: readonly Key[], done: (met: boolean) => void): void {
  const wait = { wanted: true, timeoutMs: context.evidenceTimeoutMs }
  const isInSync = (answer: (yes: boolean) => void): void => {
    const now = keysInSync(context, id)
    answer(keys.every((key) => now.includes(key)))
  }
  awaitProbe(context.loop, wait, isInSync, done)
}

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  describes: 'Stops and starts the brokers in an orderly way, one after the other.',
  isAvailable: canStop,
  aims: ['all'],
  inject: (context, targets, done) => {
    const roll: Roll = { evidence: {}, shown: true, ended: false, whenEnded: () => undefined }
    rolls.set(context, roll)
    rollOn(context, targets, roll, done)
  },
  whenOver: (context, over) => {
    const roll = rolls.get(context)!
    if (roll.ended) over()
    else roll.whenEnded = over
  },
  heal: (context, _targets, done) => {
    const { shown, evidence } = rolls.get(context)!
    done({ shown, evidence })
  },
}
