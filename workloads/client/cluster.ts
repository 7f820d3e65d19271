/**
 * What one client knows of a cluster: its nodes, and each partition's leader and leaderEpoch, from Metadata answers and
 * from the hints in Produce and Fetch answers (KIP-951). The rule it keeps: within one topic id, what is known of a
 * partition never goes back to an older leaderEpoch, however stale the broker that tells it (KIP-320).
 *
 * Whoever finds the knowledge wanting calls `refresh`; refreshes are spaced by a backoff that grows while they bring
 * nothing new, and go on by themselves while a topic of interest is unknown or a partition has no leader. A broker that is
 * slow to answer is not waited for: another is asked too.
 */
import type { TimerId } from '../../ports/events.ts'
import type { Loop } from '../../ports/loop.ts'
import { randomInt } from '../../ports/random.ts'
import { apis } from '../../protocol/apis.ts'
import type { Api } from '../../protocol/apis.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { Decoded, Message } from '../../protocol/message.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import type { BodyOf, BrokerAddress, RequestFailure, RequestResult } from './broker-connection.ts'
import { BrokerLink, jittered } from './broker-link.ts'
import type { LinkOptions } from './broker-link.ts'

export interface ClusterOptions extends LinkOptions {
  readonly bootstrap: readonly BrokerAddress[]
  /** Least time between two Metadata requests; doubles while they bring nothing new, up to five times. */
  readonly metadataBackoffMs: number
  /** Knowledge older than this is refreshed unasked. */
  readonly metadataMaxAgeMs: number
}

export interface PartitionState {
  readonly topic: string
  readonly index: number
  /** -1 when there is none. */
  leader: number
  /** -1 when brokers do not tell. */
  leaderEpoch: number
  replicas: readonly number[]
  inSyncReplicas: readonly number[]
}

export interface TopicState {
  readonly name: string
  /** The zero uuid when brokers do not tell. */
  readonly topicId: string
  /** By partition number; grows, never shrinks. */
  readonly partitions: PartitionState[]
}

/** Connecting is better than queueing behind one request that may be stuck. */
const notReadyCost = 0.5

/** Requests of one lane wait for one another; a long poll therefore has its own, and so has joining a group. */
export type Lane = 'ordinary' | 'fetch' | 'coordinator' | 'join'

export type MetadataResponse = Decoded<typeof apis.Metadata.response>

