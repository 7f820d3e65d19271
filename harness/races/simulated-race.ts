/** A race in the simulator: three brokers of ours, every one of them behind the rule proxy for clients and for each other. */
import type { Op } from '../../history/op.ts'
import { Recorder } from '../../history/recorder.ts'
import { RuleProxy } from '../../nemesis/wire-rules/rule-proxy.ts'
import { Loop } from '../../ports/loop.ts'
import { soundDecisions, type Decisions } from '../../reference-broker/core/decisions.ts'
import { brokerName, clientPort, SimCluster } from '../../simulator/sim-cluster.ts'
import { calmDisk } from '../../simulator/sim-disk.ts'
import { calmNetwork } from '../../simulator/sim-wire.ts'
import { World } from '../../simulator/world.ts'
import { profiles } from '../profile.ts'
import { clientsMachine } from '../targets/simulated-links.ts'
import { wireClients } from '../wire-clients.ts'
import { finalizeFeatures } from './finalize-features.ts'
import { perform, type Play } from './play.ts'
import { playRace, type RaceFloor, type RacePlayed } from './play-race.ts'
import type { Race } from './race.ts'

export interface SimulatedRace {
  readonly ops: readonly Op[]
  readonly played: RacePlayed
  readonly failures: readonly string[]
  readonly traceHash: string
}

export interface SimulatedRaceOptions {
  readonly seed: number
  readonly decisions?: Decisions
  readonly settings?: Readonly<Record<string, string>>
  /** Levels to finalize before anything is played. */
  readonly features?: Readonly<Record<string, number>>
}

const brokers = 3
const firstProxyPort = 9200
const hangMs = 10 * 60_000
const patienceMs = 15_000
/** Scripts give up single requests sooner than workloads do. */
const requestTimeoutMs = 5000
const settings: Readonly<Record<string, string>> = {
  ...profiles.trial.settings,
  'transaction.state.log.num.partitions': '1',
  'offsets.topic.num.partitions': '1',
}

export function simulateRace(race: Race, options: SimulatedRaceOptions): SimulatedRace {
  const world = new World({ seed: options.seed, network: calmNetwork, disk: calmDisk })
  const cluster = new SimCluster(world, {
    brokers,
    settings: { ...settings, ...options.settings },
    settingsOf: (id) => ({ 'advertised.listeners': `PLAINTEXT://${clientsMachine}:${firstProxyPort + id}` }),
    decisions: { ...(options.decisions ?? soundDecisions), ...race.simulatedDecisions },
  })
  let played: RacePlayed | undefined
  let thrown: unknown
  let recorder: Recorder | undefined
  world.addClient(clientsMachine, (ports) => {
    const loop = new Loop(ports)
    const ops = new Recorder(() => world.now())
    recorder = ops
    const floor = floorOn(loop, { world, cluster })
    floor.proxy.open(() => perform(prepared(floor, options.features ?? {}, playRace(floor, race, ops)), (performed) => {
      if (performed.ok) played = performed.value
      else thrown = performed.error
    }))
    return loop
  })
  world.run({ untilMs: hangMs, while: () => played === undefined && thrown === undefined && world.failures.length === 0 })
  if (thrown !== undefined) throw thrown
  return {
    ops: recorder!.ops,
    played: played ?? { versions: [], findings: [], reasons: ['the race never ended'], wire: [], clientFaults: new Map() },
    failures: world.failures.map(({ node, error }) => `${node}: ${error instanceof Error ? error.message : String(error)}`),
    traceHash: world.traceHash(),
  }
}

function* prepared(floor: RaceFloor, features: Readonly<Record<string, number>>, play: Play<RacePlayed>): Play<RacePlayed> {
  yield* finalizeFeatures(floor, features)
  return yield* play
}

function floorOn(loop: Loop, { world, cluster }: { readonly world: World; readonly cluster: SimCluster }): RaceFloor {
  const nodes = cluster.brokerIds
  const proxy = new RuleProxy({
    loop,
    host: clientsMachine,
    nodes,
    portOf: (node) => firstProxyPort + node,
    upstream: (node) => ({ host: brokerName(node), port: clientPort }),
  })
  const act = (deed: () => void, done: () => void): void => {
    world.schedule(0, () => {
      deed()
      loop.after(0, done)
    })
  }
  const bootstrap = nodes.map((node) => ({ host: clientsMachine, port: firstProxyPort + node }))
  return {
    loop,
    proxy,
    cluster: {
      nodes,
      kill: (node, done) => act(() => cluster.kill(node), done),
      start: (node, done) => act(() => cluster.start(node), done),
    },
    replicationFactor: brokers,
    prefix: '',
    requestTimeoutMs,
    patienceMs,
    makeClient: wireClients(loop, bootstrap, profiles.trial),
  }
}
