/**
 * Real brokers to play races on, kept for all races of a run: broker processes that know each other by the rule proxy's addresses,
 * or a cluster that is not ours, of which our clients stay behind it. The proxy lives on the loop of the scripts, so that what it
 * does and what they do has one order.
 */
import { join } from 'node:path'
import type { Recorder } from '../../history/recorder.ts'
import { RuleProxy, type RuleProxyOptions } from '../../nemesis/wire-rules/rule-proxy.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { Attached } from '../external/attach.ts'
import { cleanUp } from '../external/clean-up.ts'
import { profiles, type Profile } from '../profile.ts'
import type { BrokerRecipe } from '../targets/broker-recipe.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import { wireClients } from '../wire-clients.ts'
import { finalizeFeatures } from './finalize-features.ts'
import { perform, type Play } from './play.ts'
import { playRace, type RaceFloor, type RacePlayed } from './play-race.ts'
import { CannotPlay, type Race } from './race.ts'
import type { RaceCluster } from './stage.ts'

export interface RaceGround {
  play(race: Race, recorderOf: (loop: Loop) => Recorder): Promise<RacePlayed>
  /** Brokers that ended by themselves. */
  readonly failures: () => readonly string[]
  close(): Promise<void>
}

export interface ProcessGroundOptions {
  readonly recipe: BrokerRecipe
  readonly jvm: boolean
  readonly seed: number
  readonly directory: (...parts: string[]) => string
  /** Beside the settings of a trial. */
  readonly settings: Readonly<Record<string, string>>
  /** Levels to finalize before anything is played. */
  readonly features: Readonly<Record<string, number>>
}

const brokers = 3
const host = '127.0.0.1'
const stopTimeoutMs = 5000
const stateTopics = { 'transaction.state.log.num.partitions': '1', 'offsets.topic.num.partitions': '1' }

export async function processGround(options: ProcessGroundOptions): Promise<RaceGround> {
  const { recipe, jvm, seed, directory, settings, features } = options
  const profile = profiles[jvm ? 'trial-of-jvm' : 'trial']
  const stage = new Real(seed, profile)
  let cluster: ProcessCluster | undefined
  const nodes = Array.from({ length: brokers }, (_, i) => i + 1)
  try {
    const proxy = await stage.openProxy({ nodes, upstream: (node) => cluster?.ownAddress(node) })
    cluster = await ProcessCluster.prepare({
      brokers,
      settings: { ...profile.settings, ...stateTopics, ...settings },
      dataDir: directory('data', 'races'),
      logDir: directory('logs', 'races'),
      recipe,
      advertise: (id) => proxy.address(id)!,
    })
    const failed = await cluster.startAll()
    if (failed !== undefined) throw new CannotPlay(failed.message)
    const ready = cluster
    await stage.run(finalizeFeatures(stage.floor(proxy, { nodes }), features))
    const control: RaceCluster = {
      nodes,
      kill: (node, done) => ready.kill(node, () => done()),
      start: (node, done) => ready.start(node, () => done()),
    }
    return {
      play: (race, recorderOf) => stage.run(playRace(stage.floor(proxy, control), race, recorderOf(stage.loop))),
      failures: () => ready.unexpectedExits,
      close: async () => {
        proxy.close()
        await ready.stopAll(stopTimeoutMs)
        await stage.stop()
      },
    }
  } catch (error) {
    await cluster?.stopAll(stopTimeoutMs)
    await stage.stop()
    throw error
  }
}

/** Its topics are deleted again. */
export async function externalGround(attached: Attached, { seed, topicPrefix }: { readonly seed: number; readonly topicPrefix: string }): Promise<RaceGround> {
  const stage = new Real(seed, profiles.attached)
  const nodes = attached.brokers.map(({ id }) => id)
  const proxy = await stage.openProxy({ nodes, upstream: (node) => attached.brokers.find(({ id }) => id === node) })
  const floor = { ...stage.floor(proxy, { nodes }), prefix: `${topicPrefix}-`, replicationFactor: Math.min(brokers, nodes.length) }
  return {
    play: (race, recorderOf) => stage.run(playRace(floor, race, recorderOf(stage.loop))),
    failures: () => [],
    close: async () => {
      const client = floor.makeClient('clean-up')
      await cleanUp(stage.loop, client.admin, { topicPrefix, groups: [] })
      client.close()
      proxy.close()
      await stage.stop()
    },
  }
}

/** A loop on this machine's own clock and sockets. */
class Real {
  readonly loop: Loop
  readonly #runner: NodeRunner
  readonly #profile: Profile

  constructor(seed: number, profile: Profile) {
    this.#profile = profile
    this.#runner = new NodeRunner({ seed })
    this.loop = new Loop(this.#runner.ports)
    this.#runner.run((event) => this.loop.step(event))
  }

  openProxy(options: Pick<RuleProxyOptions, 'nodes' | 'upstream'>): Promise<RuleProxy> {
    const proxy = new RuleProxy({ loop: this.loop, host, portOf: () => 0, ...options })
    return new Promise((done, fail) => proxy.open((failure) => (failure === undefined ? done(proxy) : fail(new Error(failure)))))
  }

  floor(proxy: RuleProxy, cluster: RaceCluster): RaceFloor {
    const { clients: { requestTimeoutMs }, recoveryMs } = this.#profile
    const bootstrap = cluster.nodes.map((node) => proxy.address(node)!)
    return {
      loop: this.loop,
      proxy,
      cluster,
      replicationFactor: brokers,
      prefix: '',
      requestTimeoutMs: requestTimeoutMs + stopTimeoutMs,
      patienceMs: recoveryMs,
      makeClient: wireClients(this.loop, bootstrap, this.#profile),
    }
  }

  run<T>(play: Play<T>): Promise<T> {
    return new Promise((done, fail) => perform(play, (performed) => {
      if (performed.ok) done(performed.value)
      else fail(performed.error instanceof Error ? performed.error : new Error(String(performed.error)))
    }))
  }

  stop(): Promise<void> {
    return this.#runner.stop()
  }
}

export const raceLogs: string = join('logs', 'races')
