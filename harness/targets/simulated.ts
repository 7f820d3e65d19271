/** One seed from beginning to end in the simulator: a world, a cluster in it, a trial on top, and what came of it. */
import type { Op } from '../../history/op.ts'
import { Recorder } from '../../history/recorder.ts'
import type { BrokerControl, BrokerState, LinkControl } from '../../nemesis/control.ts'
import { Loop } from '../../ports/loop.ts'
import { soundDecisions, type Decisions } from '../../reference-broker/core/decisions.ts'
import { Invariants } from '../../simulator/invariants.ts'
import { brokerName, clientPort, SimCluster } from '../../simulator/sim-cluster.ts'
import { calmDisk, type DiskOptions } from '../../simulator/sim-disk.ts'
import { calmNetwork } from '../../simulator/sim-wire.ts'
import { World } from '../../simulator/world.ts'
import { drawSwarm, type Swarm } from '../swarm.ts'
import { Trial } from '../trial.ts'
import { wireClients } from '../wire-clients.ts'
import { Coverage, type CoverageCounts } from '../coverage.ts'
import { clientsMachine, simulatedLinks } from './simulated-links.ts'
import { simulatedMachines, type SimulatedControl } from './simulated-machines.ts'

export interface SimulatedRun {
  readonly seed: number
  readonly swarm: Swarm
  /** Of the parts of its plan, in their order. */
  readonly histories: readonly [readonly Op[], ...(readonly Op[])[]]
  readonly traceHash: string
  /** A broker threw, stopped itself, or broke an invariant; or the trial never ended. One sentence each. */
  readonly failures: readonly string[]
  /** The last events, for a story. */
  readonly recentEvents: readonly string[]
  readonly simulatedMs: number
  readonly events: number
  readonly coverage: CoverageCounts
}

export interface SimulateOptions {
  readonly decisions?: Decisions
  readonly invariants: boolean
  /** Instead of what the seed draws. */
  readonly swarm?: Swarm
  /** For tests of evidence: replaces what does the faults, for instance by something that does nothing. */
  readonly meddle?: (control: BrokerControl) => BrokerControl
}

/** Far beyond any trial's phases: reached only by a trial that hangs. */
const hangMs = 30 * 60_000

export function simulate(seed: number, options: SimulateOptions): SimulatedRun {
  const swarm = options.swarm ?? drawSwarm(seed)
  const coverage = new Coverage(swarm.plan.parts[0]!.config.minInSyncReplicas ?? 1)
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
    settings: { ...swarm.plan.profile.settings, ...swarm.settings },
    decisions: coverage.counted(options.decisions ?? soundDecisions),
    logger: () => coverage.logger,
  })
  if (options.invariants) {
    const ids = new Map(cluster.brokerIds.map((id) => [brokerName(id), id]))
    invariants = new Invariants(cluster.running, (node) => ids.get(node))
  }
  const { recorders: [first, ...others], ended } = startTrial(world, cluster, swarm, { coverage, meddle: options.meddle })
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
    histories: [first!.ops, ...others.map(({ ops }) => ops)],
    traceHash: world.traceHash(),
    failures,
    recentEvents: failures.length > 0 ? world.recentEvents() : [],
    simulatedMs: world.now(),
    events: world.stats.events,
    coverage: coverage.counts,
  }
}

interface Ended {
  at: number | undefined
  failure: string | undefined
}

function startTrial(
  world: World,
  cluster: SimCluster,
  swarm: Swarm,
  { coverage, meddle }: { readonly coverage: Coverage; readonly meddle: SimulateOptions['meddle'] | undefined },
): { recorders: readonly Recorder[]; ended: Ended } {
  const recorders = swarm.plan.parts.map(() => new Recorder(() => world.now()))
  for (const recorder of recorders) recorder.listen((op) => coverage.see(op))
  const ended: Ended = { at: undefined, failure: undefined }
  world.addClient(clientsMachine, (ports) => {
    const loop = new Loop(ports)
    const control = simulatedControl(loop, { world, cluster, disk: swarm.disk })
    const trial = new Trial({
      loop,
      random: ports.random,
      recorders,
      control: meddle === undefined ? control : meddle(control),
      address: (id) => ({ host: brokerName(id), port: clientPort }),
      makeClient: wireClients(loop, cluster.bootstrap, swarm.plan.profile),
      plan: swarm.plan,
      calm: () => {
        world.network.setOptions(calmNetwork)
        for (const id of cluster.brokerIds) world.disk(brokerName(id)).setOptions(calmDisk)
      },
    })
    trial.run((failure) => {
      if (failure === undefined) {
        const value = { ...coverage.counts }
        for (const recorder of recorders) recorder.record({ process: 'harness', type: 'info', f: 'coverage', value })
      }
      ended.at = world.now()
      ended.failure = failure
    })
    return loop
  })
  return { recorders, ended }
}

/** Deeds take effect at once; the answer comes in a turn of its own. */
function simulatedControl(
  loop: Loop,
  { world, cluster, disk }: { readonly world: World; readonly cluster: SimCluster; readonly disk: DiskOptions },
): SimulatedControl & { readonly links: LinkControl } {
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
    links: simulatedLinks(world, loop),
    ...simulatedMachines({ world, cluster, loop, disk }),
    state: (id): BrokerState => {
      if (!world.isRunning(brokerName(id))) return 'dead'
      return world.isPaused(brokerName(id)) ? 'paused' : 'running'
    },
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
