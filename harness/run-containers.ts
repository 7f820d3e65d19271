/** One scenario on brokers in containers: brought up, tried, judged, and all of it removed again whatever happened. */
import { join } from 'node:path'
import { Recorder } from '../history/recorder.ts'
import { Loop } from '../ports/loop.ts'
import { NodeRunner } from '../ports/node/node-runner.ts'
import type { Docker } from './containers/docker.ts'
import type { ImageRecipe } from './containers/image-recipe.ts'
import { anomaliesOf, judgeRun, scenarioVerdict } from './judge-run.ts'
import { runTrial, type RealRun } from './run-processes.ts'
import type { RunStore } from './run-store.ts'
import { planOf, type ContainerScenario, type ScenarioOptions } from './scenarios.ts'
import { ContainerCluster } from './targets/container-cluster.ts'
import { Trial } from './trial.ts'
import { wireClients } from './wire-clients.ts'

/** What brokers are made of. */
export interface BrokerImage {
  readonly docker: Docker
  readonly image: string
  readonly recipe: ImageRecipe
}

export interface ContainerRunOptions extends Omit<ScenarioOptions, 'jvm'>, BrokerImage {
  readonly seed: number
  readonly store: RunStore
  readonly accept: readonly string[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
}

const stopTimeoutMs = 10_000

export async function runOnContainers(scenario: ContainerScenario, options: ContainerRunOptions): Promise<RealRun> {
  const { store, seed, recipe, signal, onProgress } = options
  const plan = planOf(scenario, { ...options, jvm: recipe.jvm })
  const runner = new NodeRunner({ seed })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const recorder = new Recorder(() => loop.now())
  const endJournal = store.journal(scenario.name, recorder)
  onProgress('bringing up containers')
  const cluster = await ContainerCluster.prepare({
    ...options,
    brokers: scenario.brokers,
    ...(scenario.dataSizeMiB !== undefined && { dataSizeMiB: scenario.dataSizeMiB }),
    settings: plan.profile.settings,
    logDir: store.path('logs', scenario.name),
  })
  const failures: string[] = []
  try {
    const failed = await cluster.startAll()
    if (failed !== undefined) failures.push(failed.message)
    else {
      const trial = new Trial({
        loop,
        random: runner.ports.random,
        recorder,
        control: cluster,
        address: (id) => cluster.address(id),
        refuses: (id, timeoutMs, done) => cluster.refuses(id, timeoutMs, done),
        makeClient: wireClients(loop, cluster.brokerIds.map((id) => cluster.address(id)), plan.profile),
        plan,
      })
      const ended = await runTrial(trial, recorder, { signal, onProgress })
      if (ended !== undefined) failures.push(ended)
    }
    await cluster.stopAll(stopTimeoutMs)
    const convict = cluster.unexpectedExits.length > 0
    const all = [...cluster.unexpectedExits.map((exit) => `${exit}; see ${join('logs', scenario.name)}`), ...failures]
    const judgement = judgeRun({ ops: recorder.ops, failures: all, failuresConvict: convict, accept: options.accept })
    if (judgement.valid !== true) await cluster.saveData(store.path('data', scenario.name))
    return { ops: recorder.ops, anomalies: anomaliesOf(judgement), verdict: scenarioVerdict(scenario, judgement, signal.aborted) }
  } finally {
    await cluster.close()
    await runner.stop()
    await endJournal()
  }
}
