/**
 * Kills broker processes (SIGKILL) and starts them again on their data: the process crash, in which written bytes
 * survive. Shown by how the process ended and a refused connect; healed when a new process is listed by the cluster.
 */
import type { Facts } from './control.ts'
import { awaitProbe, forAll, probeTimeoutMs, type Fault, type FaultContext, type Shown } from './fault.ts'

function killOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  context.control.kill(id, (ended) => awaitDead(context, id, ended, done))
}

/** Dead by the platform's word, and nobody takes a connection at its address. */
export function awaitDead(context: FaultContext, id: number, ended: Facts, done: (shown: Shown) => void): void {
  const { control, view, loop, evidenceTimeoutMs } = context
  const wait = { wanted: true, timeoutMs: evidenceTimeoutMs }
  awaitProbe(loop, wait, (answer) => view.refuses(id, probeTimeoutMs, answer), (connectRefused) => {
    const state = control.state(id)
    done({ shown: connectRefused && state === 'dead', evidence: { ...ended, state, connectRefused } })
  })
}

/** A new process, listed by the cluster; also what heals other ways to lose one. */
export function startOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const { control, view, loop, evidenceTimeoutMs } = context
  control.start(id, (started) => {
    const wait = { wanted: true, timeoutMs: evidenceTimeoutMs }
    awaitProbe(loop, wait, (answer) => view.lists(id, probeTimeoutMs, answer), (listed) => {
      const state = control.state(id)
      done({ shown: listed && state === 'running', evidence: { ...started, state, listed } })
    })
  })
}

export const kill: Fault = {
  name: 'kill',
  describes: 'Kills broker processes with SIGKILL and starts them again on their data.',
  inject: (context, targets, done) => forAll(targets, (id, one) => killOne(context, id, one), done),
  heal: (context, targets, done) => forAll(targets, (id, one) => startOne(context, id, one), done),
}
