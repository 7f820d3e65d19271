/** One scenario on broker processes: brought up, tried, judged, taken down again whatever happened. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Recorder } from '../history/recorder.ts'
import type { Ops } from '../history/op.ts'
import { Loop } from '../ports/loop.ts'
import { NodeRunner } from '../ports/node/node-runner.ts'
import { proxyCommand } from './broker-command.ts'
import type { JudgedParts } from './judge-run.ts'
import { withClient, workloadClients } from './foreign-clients/foreign-client.ts'
import type { Library } from './foreign-clients/library.ts'
import { withWireRecord, type WireLine } from './proxy/wire-record.ts'
import { PartRecords } from './part-records.ts'
import type { RunStore } from './run-store.ts'
import { planOf, type ScenarioOptions } from './scenario-plan.ts'
import type { ProcessScenario } from './scenarios.ts'
import { watchStarvation, type BrokerPids } from './starvation.ts'
import type { BrokerRecipe } from './targets/broker-recipe.ts'
import { ProcessCluster } from './targets/process-cluster.ts'
import { Trial, type TrialPlan } from './trial.ts'
import { wireClients } from './wire-clients.ts'

export interface ProcessRunOptions extends ScenarioOptions {
  readonly seed: number
  readonly store: RunStore
  readonly recipe: BrokerRecipe
  /** Whose producers the workload drives; ours when missing. */
  readonly library?: Library
  readonly accept: readonly string[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
  /** For a run that is made otherwise than its scenario says. */
  readonly alter?: (plan: TrialPlan) => TrialPlan
  /** Where the brokers are, before the trial begins. */
  readonly onAddresses?: (bootstrap: readonly { readonly host: string; readonly port: number }[]) => void
  /** What another record knows of the ops. */
  readonly told?: (ops: Ops) => Ops
  /** The history will be long. */
  readonly isPacked?: boolean
}

/** What no `alter` does. */
export const asPlanned = (plan: TrialPlan): TrialPlan => plan

const stopTimeoutMs = 5000
const progressMs = 500

export async function runOnProcesses(scenario: ProcessScenario, options: ProcessRunOptions): Promise<JudgedParts> {
  const { store, seed, recipe, signal } = options
  const plan = withClient((options.alter ?? asPlanned)(planOf(scenario, options)), options.library)
  const runner = new NodeRunner({ seed })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const records = new PartRecords({ scenario, plan, store, nowMs: () => loop.now(), isPacked: options.isPacked === true })
  const wireFile = store.path(`wire.${scenario.name}.jsonl`)
  const cluster = await ProcessCluster.prepare({
    brokers: scenario.brokers,
    settings: plan.profile.settings,
    dataDir: store.path('data', scenario.name),
    logDir: store.path('logs', scenario.name),
    recipe,
    proxy: { command: await proxyCommand(), seed, ...(options.library !== undefined && { record: wireFile }) },
  })
  const failures: string[] = []
  try {
    const failed = await cluster.startAll()
    if (failed !== undefined) failures.push(failed.message)
    else {
      const bootstrap = cluster.brokerIds.map((id) => cluster.address(id))
      options.onAddresses?.(bootstrap)
      const makeClient = wireClients(loop, bootstrap, plan.profile)
      const trial = new Trial({
        loop,
        random: runner.ports.random,
        recorders: records.recorders,
        control: cluster,
        address: (id) => cluster.address(id),
        ownAddress: (id) => cluster.ownAddress(id),
        makeClient,
        ...workloadClients(options.library, { loop, bootstrap, security: {}, wire: makeClient, ...plan.profile.clients }),
        plan,
      })
      const ended = await runTrial(trial, records.recorders, {
        signal, onProgress: options.onProgress, lost: cluster.links!.lost, pids: () => cluster.pids(),
      })
      if (ended !== undefined) failures.push(ended)
    }
  } finally {
    await cluster.stopAll(stopTimeoutMs)
    await runner.stop()
    await records.endJournals()
  }
  const failuresConvict = cluster.unexpectedExits.length > 0
  const logs = join('logs', scenario.name)
  const all = [...cluster.unexpectedExits.map((exit) => `${exit}; see ${logs}`), ...failures]
  return records.judged({
    failures: all,
    failuresConvict,
    accept: options.accept,
    wasCutShort: signal.aborted,
    ...(options.told !== undefined && { told: options.told }),
    ...(options.library !== undefined && { told: (ops: Ops) => withWireRecord([...ops], readWireRecord(wireFile)) }),
  })
}

function readWireRecord(file: string): WireLine[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  return lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line) as WireLine]))
}

export interface TrialWatch {
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
  /** What the trial needs is gone, and how, in words: it ends then and there. */
  readonly lost?: Promise<string>
  /** Whose share of the processor is to be watched. */
  readonly pids?: BrokerPids
}

/** From the first topic to the last read, told to who watches; the reason when there was nothing to try. */
export async function runTrial(
  trial: Pick<Trial, 'run' | 'phase' | 'cutShort'>,
  recorders: readonly Recorder[],
  { signal, onProgress, lost, pids }: TrialWatch,
): Promise<string | undefined> {
  const counts = { invoke: 0, ok: 0, fail: 0, info: 0 }
  const inForce = new Map<unknown, string>()
  for (const recorder of recorders) recorder.listen(({ type, f }) => void (f === 'send' || f === 'txn' ? counts[type]++ : 0))
  recorders[0]!.listen(({ process, f, value }) => {
    if (process === 'nemesis') {
      const { id, action, targets } = value as { id: number; action: string; targets: readonly number[] }
      if (action === 'start') inForce.set(id, `${f} ${targets.join(',')}`)
      if (action === 'healed') inForce.delete(id)
    }
  })
  const stopWatching = watchStarvation({ record: (op) => recorders.forEach((recorder) => recorder.record(op)) }, pids)
  const timer = setInterval(() => {
    const faults = inForce.size === 0 ? 'quiet' : [...inForce.values()].join(' + ')
    onProgress(`${trial.phase}: ${counts.ok} acknowledged, ${counts.fail} failed, ${counts.info} unknown; ${faults}`)
  }, progressMs)
  const cut = (): void => trial.cutShort()
  signal.addEventListener('abort', cut)
  if (signal.aborted) cut()
  try {
    return await new Promise<string | undefined>((resolve) => {
      void lost?.then(resolve)
      trial.run(resolve)
    })
  } finally {
    signal.removeEventListener('abort', cut)
    clearInterval(timer)
    stopWatching()
  }
}
