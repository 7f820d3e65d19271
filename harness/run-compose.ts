/** One scenario on the brokers of the user's compose project: tried, judged, and everything put back whatever happened. */
import { join } from 'node:path'
import { Loop } from '../ports/loop.ts'
import { NodeRunner } from '../ports/node/node-runner.ts'
import type { LabelledBroker } from './compose/broker-labels.ts'
import type { ComposeProject } from './compose/compose-project.ts'
import { oneSentence } from './containers/trouble.ts'
import { checkServed } from './external/abilities.ts'
import { attach, type Attached } from './external/attach.ts'
import { cleanUp } from './external/clean-up.ts'
import { exitCodes, UserError } from './exit-codes.ts'
import type { JudgedParts } from './judge-run.ts'
import { PartRecords } from './part-records.ts'
import { runTrial } from './run-processes.ts'
import type { RunStore } from './run-store.ts'
import { planOf } from './scenario-plan.ts'
import type { ContainerScenario } from './scenarios.ts'
import { ComposeCluster } from './targets/compose-cluster.ts'
import { Trial } from './trial.ts'
import { wireClients } from './wire-clients.ts'

/** Brokers of a project that is up, met. */
export interface ComposeBrokers {
  readonly project: ComposeProject
  readonly brokers: readonly LabelledBroker[]
  readonly attached: Attached
  readonly topicPrefix: string
}

export interface ComposeRunOptions extends ComposeBrokers {
  readonly faultsMs: number
  readonly recordsPerSecond: number
  readonly seed: number
  readonly store: RunStore
  readonly accept: readonly string[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
}

const cameUpWithinMs = 120_000
const lookAgainMs = 500

/** Waits until a project that is just coming up serves. Throws a UserError when it does not, or is more than its labels say. */
export async function meetBrokers(project: ComposeProject, topicPrefix: string): Promise<ComposeBrokers> {
  const brokers = await project.brokers()
  const deadlineMs = performance.now() + (project.wasUp ? 0 : cameUpWithinMs)
  const bootstrap = brokers.map(({ published }) => published)
  const labelled = brokers.map(({ id }) => id).join(', ')
  for (;;) {
    const met = await attach(bootstrap, {}).catch((error: Error) => error)
    if (!(met instanceof Error) && met.brokers.map(({ id }) => id).join(', ') === labelled) {
      checkServed(met)
      return { project, brokers, attached: met, topicPrefix }
    }
    if (performance.now() < deadlineMs) {
      await new Promise((again) => setTimeout(again, lookAgainMs))
      continue
    }
    if (met instanceof Error) throw met
    const told = met.brokers.map(({ id }) => id).join(', ')
    throw new UserError(`The cluster of ${project.file} has the brokers ${told}, and its labels name ${labelled}; label each with its node id.`, exitCodes.unknown)
  }
}

export async function runOnCompose(scenario: ContainerScenario, options: ComposeRunOptions): Promise<JudgedParts> {
  const { store, seed, signal, onProgress, project, brokers, attached } = options
  const topicPrefix = `${options.topicPrefix}-${scenario.name}`
  const plan = planOf(scenario, { ...options, topicPrefix, takesSettings: false })
  const runner = new NodeRunner({ seed })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const records = new PartRecords({ scenario, plan, store, nowMs: () => loop.now() })
  onProgress('joining the containers')
  const addresses = new Map(attached.brokers.map(({ id, host, port }) => [id, { host, port }]))
  const cluster = await ComposeCluster.prepare({ docker: project.docker, brokers, addresses, logDir: store.path('logs', scenario.name) })
  const makeClient = wireClients(loop, attached.brokers, plan.profile)
  const failures: string[] = []
  const trialOptions = {
    loop,
    random: runner.ports.random,
    recorders: records.recorders,
    control: cluster,
    address: (id: number) => cluster.address(id),
    makeClient,
    plan,
  }
  try {
    const ended = await runTrial(new Trial(trialOptions), records.recorders, {
      signal, onProgress, lost: cluster.trouble.first, pids: () => cluster.pids(),
    })
    if (ended !== undefined) failures.push(ended)
  } finally {
    await cluster.close().catch((error: Error) => failures.push(`not everything could be put back: ${oneSentence(error)}`))
    onProgress('deleting its topics')
    const client = makeClient('clean-up')
    const left = await cleanUp(loop, client.admin, { topicPrefix, groups: [] })
    client.close()
    if (left !== undefined) failures.push(left)
    await runner.stop()
    await records.endJournals()
  }
  const all = [...cluster.unexpectedExits.map((exit) => `${exit}; see ${join('logs', scenario.name)}`), ...failures]
  const failuresConvict = cluster.unexpectedExits.length > 0
  const judged = records.judged({ failures: all, failuresConvict, accept: options.accept, wasCutShort: signal.aborted })
  if (judged.some(({ verdict }) => verdict.valid !== true)) {
    await cluster.saveData(store.path('data', scenario.name)).catch((error: Error) => onProgress(`the data could not be kept: ${oneSentence(error)}`))
  }
  return judged
}
