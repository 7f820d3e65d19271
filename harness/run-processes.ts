/** One scenario on broker processes: brought up, tried, judged, taken down again whatever happened. */
import { join } from 'node:path'
import type { ScenarioVerdict } from '../checkers/verdict.ts'
import { Recorder } from '../history/recorder.ts'
import type { Op } from '../history/op.ts'
import { Loop } from '../ports/loop.ts'
import { NodeRunner } from '../ports/node/node-runner.ts'
import { proxyCommand } from './broker-command.ts'
import { anomaliesOf, judgeRun } from './judge-run.ts'
import type { RunStore } from './run-store.ts'
import { planOf, type ProcessScenario, type ScenarioOptions } from './scenarios.ts'
import { watchStarvation } from './starvation.ts'
import { ProcessCluster } from './targets/process-cluster.ts'
import { Trial } from './trial.ts'
import { wireClients } from './wire-clients.ts'

export interface ProcessRunOptions extends ScenarioOptions {
  readonly seed: number
  readonly store: RunStore
  /** What starts a broker. */
  readonly command: readonly string[]
  readonly accept: readonly string[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
}

export interface ProcessRun {
  readonly verdict: ScenarioVerdict
  readonly anomalies: Readonly<Record<string, number>>
  readonly ops: readonly Op[]
}

const stopTimeoutMs = 5000
const progressMs = 500

export async function runOnProcesses(scenario: ProcessScenario, options: ProcessRunOptions): Promise<ProcessRun> {
  const { store, seed, command, signal } = options
  const plan = planOf(scenario, options)
  const runner = new NodeRunner({ seed })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const recorder = new Recorder(() => loop.now())
  const endJournal = store.journal(scenario.name, recorder)
  const cluster = await ProcessCluster.prepare({
    brokers: scenario.brokers,
    settings: plan.profile.settings,
    dataDir: store.path('data', scenario.name),
    logDir: store.path('logs', scenario.name),
    command,
    proxy: { command: await proxyCommand(), seed },
  })
  const failures: string[] = []
  try {
    const failed = await cluster.startAll()
    if (failed !== undefined) failures.push(failed.message)
    else {
      const bootstrap = cluster.brokerIds.map((id) => cluster.address(id))
      const trial = new Trial({
        loop,
        random: runner.ports.random,
        recorder,
        control: cluster,
        address: (id) => cluster.address(id),
        ownAddress: (id) => cluster.ownAddress(id),
        makeClient: wireClients(loop, bootstrap, plan.profile),
        plan,
      })
      const ended = await runTrial(trial, recorder, { signal, onProgress: options.onProgress })
      if (ended !== undefined) failures.push(ended)
    }
  } finally {
    await cluster.stopAll(stopTimeoutMs)
    await runner.stop()
    await endJournal()
  }
  const convict = cluster.unexpectedExits.length > 0
  const logs = join('logs', scenario.name)
  const all = [...cluster.unexpectedExits.map((exit) => `${exit}; see ${logs}`), ...failures]
  const judgement = judgeRun({ ops: recorder.ops, failures: all, failuresConvict: convict, accept: options.accept })
  const cut = signal.aborted ? ['the run was cut short'] : []
  return {
    ops: recorder.ops,
    anomalies: anomaliesOf(judgement),
    verdict: {
      name: scenario.name,
      target: scenario.target,
      valid: judgement.valid,
      seeds: 1,
      ops: judgement.ops,
      acknowledged: judgement.acknowledged,
      faults: judgement.faults,
      findings: judgement.findings,
      reasons: [...cut, ...judgement.reasons],
      figures: judgement.figures ?? {},
      ...(judgement.availability !== undefined && { availability: judgement.availability }),
    },
  }
}

async function runTrial(
  trial: Trial,
  recorder: Recorder,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (line: string) => void },
): Promise<string | undefined> {
  const counts = { invoke: 0, ok: 0, fail: 0, info: 0 }
  const inForce = new Map<unknown, string>()
  recorder.listen(({ process, type, f, value }) => {
    if (f === 'send') counts[type]++
    if (process === 'nemesis') {
      const { id, action, targets } = value as { id: number; action: string; targets: readonly number[] }
      if (action === 'start') inForce.set(id, `${f} ${targets.join(',')}`)
      if (action === 'healed') inForce.delete(id)
    }
  })
  const stopWatching = watchStarvation(recorder)
  const timer = setInterval(() => {
    const faults = inForce.size === 0 ? 'quiet' : [...inForce.values()].join(' + ')
    onProgress(`${trial.phase}: ${counts.ok} acknowledged, ${counts.fail} failed, ${counts.info} unknown; ${faults}`)
  }, progressMs)
  const cut = (): void => trial.cutShort()
  signal.addEventListener('abort', cut)
  if (signal.aborted) cut()
  try {
    return await new Promise<string | undefined>((resolve) => trial.run(resolve))
  } finally {
    signal.removeEventListener('abort', cut)
    clearInterval(timer)
    stopWatching()
  }
}
