/**
 * Freezes broker processes (SIGSTOP) and lets them go on (SIGCONT): the long garbage collection, the stalled machine.
 * They come back believing what they believed. Shown by the process state and a probe that nobody answers.
 */
import { awaitProbe, forAll, probeTimeoutMs, type Fault, type FaultContext, type Shown } from './fault.ts'

function pauseOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const { control, view, loop, evidenceTimeoutMs } = context
  control.pause(id, (paused) => {
    const wait = { wanted: false, timeoutMs: evidenceTimeoutMs }
    awaitProbe(loop, wait, (answer) => view.answers(id, probeTimeoutMs, answer), (unanswered) => {
      const state = control.state(id)
      done({ shown: unanswered && state === 'paused', evidence: { ...paused, state, unanswered } })
    })
  })
}

function resumeOne(context: FaultContext, id: number, done: (shown: Shown) => void): void {
  const { control, view, loop, evidenceTimeoutMs } = context
  control.resume(id, (resumed) => {
    const wait = { wanted: true, timeoutMs: evidenceTimeoutMs }
    awaitProbe(loop, wait, (answer) => view.answers(id, probeTimeoutMs, answer), (answered) => {
      const state = control.state(id)
      done({ shown: answered && state === 'running', evidence: { ...resumed, state, answered } })
    })
  })
}

export const pause: Fault = {
  name: 'pause',
  describes: 'Freezes broker processes with SIGSTOP and lets them go on with SIGCONT.',
  inject: (context, targets, done) => forAll(targets, (id, one) => pauseOne(context, id, one), done),
  heal: (context, targets, done) => forAll(targets, (id, one) => resumeOne(context, id, one), done),
}
