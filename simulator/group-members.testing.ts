/** For tests of group members: brokers of ours and wire clients in one world, and what each member was told. */
import type { Recorder } from '../history/recorder.ts'
import { Loop } from '../ports/loop.ts'
import { soundDecisions } from '../reference-broker/core/decisions.ts'
import { partitionOfKey } from '../reference-broker/core/coordinator/key-partition.ts'
import type { GroupMemberOptions, TopicPartition, WorkloadGroupMember } from '../workloads/client/client.ts'
import { clusterDefaults, consumerDefaults, producerDefaults } from '../workloads/client/defaults.ts'
import { WireClient } from '../workloads/client/wire-client.ts'
import type { MemberContext } from '../workloads/groups/member-process.ts'
import { SimCluster } from './sim-cluster.ts'
import { calmDisk } from './sim-disk.ts'
import { simRandom } from './sim-random.ts'
import { calmNetwork } from './sim-wire.ts'
import { World } from './world.ts'

const settings = {
  'broker.heartbeat.interval.ms': '300',
  'broker.session.timeout.ms': '1500',
  'replica.lag.time.max.ms': '2000',
  'controller.quorum.election.timeout.ms': '300',
  'controller.quorum.fetch.timeout.ms': '600',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '3000',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '300',
  'group.consumer.min.heartbeat.interval.ms': '300',
  'group.consumer.assignment.interval.ms': '0',
}

const encoder = new TextEncoder()
const stepMs = 50

/** A member that keeps polling, and what it was told. */
export class TestMember {
  readonly client: WireClient
  readonly member: WorkloadGroupMember
  /** By its own belief, from what it was told: `t-0`. */
  readonly owned: Set<string> = new Set()
  readonly told: string[] = []
  readonly read: string[] = []
  generation = -1
  polls = true

  constructor(client: WireClient, options: Omit<GroupMemberOptions, 'listener'>) {
    this.client = client
    const named = (all: readonly TopicPartition[]): string[] => all.map(({ topic, partition }) => `${topic}-${partition}`)
    this.member = client.groupMember({
      ...options,
      listener: {
        onJoining: () => this.told.push('joining'),
        onJoined: ({ generation }, _topics, error) => {
          this.generation = generation
          this.told.push(error === undefined ? `joined ${generation}` : `refused ${error.code}`)
        },
        onAsking: () => 0,
        onAssigned: ({ generation }, { starts, incremental }) => {
          if (!incremental) this.owned.clear()
          for (const key of named(starts)) this.owned.add(key)
          this.generation = generation
          this.told.push(`assigned ${starts.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).join(' ')}`)
        },
        onRevoking: (_identity, partitions, proceed) => {
          for (const key of named(partitions)) this.owned.delete(key)
          this.told.push(`revoked ${named(partitions).join(' ')}`)
          proceed()
        },
        onLost: (partitions, reason) => {
          for (const key of named(partitions)) this.owned.delete(key)
          this.told.push(`lost ${named(partitions).join(' ')} by ${reason}`)
        },
        onHeard: () => undefined,
        onError: ({ code }) => this.told.push(`error ${code}`),
      },
    })
    this.#poll()
  }

  #poll(): void {
    if (!this.polls) return
    this.member.poll(100, 500, (polled) => {
      for (const { topic, partition, records } of polled) {
        for (const { offset } of records) this.read.push(`${topic}-${partition}@${offset}`)
      }
      this.client.cluster.loop.after(10, () => this.#poll())
    })
  }

  get numbers(): number[] {
    return [...this.owned].map((key) => Number(key.split('-')[1])).sort((a, b) => a - b)
  }
}

export class GroupWorld {
  readonly world: World
  readonly cluster: SimCluster
  readonly client: WireClient
  readonly #loop: Loop

  constructor(seed = 1) {
    this.world = new World({ seed, network: calmNetwork, disk: calmDisk })
    this.cluster = new SimCluster(this.world, { brokers: 3, settings, decisions: soundDecisions })
    let made: Loop | undefined
    this.world.addClient('clients', (ports) => (made = new Loop(ports)))
    this.#loop = made!
    this.client = this.#makeClient('admin')
  }

  #makeClient(clientId: string): WireClient {
    return new WireClient(this.#loop, { ...clusterDefaults, bootstrap: this.cluster.bootstrap, clientId })
  }

  run(ms: number): void {
    this.world.run({ untilMs: this.world.now() + ms })
    if (this.world.failures.length > 0) throw this.world.failures[0]!.error
  }

  /** undefined when it did not come to hold in time. */
  runUntil(holds: () => boolean, limitMs = 30_000): number | undefined {
    const startMs = this.world.now()
    while (!holds()) {
      if (this.world.now() - startMs > limitMs) return undefined
      this.run(stepMs)
    }
    return this.world.now() - startMs
  }

  wait<T>(call: (done: (result: T) => void) => void): T {
    const results: T[] = []
    call((result) => results.push(result))
    if (this.runUntil(() => results.length > 0, 60_000) === undefined) throw new Error('no answer')
    return results[0]!
  }

  topic(name: string, partitions: number): void {
    this.wait((done) => this.client.admin.createTopics([{ name, partitions, replicationFactor: 3 }], 30_000, done))
  }

  send(topic: string, partition: number, values: readonly string[]): void {
    const producer = this.client.producer(producerDefaults)
    for (const value of values) {
      this.wait((done) => producer.send({ topic, partition, key: null, value: encoder.encode(value) }, done))
    }
  }

  /** For members as workloads have them. */
  context(recorder: Recorder): MemberContext {
    let processes = 0
    return {
      loop: this.#loop, random: simRandom(1), recorder, makeClient: (name) => this.#makeClient(name), nextProcess: () => processes++,
    }
  }

  member(name: string, options: Partial<GroupMemberOptions> = {}): TestMember {
    return new TestMember(this.#makeClient(name), {
      group: 'g',
      protocol: 'classic',
      topics: ['t'],
      assignors: ['range'],
      sessionTimeoutMs: 3000,
      heartbeatIntervalMs: 300,
      rebalanceTimeoutMs: 3000,
      maxPollIntervalMs: 30_000,
      metadataMaxAgeMs: 1000,
      consumer: consumerDefaults,
      ...options,
    })
  }

  /** Who leads the group's partition of the offsets topic. */
  get coordinator(): number {
    return this.coordinatorBy([...this.cluster.running.keys()][0]!)
  }

  /** The same, as one broker knows it. */
  coordinatorBy(brokerId: number): number {
    const { image } = this.cluster.running.get(brokerId)!
    const { partitions } = image!.topicsByName.get('__consumer_offsets')!
    return partitions[partitionOfKey('g', partitions.length)]!.leader
  }
}
