/** One scenario on brokers in containers: brought up, tried, judged, and all of it removed again whatever happened. */
import { join } from 'node:path'
import { Loop } from '../ports/loop.ts'
import { NodeRunner } from '../ports/node/node-runner.ts'
import type { Docker } from './containers/docker.ts'
import type { ImageRecipe } from './containers/image-recipe.ts'
import type { JudgedParts } from './judge-run.ts'
import { PartRecords } from './part-records.ts'
import { runTrial } from './run-processes.ts'
import type { RunStore } from './run-store.ts'
import { planOf, type ScenarioOptions } from './scenario-plan.ts'
import type { ContainerScenario } from './scenarios.ts'
import { oneSentence } from './containers/trouble.ts'
import { ContainerCluster } from './targets/container-cluster.ts'
import { Trial } from './trial.ts'
import { wireClients } from './wire-clients.ts'

/** What brokers are made of. */
export interface BrokerImage {
  readonly docker: Docker
  readonly image: string
  readonly recipe: ImageRecipe
}

export interface ContainerRunOptions extends Pick<ScenarioOptions, 'faultsMs' | 'recordsPerSecond'>, BrokerImage {
  readonly seed: number
  readonly store: RunStore
  readonly accept: readonly string[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
}

const stopTimeoutMs = 10_000

export async function runOnContainers(scenario: ContainerScenario, options: ContainerRunOptions): Promise<JudgedParts> {
  const { store, seed, recipe, signal, onProgress } = options
  const plan = planOf(scenario, { ...options, ...recipe })
  const runner = new NodeRunner({ seed })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const records = new PartRecords({ scenario, plan, store, nowMs: () => loop.now() })
  onProgress('bringing up containers')
  const cluster = await ContainerCluster.prepare({
    ...options,
    brokers: scenario.brokers,
    ...(scenario.dataSizeMiB !== undefined && { dataSizeMiB: scenario.dataSizeMiB }),
    losesPower: scenario.losesPower === true,
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
        recorders: records.recorders,
        control: cluster,
        address: (id) => cluster.address(id),
        refuses: (id, timeoutMs, done) => cluster.refuses(id, timeoutMs, done),
        makeClient: wireClients(loop, cluster.brokerIds.map((id) => cluster.address(id)), plan.profile),
        plan,
      })
      records.recorders[0]!.listen(({ f, value }) => {
        if (f === 'phase' && value === 'faults') cluster.settleDisks()
      })
      const ended = await runTrial(trial, records.recorders, { signal, onProgress, lost: cluster.trouble.first, pids: () => cluster.pids() })
      if (ended !== undefined) failures.push(ended)
    }
    await cluster.stopAll(stopTimeoutMs)
    const failuresConvict = cluster.unexpectedExits.length > 0
    const all = [...cluster.unexpectedExits.map((exit) => `${exit}; see ${join('logs', scenario.name)}`), ...failures]
    const judged = records.judged({ failures: all, failuresConvict, accept: options.accept, wasCutShort: signal.aborted })
    if (judged.some(({ verdict }) => verdict.valid !== true)) {
      await cluster.saveData(store.path('data', scenario.name)).catch((error: Error) => onProgress(`the data could not be kept: ${oneSentence(error)}`))
    }
    return judged
  } finally {
    await cluster.close().catch((error: Error) => onProgress(`not everything could be removed: ${oneSentence(error)}`))
    await runner.stop()
    await records.endJournals()
  }
}
