/** One seed from beginning to end in the simulator: a world, a cluster in it, a trial on top, and what came of it. */
import type { Op } from '../../history/op.ts'
import { Recorder } from '../../history/recorder.ts'
import type { BrokerControl, BrokerState } from '../../nemesis/control.ts'
import { Loop } from '../../ports/loop.ts'
import { soundDecisions, type Decisions } from '../../reference-broker/core/decisions.ts'
import { Invariants } from '../../simulator/invariants.ts'
import { brokerName, clientPort, SimCluster } from '../../simulator/sim-cluster.ts'
import { calmDisk } from '../../simulator/sim-disk.ts'
import { calmNetwork } from '../../simulator/sim-wire.ts'
import { World } from '../../simulator/world.ts'
import { drawSwarm, type Swarm } from '../swarm.ts'
import { Trial } from '../trial.ts'
import { wireClients } from '../wire-clients.ts'

export interface SimulatedRun {
  readonly seed: number
  readonly swarm: Swarm
  readonly ops: readonly Op[]
  readonly traceHash: string
  /** A broker threw, stopped itself, or broke an invariant; or the trial never ended. One sentence each. */
  readonly failures: readonly string[]
  /** The last events, for a story. */
  readonly recentEvents: readonly string[]
  readonly simulatedMs: number
  readonly events: number
}

export interface SimulateOptions {
  readonly decisions?: Decisions
  readonly invariants: boolean
}

const machine = 'clients'
/** Far beyond any trial's phases: reached only by a trial that hangs. */
const hangMs = 30 * 60_000

export function simulate(seed: number, options: SimulateOptions): SimulatedRun {
  const swarm = drawSwarm(seed)
  const failures: string[] = []
  let invariants: Invariants | undefined
  const world: World = new World({
    seed,
    network: swarm.network,
    disk: swarm.disk,
    onEvent: (node) => invariants?.afterEvent(node),
  })
  const cluster = new SimCluster(world, {
    brokers: swarm.brokers,
    settings: swarm.plan.profile.settings,
    decisions: options.decisions ?? soundDecisions,
  })
  if (options.invariants) {
    const ids = new Map(cluster.brokerIds.map((id) => [brokerName(id), id]))
    invariants = new Invariants(cluster.running, (node) => ids.get(node))
  }
  const { recorder, ended } = startTrial(world, cluster, swarm)
  try {
    world.run({ untilMs: hangMs, while: () => ended.at === undefined && world.failures.length === 0 })
    invariants?.checkEverywhere()
  } catch (error) {
    failures.push(describe(error))
  }
  for (const { node, error, timeMs } of world.failures) failures.push(`${node} at ${timeMs.toFixed(3)} ms: ${describe(error)}`)
  if (ended.failure !== undefined) failures.push(ended.failure)
  if (ended.at === undefined && failures.length === 0) failures.push('the trial never ended')
  return {
    seed,
    swarm,
    ops: recorder.ops,
    traceHash: world.traceHash(),
    failures,
    recentEvents: failures.length > 0 ? world.recentEvents() : [],
    simulatedMs: world.now(),
    events: world.stats.events,
  }
}

interface Ended {
  at: number | undefined
  failure: string | undefined
}

function startTrial(world: World, cluster: SimCluster, swarm: Swarm): { recorder: Recorder; ended: Ended } {
  const recorder = new Recorder(() => world.now())
  const ended: Ended = { at: undefined, failure: undefined }
  world.addClient(machine, (ports) => {
    const loop = new Loop(ports)
    const trial = new Trial({
      loop,
      random: ports.random,
      recorder,
      control: simulatedControl(world, cluster, loop),
      address: (id) => ({ host: brokerName(id), port: clientPort }),
      makeClient: wireClients(loop, cluster.bootstrap, swarm.plan.profile),
      plan: swarm.plan,
      calm: () => {
        world.network.setOptions(calmNetwork)
        for (const id of cluster.brokerIds) world.disk(brokerName(id)).setOptions(calmDisk)
      },
    })
    trial.run((failure) => {
      ended.at = world.now()
      ended.failure = failure
    })
    return loop
  })
  return { recorder, ended }
}

/** Deeds take effect at once; the answer comes in a turn of its own. */
function simulatedControl(world: World, cluster: SimCluster, loop: Loop): BrokerControl {
  const act = (deed: () => void, done: (seen: { atMs: number }) => void): void => {
    world.schedule(0, () => {
      deed()
      loop.after(0, () => done({ atMs: world.now() }))
    })
  }
  return {
    brokerIds: cluster.brokerIds,
    kill: (id, done) => act(() => cluster.kill(id), done),
    start: (id, done) => act(() => cluster.start(id), done),
    pause: (id, done) => act(() => world.pause(brokerName(id)), done),
    resume: (id, done) => act(() => world.resume(brokerName(id)), done),
    state: (id): BrokerState => {
      if (!world.isRunning(brokerName(id))) return 'dead'
      return world.isPaused(brokerName(id)) ? 'paused' : 'running'
    },
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