export class KafkaCluster {
  readonly loop: Loop
  readonly options: ClusterOptions
  /** As the last Metadata answer had it: in KRaft any broker that takes admin requests. */
  controllerId = -1
  readonly #links = new Map<string, BrokerLink>()
  readonly #nodes = new Map<number, BrokerAddress>()
  /** What `linkTo` found, by node; forgotten when the node moves. */
  readonly #nodeLinks: Readonly<Record<Lane, Map<number, BrokerLink>>> = {
    ordinary: new Map(),
    fetch: new Map(),
    coordinator: new Map(),
    join: new Map(),
  }
  readonly #topics = new Map<string, TopicState>()
  readonly #interest = new Set<string>()
  readonly #listeners: (() => void)[] = []
  /** Number of the Metadata request whose answer is awaited; 0 for none. */
  #awaited = 0
  #asked = 0
  #hedge: TimerId | undefined
  #timer: TimerId | undefined
  #timerAtMs = 0
  #refreshedMs = -Infinity
  #fruitless = 0
  #closed = false

  constructor(loop: Loop, options: ClusterOptions) {
    this.loop = loop
    this.options = options
  }

  /** Keeps this topic known from now on. */
  addTopic(topic: string): void {
    if (this.#interest.has(topic)) return
    this.#interest.add(topic)
    this.#fruitless = 0
    this.#refreshIn(0)
  }

  topic(name: string): TopicState | undefined {
    return this.#topics.get(name)
  }

  partition(topic: string, index: number): PartitionState | undefined {
    return this.#topics.get(topic)?.partitions[index]
  }

  /** Nodes ever told of, at the address told last. */
  nodes(): ReadonlyMap<number, BrokerAddress> {
    return this.#nodes
  }

  /** Called after nodes or partitions changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Asks for newer knowledge soon. */
  refresh(): void {
    const spacingMs = this.options.metadataBackoffMs * Math.min(5, 2 ** this.#fruitless)
    this.#refreshIn(this.#refreshedMs + jittered(this.loop, spacingMs) - this.loop.now())
  }

  /** A leader told by an answer of another API; ignored unless its epoch is newer. Says whether it was taken. */
  applyHint(topic: string, index: number, leader: number, leaderEpoch: number): boolean {
    const known = this.partition(topic, index)
    if (known === undefined || leader < 0 || leaderEpoch <= known.leaderEpoch) return false
    known.leader = leader
    known.leaderEpoch = leaderEpoch
    if (!this.#nodes.has(leader)) this.refresh()
    this.#changed()
    return true
  }

  applyEndpoints(endpoints: readonly { nodeId: number; host: string; port: number }[]): void {
    for (const { nodeId, host, port } of endpoints) this.#setNode(nodeId, host, port)
  }

  /** The way to a node; undefined when no such node was told of. */
  linkTo(node: number, lane: Lane = 'ordinary'): BrokerLink | undefined {
    if (this.#closed) return undefined
    const links = this.#nodeLinks[lane]
    const found = links.get(node)
    if (found !== undefined) return found
    const address = this.#nodes.get(node)
    if (address === undefined) return undefined
    const link = this.#link(address, lane)
    links.set(node, link)
    return link
  }

  /** To whichever broker looks most likely to answer soon. */
  requestAny<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: BodyOf<NoInfer<Req>>,
    done: (result: RequestResult<NoInfer<Res>>) => void,
  ): void {
    this.#requestFrom(this.#idlestLink(), api, body, done)
  }

  #requestFrom<Req extends Message, Res extends Message>(
    link: BrokerLink | undefined,
    api: Api<Req, Res>,
    body: BodyOf<NoInfer<Req>>,
    done: (result: RequestResult<NoInfer<Res>>) => void,
  ): void {
    if (link === undefined) this.#refuse(done)
    else link.request(api, body, done)
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== undefined) this.loop.cancel(this.#timer)
    if (this.#hedge !== undefined) this.loop.cancel(this.#hedge)
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  #refuse(done: (result: RequestFailure) => void): void {
    this.loop.after(0, () => done({ ok: false, reason: 'refused', mayHaveHappened: false }))
  }

  #link(address: BrokerAddress, lane: Lane): BrokerLink {
    const id = `${lane} ${address.host}:${address.port}`
    let link = this.#links.get(id)
    if (link === undefined) {
      link = new BrokerLink(this.loop, address, this.options)
      this.#links.set(id, link)
    }
    return link
  }

  #usableLinks(): BrokerLink[] {
    const addresses = [...this.#nodes.values(), ...this.options.bootstrap]
    return addresses.map((address) => this.#link(address, 'ordinary')).filter((link) => link.isUsable)
  }

  #idlestLink(): BrokerLink | undefined {
    let best: BrokerLink[] = []
    let bestScore = Infinity
    for (const link of this.#usableLinks()) {
      const score = link.openRequests + (link.isReady ? 0 : notReadyCost)
      if (score < bestScore) best = []
      if (score <= bestScore) best.push(link)
      bestScore = Math.min(bestScore, score)
    }
    return best[randomInt(this.loop.ports.random, best.length)]
  }

  /** A broker cut off from the others answers fast, and always the same: when nothing new comes, anyone may know better. */
  #linkForMetadata(): BrokerLink | undefined {
    if (this.#fruitless < 2) return this.#idlestLink()
    const links = this.#usableLinks()
    return links[randomInt(this.loop.ports.random, links.length)]
  }

  #refreshIn(delayMs: number): void {
    if (this.#closed || this.#awaited > 0) return
    const atMs = this.loop.now() + Math.max(0, delayMs)
    if (this.#timer !== undefined) {
      if (this.#timerAtMs <= atMs) return
      this.loop.cancel(this.#timer)
    }
    this.#timerAtMs = atMs
    this.#timer = this.loop.after(atMs - this.loop.now(), () => {
      this.#timer = undefined
      this.#ask()
    })
  }

  #ask(): void {
    const number = ++this.#asked
    this.#awaited = number
    const topics = [...this.#interest].map((name) => ({ name }))
    const body: BodyOf<typeof apis.Metadata.request> = (version) => ({
      topics,
      allowAutoTopicCreation: version < 4,
    })
    this.#requestFrom(this.#linkForMetadata(), apis.Metadata, body, (result) => this.#told(number, result))
    this.#hedge = this.loop.after(this.options.requestTimeoutMs / 4, () => this.#ask())
  }

  #told(number: number, result: RequestResult<typeof apis.Metadata.response>): void {
    if (this.#closed) return
    const isNew = result.ok && this.applyMetadata(result.body)
    if (this.#awaited !== number && !(result.ok && this.#awaited > 0)) return
    this.#awaited = 0
    if (this.#hedge !== undefined) this.loop.cancel(this.#hedge)
    this.#refreshedMs = this.loop.now()
    this.#fruitless = isNew ? 0 : this.#fruitless + 1
    if (!result.ok || this.#isWanting()) this.refresh()
    else this.#refreshIn(this.options.metadataMaxAgeMs)
  }

  #isWanting(): boolean {
    for (const name of this.#interest) {
      const topic = this.#topics.get(name)
      if (topic === undefined || topic.partitions.some((each) => each.leader < 0)) return true
    }
    return false
  }

  /** Takes a Metadata answer; says whether it brought anything new. */
  applyMetadata(body: MetadataResponse): boolean {
    let isNew = false
    this.controllerId = body.controllerId
    for (const { nodeId, host, port } of body.brokers) if (this.#setNode(nodeId, host, port)) isNew = true
    for (const told of body.topics) {
      if (told.errorCode === errorCode.NONE && told.name !== null && this.#setTopic(told.name, told)) isNew = true
    }
    if (isNew) this.#changed()
    return isNew
  }

  #setNode(node: number, host: string, port: number): boolean {
    const known = this.#nodes.get(node)
    if (known !== undefined && known.host === host && known.port === port) return false
    this.#nodes.set(node, { host, port })
    for (const links of Object.values(this.#nodeLinks)) links.delete(node)
    return true
  }

  #setTopic(name: string, told: MetadataResponse['topics'][number]): boolean {
    let topic = this.#topics.get(name)
    const isOther = topic === undefined || (told.topicId !== zeroUuid && topic.topicId !== told.topicId)
    if (topic === undefined || isOther) {
      topic = { name, topicId: told.topicId, partitions: [] }
      this.#topics.set(name, topic)
    }
    let isNew = isOther
    for (const each of told.partitions) if (setPartition(topic, each)) isNew = true
    return isNew
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

function setPartition(topic: TopicState, told: MetadataResponse['topics'][number]['partitions'][number]): boolean {
  const { partitionIndex: index, leaderId, leaderEpoch, replicaNodes, isrNodes } = told
  const known = topic.partitions[index]
  if (known === undefined) {
    topic.partitions[index] = {
      topic: topic.name,
      index,
      leader: leaderId,
      leaderEpoch,
      replicas: replicaNodes,
      inSyncReplicas: isrNodes,
    }
    return true
  }
  if (leaderEpoch >= 0 && leaderEpoch < known.leaderEpoch) return false
  const isNew = known.leader !== leaderId || known.leaderEpoch !== leaderEpoch
  known.leader = leaderId
  known.leaderEpoch = leaderEpoch
  known.replicas = replicaNodes
  known.inSyncReplicas = isrNodes
  return isNew
}
