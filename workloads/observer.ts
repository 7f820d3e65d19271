/**
 * Watches the brokers from outside, as a client could: every `observeIntervalMs` each broker is asked, alone, what it
 * believes of every partition, how far its own logs reach, and of those it leads what may be read. What one broker says
 * is recorded under its own name, also when it is wrong. A probe without an answer records nothing.
 *
 * The log's own end is told to who asks as Kafka's debugging consumer (ListOffsets with replicaId -2), by followers too.
 *
 * Emits `{process:'observer', type:'info', f:'observe', node, value: Observation[]}`, whenever anything changed but how
 * far the logs reach, and at least every two seconds while the broker answers; and `f:'quorum'` whenever another
 * controller leads (history/harness-op.ts). Of consumer groups: group-observer.ts.
 */
import type { QuorumOpValue } from '../history/harness-op.ts'
import type { Key, Observation } from '../history/op.ts'
import type { Recorder } from '../history/recorder.ts'
import type { TimerId } from '../ports/events.ts'
import type { Loop } from '../ports/loop.ts'
import { apis } from '../protocol/apis.ts'
import type { ListOffsetsRequestInput, ListOffsetsResponse } from '../protocol/apis/02-list-offsets.ts'
import { errorCode } from '../protocol/errors.ts'
import { toNumber } from '../protocol/int64.ts'
import { BrokerConnection } from './client/broker-connection.ts'
import type { BodyOf, BrokerAddress } from './client/broker-connection.ts'
import { BrokerLink } from './client/broker-link.ts'
import type { QuorumInfo, WorkloadClient } from './client/client.ts'
import type { MetadataResponse } from './client/cluster.ts'
import type { Sasl } from './client/sasl.ts'
import { GroupObserver, type ObservedGroup } from './group-observer.ts'
import { keyOf } from './workload.ts'
import type { TopicSpec } from './workload.ts'

export interface ObservedBroker extends BrokerAddress {
  readonly node: number
}

export interface ObserverSetup {
  readonly loop: Loop
  readonly recorder: Recorder
  readonly makeClient: (name: string) => WorkloadClient
  readonly brokers: readonly ObservedBroker[]
  readonly topics: readonly TopicSpec[]
  /** None when absent. */
  readonly groups?: readonly ObservedGroup[]
  readonly observeIntervalMs: number
  /** Leaders are asked for the lastStableOffset as well. */
  readonly isTransactional: boolean
  /** Of the observer's own connections. */
  readonly sasl?: Sasl
  /** Told of every round, those not recorded too; `askedMs`: when the broker was asked, by the loop's clock. */
  readonly onObserved?: (observed: { node: number; askedMs: number; observations: readonly Observation[] }) => void
}

/** `silent`: neither within a second. */
export type ConnectResult = 'connected' | 'refused' | 'silent'

interface Leader {
  readonly leader: number
  readonly leaderEpoch: number
  readonly inSyncReplicas: readonly number[]
  /** The leader itself said so: of its in-sync set it knows first. */
  readonly isOwnWord: boolean
}

interface Watched {
  readonly node: number
  readonly link: BrokerLink
  isAsked: boolean
  askedMs: number
  recordedMs: number
  recorded: string
}

/** What the probes of one round have brought together. */
interface Round {
  readonly of: Watched
  readonly observations: Map<Key, Observation>
  readonly led: Partitions
  readonly hosted: Partitions
  /** What is compared with what was recorded last. */
  shown: string
}

type Partitions = { readonly name: string; readonly partitions: readonly number[] }[]

const clientId = 'observer'
const probeTimeoutMs = 1000
const recordAtLeastEveryMs = 2000
/** By name in an observation: how it is asked. */
const questions = {
  logStartOffset: { replicaId: -1, isolationLevel: 0, timestamp: -2n },
  lastStableOffset: { replicaId: -1, isolationLevel: 1, timestamp: -1n },
  highWatermark: { replicaId: -1, isolationLevel: 0, timestamp: -1n },
  logEndOffset: { replicaId: -2, isolationLevel: 0, timestamp: -1n },
} as const
type Asked = keyof typeof questions

export class Observer {
  readonly #setup: ObserverSetup
  readonly #client: WorkloadClient
  readonly #groups: GroupObserver
  readonly #watched: readonly Watched[]
  readonly #leaders = new Map<Key, Leader>()
  readonly #probes = new Set<() => void>()
  #timer: TimerId | undefined
  #quorumLeader: number | undefined
  #controllerId: number | undefined
  #isQuorumAsked = false
  #closed = false

  constructor(setup: ObserverSetup) {
    this.#setup = setup
    this.#client = setup.makeClient(clientId)
    const { loop, recorder, groups = [], observeIntervalMs: intervalMs } = setup
    this.#groups = new GroupObserver({ loop, recorder, admin: this.#client.admin, groups, intervalMs })
    this.#watched = setup.brokers.map(({ node, host, port }) => ({
      node,
      link: new BrokerLink(setup.loop, { host, port }, { ...linkOptions, ...saslOf(setup) }),
      isAsked: false,
      askedMs: -Infinity,
      recordedMs: -Infinity,
      recorded: '',
    }))
  }

  start(): void {
    if (this.#closed || this.#timer !== undefined) return
    this.#round()
    this.#groups.start()
  }

  /** The leader under the newest leaderEpoch any broker told; -1 for none, undefined before any answer. */
  leaderOf(key: Key): number | undefined {
    return this.#leaders.get(key)?.leader
  }

  leaders(): ReadonlyMap<Key, number> {
    return new Map([...this.#leaders].map(([key, { leader }]) => [key, leader]))
  }

  /** By the leaders' own words where they were heard, under the newest leaderEpoch. */
  inSyncReplicas(): ReadonlyMap<Key, readonly number[]> {
    return new Map([...this.#leaders].map(([key, { inSyncReplicas }]) => [key, inSyncReplicas]))
  }

  /** The leader of the metadata quorum where DescribeQuorum is served, else what Metadata calls the controller. */
  controller(): number | undefined {
    return this.#quorumLeader ?? this.#controllerId
  }

  /** Whether the broker answers ApiVersions on a new connection within `timeoutMs`. */
  answers(node: number, done: (yes: boolean) => void, timeoutMs: number): void {
    const broker = this.#setup.brokers.find((each) => each.node === node)
    if (broker === undefined) throw new Error(`no broker ${node}`)
    const end = this.#probe(() => connection.close())
    const connection = new BrokerConnection(this.#setup.loop, broker, {
      clientId,
      requestTimeoutMs: timeoutMs,
      ...saslOf(this.#setup),
      onReady: () => end(() => done(true)),
      onClosed: () => end(() => done(false)),
    })
  }

  /** What a connect to this address meets. */
  probeConnect(host: string, port: number, done: (result: ConnectResult) => void): void {
    const { loop } = this.#setup
    const end = this.#probe(() => {
      loop.close(connection)
      loop.cancel(timer)
    })
    const timer = loop.after(probeTimeoutMs, () => end(() => done('silent')))
    const connection = loop.connect(host, port, {
      onConnected: () => end(() => done('connected')),
      onFrame: () => undefined,
      onClosed: () => end(() => done('refused')),
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== undefined) this.#setup.loop.cancel(this.#timer)
    this.#groups.close()
    for (const { link } of this.#watched) link.close()
    for (const stop of this.#probes) stop()
    this.#probes.clear()
    this.#client.close()
  }

  /** Keeps a probe until it ends or the observer closes. Returns how to end it, once. */
  #probe(stop: () => void): (tell: () => void) => void {
    this.#probes.add(stop)
    return (tell) => {
      if (!this.#probes.delete(stop)) return
      stop()
      tell()
    }
  }

  #round(): void {
    for (const watched of this.#watched) if (!watched.isAsked) this.#askMetadata(watched)
    this.#askQuorum()
    this.#timer = this.#setup.loop.after(this.#setup.observeIntervalMs, () => this.#round())
  }

  #askQuorum(): void {
    if (this.#isQuorumAsked) return
    this.#isQuorumAsked = true
    this.#client.admin.describeQuorum(probeTimeoutMs, (result) => {
      this.#isQuorumAsked = false
      if (result.ok) this.#quorumTold(result.value)
    })
  }

  #quorumTold({ leaderId, leaderEpoch }: QuorumInfo): void {
    if (leaderId !== this.#quorumLeader) {
      const value: QuorumOpValue = { leader: leaderId, leaderEpoch }
      this.#setup.recorder.record({ process: 'observer', type: 'info', f: 'quorum', value })
    }
    this.#quorumLeader = leaderId
  }

  #askMetadata(watched: Watched): void {
    watched.isAsked = true
    watched.askedMs = this.#setup.loop.now()
    const topics = this.#setup.topics.map(({ name }) => ({ name }))
    const body: BodyOf<typeof apis.Metadata.request> = (version) => ({ topics, allowAutoTopicCreation: version < 4 })
    watched.link.request(apis.Metadata, body, (result) => {
      if (!result.ok) watched.isAsked = false
      else this.#metadataTold(watched, result.body)
    })
  }

  #metadataTold(watched: Watched, body: MetadataResponse): void {
    this.#controllerId = body.controllerId
    const round: Round = { of: watched, observations: new Map(), led: [], hosted: [], shown: '' }
    for (const { name: topic, partitions } of body.topics) {
      const name = topic ?? ''
      for (const { partitionIndex, leaderId: leader, leaderEpoch, isrNodes: inSyncReplicas } of partitions) {
        const key = keyOf(name, partitionIndex)
        round.observations.set(key, { key, leader, leaderEpoch, inSyncReplicas })
        this.#learn(key, { leader, leaderEpoch, inSyncReplicas, isOwnWord: leader === watched.node })
      }
      const indexes = (of: typeof partitions): number[] => of.map(({ partitionIndex }) => partitionIndex)
      round.led.push({ name, partitions: indexes(partitions.filter(({ leaderId }) => leaderId === watched.node)) })
      round.hosted.push({ name, partitions: indexes(partitions.filter(({ replicaNodes }) => replicaNodes.includes(watched.node))) })
    }
    this.#ask(round, ['logStartOffset'], () => this.#told(round))
  }

  /** How far the logs reach is asked only when it will be recorded, because it costs as much as all the rest. */
  #told(round: Round): void {
    const { of: watched, observations } = round
    const told = [...observations.values()]
    this.#setup.onObserved?.({ node: watched.node, askedMs: watched.askedMs, observations: told })
    round.shown = JSON.stringify(told)
    const isOld = this.#setup.loop.now() - watched.recordedMs >= recordAtLeastEveryMs
    if (round.shown === watched.recorded && !isOld) {
      watched.isAsked = false
      return
    }
    // Asked and answered in this order, so that what a sound leader tells does not get smaller on the way.
    const stable: Asked[] = this.#setup.isTransactional ? ['lastStableOffset'] : []
    this.#ask(round, [...stable, 'highWatermark', 'logEndOffset'], () => this.#finish(round))
  }

  #learn(key: Key, told: Leader): void {
    const known = this.#leaders.get(key)
    const isNewer = known === undefined || told.leaderEpoch > known.leaderEpoch
    const isAsNew = told.leaderEpoch === known?.leaderEpoch && (told.isOwnWord || !known.isOwnWord)
    if (isNewer || isAsNew) this.#leaders.set(key, told)
  }

  #ask(round: Round, asked: readonly Asked[], done: () => void): void {
    const since = this.#setup.recorder.recorded
    let open = 1
    const answered = (): void => {
      if (--open === 0) done()
    }
    for (const as of asked) {
      const { replicaId, isolationLevel, timestamp } = questions[as]
      const of = as === 'logEndOffset' ? round.hosted : round.led
      const topics = topicsAsked(round, of, timestamp)
      if (topics.length === 0) continue
      open++
      round.of.link.request(apis.ListOffsets, () => ({ replicaId, isolationLevel, topics }), (result) => {
        if (result.ok) note(round.observations, result.body, { as, since })
        answered()
      })
    }
    answered()
  }

  #finish({ of: watched, observations, shown }: Round): void {
    watched.isAsked = false
    watched.recorded = shown
    watched.recordedMs = this.#setup.loop.now()
    const value = [...observations.values()]
    this.#setup.recorder.record({ process: 'observer', type: 'info', f: 'observe', node: watched.node, value })
  }
}

function topicsAsked({ observations }: Round, of: Partitions, timestamp: bigint): ListOffsetsRequestInput['topics'] {
  return of.filter(({ partitions }) => partitions.length > 0).map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partitionIndex) => {
      const currentLeaderEpoch = observations.get(keyOf(name, partitionIndex))?.leaderEpoch ?? -1
      return { partitionIndex, timestamp, currentLeaderEpoch }
    }),
  }))
}

function note(observations: Map<Key, Observation>, { topics }: ListOffsetsResponse, { as, since }: { as: Asked; since: number }): void {
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, errorCode: code, offset } of partitions) {
      const key = keyOf(name, partitionIndex)
      const known = observations.get(key)
      if (code !== errorCode.NONE || known === undefined) continue
      const isReadable = as === 'highWatermark' || as === 'lastStableOffset'
      observations.set(key, { ...known, [as]: toNumber(offset), ...(isReadable && { since }) })
    }
  }
}

function saslOf({ sasl }: ObserverSetup): { readonly sasl?: Sasl } {
  return sasl === undefined ? {} : { sasl }
}

const linkOptions = {
  clientId,
  requestTimeoutMs: probeTimeoutMs,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 500,
}
