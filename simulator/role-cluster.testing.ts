/**
 * For tests of the broker: nodes of any roles as machines of a World whose invariants are watched, and raw requests to them
 * from a client beside. Node n is the machine `node-n`; brokers listen on 9092, controllers on 9093.
 */
import { Loop } from '../ports/loop.ts'
import { apis, type Api } from '../protocol/apis.ts'
import { errorName } from '../protocol/errors.ts'
import type { Decoded, Encodable, Message } from '../protocol/message.ts'
import { encodeBatch } from '../protocol/record-batch-encode.ts'
import { Broker } from '../reference-broker/core/broker.ts'
import { defaultBrokerConfig } from '../reference-broker/core/config/broker-config.ts'
import type { Decisions } from '../reference-broker/core/decisions.ts'
import type { PartitionImage, TopicImage } from '../reference-broker/core/metadata/image.ts'
import type { Partition } from '../reference-broker/core/replication/partition.ts'
import { Peer, type PeerAnswer } from '../reference-broker/core/server/peer.ts'
import { Invariants } from './invariants.ts'
import { calmDisk } from './sim-disk.ts'
import { calmNetwork } from './sim-wire.ts'
import { World } from './world.ts'

export type Role = 'broker' | 'controller' | 'both'

export interface RoleClusterOptions {
  readonly seed?: number
  /** Of node 1, node 2, … */
  readonly roles: readonly Role[]
  /** Under Kafka's names, for all nodes. */
  readonly settings?: Readonly<Record<string, string>>
  /** Sound unless told otherwise. */
  readonly decisions?: Decisions
  /** Watched unless told otherwise: an unclean election breaks them. */
  readonly invariants?: boolean
  /** Over them, for one node. */
  readonly settingsOf?: (id: number) => Readonly<Record<string, string>>
}

export interface NewTopic {
  readonly partitions?: number
  readonly replicationFactor?: number
  /** Instead of both: the brokers of partition 0, 1, … */
  readonly replicas?: readonly (readonly number[])[]
  readonly configs?: Readonly<Record<string, string>>
}

interface AskOptions {
  readonly version?: number
  readonly port?: number
}

const brokerPort = 9092
const controllerPort = 9093
const requestTimeoutMs = 40_000
/** Short enough that a test sees elections, fencing and lag. */
const profile = {
  'broker.heartbeat.interval.ms': '300',
  'broker.session.timeout.ms': '1500',
  'replica.lag.time.max.ms': '2000',
  'replica.fetch.wait.max.ms': '200',
  'replica.socket.timeout.ms': '1500',
  'controller.socket.timeout.ms': '1500',
  'controller.quorum.election.timeout.ms': '300',
  'controller.quorum.fetch.timeout.ms': '600',
}

export class RoleCluster {
  readonly world: World
  readonly running: Map<number, Broker> = new Map()
  readonly #options: RoleClusterOptions
  readonly #invariants: Invariants
  readonly #peers = new Map<string, Peer>()
  #client: Loop | undefined

  constructor(options: RoleClusterOptions) {
    this.#options = options
    const ids = new Map(this.nodeIds.map((id) => [nodeName(id), id]))
    this.#invariants = new Invariants(this.running, (node) => ids.get(node))
    this.world = new World({
      seed: options.seed ?? 1,
      network: calmNetwork,
      disk: calmDisk,
      ...(options.invariants === false ? {} : { onEvent: (node) => this.#invariants.afterEvent(node) }),
    })
    for (const id of this.nodeIds) {
      this.world.addNode(nodeName(id), (ports) => {
        const broker = new Broker({
          config: defaultBrokerConfig(this.#settings(id)),
          ports,
          ...(options.decisions && { decisions: options.decisions }),
          log: () => undefined,
          onFatal: (reason) => {
            throw new Error(`node ${id} stops: ${reason}`)
          },
          onListening: () => undefined,
        })
        this.running.set(id, broker)
        broker.start()
        return broker
      })
    }
    this.world.addClient('client', (ports) => (this.#client = new Loop(ports)))
  }

  get nodeIds(): readonly number[] {
    return this.#options.roles.map((_, i) => i + 1)
  }

  #idsOf(role: Role): readonly number[] {
    return this.nodeIds.filter((id) => [role, 'both'].includes(this.#options.roles[id - 1]!))
  }

  get brokerIds(): readonly number[] {
    return this.#idsOf('broker')
  }

  get controllerIds(): readonly number[] {
    return this.#idsOf('controller')
  }

  #settings(id: number): Record<string, string> {
    const host = nodeName(id)
    const isBroker = this.brokerIds.includes(id)
    const isController = this.controllerIds.includes(id)
    const listeners = [
      ...(isBroker ? [`PLAINTEXT://${host}:${brokerPort}`] : []),
      ...(isController ? [`CONTROLLER://${host}:${controllerPort}`] : []),
    ]
    const voters = this.controllerIds.map((each) => `${each}@${nodeName(each)}:${controllerPort}`)
    return {
      ...profile,
      'node.id': String(id),
      'process.roles': [...(isBroker ? ['broker'] : []), ...(isController ? ['controller'] : [])].join(','),
      listeners: listeners.join(','),
      'controller.quorum.voters': voters.join(','),
      ...this.#options.settings,
      ...this.#options.settingsOf?.(id),
    }
  }

  kill(id: number, options: { readonly powerLoss?: boolean } = {}): void {
    this.running.delete(id)
    this.world.crash(nodeName(id), options)
  }

  start(id: number): void {
    this.world.start(nodeName(id))
  }

  /** Runs until `done`; throws when that takes more than a minute of virtual time or a node fails. */
  until(done: () => boolean, what: string): void {
    const untilMs = this.world.now() + 60_000
    this.world.run({ untilMs, while: () => !done() && this.world.failures.length === 0 })
    this.checkFailures()
    if (!done()) throw new Error(`not within a minute: ${what}`)
  }

  pass(ms: number): void {
    this.world.run({ untilMs: this.world.now() + ms, while: () => this.world.failures.length === 0 })
    this.checkFailures()
  }

  checkFailures(): void {
    const [failure] = this.world.failures
    if (failure !== undefined) throw new Error(`${failure.node} failed at ${failure.timeMs} ms`, { cause: failure.error })
  }

  /** Until every running broker is in service and every broker knows it. */
  untilUp(): void {
    const ids = this.brokerIds.filter((id) => this.running.has(id))
    const knowsAll = (id: number): boolean => ids.every((other) => this.running.get(id)?.image?.isLive(other))
    this.until(() => ids.every(knowsAll), 'brokers in service')
  }

  /** The active controller, if there is exactly one. */
  get controllerId(): number | undefined {
    const active = [...this.running].filter(([, { controller }]) => controller !== undefined).map(([id]) => id)
    return active.length === 1 ? active[0] : undefined
  }

  topic(name: string): TopicImage | undefined {
    const images = [...this.running.values()].flatMap(({ image }) => (image === undefined ? [] : [image]))
    const newest = images.sort((a, b) => b.endOffset - a.endOffset)[0]
    return newest?.topicsByName.get(name)
  }

  partitionImage(topic: string, index: number): PartitionImage | undefined {
    return this.topic(topic)?.partitions[index]
  }

  replica(id: number, topic: string, index: number): Partition | undefined {
    const topicId = this.topic(topic)?.id
    return topicId === undefined ? undefined : this.running.get(id)?.replicas?.get(topicId, index)
  }

  /** Sends one request; `done` gets its answer, or why there is none. */
  send<Req extends Message, Res extends Message>(
    id: number,
    api: Api<Req, Res>,
    body: Encodable<Req>,
    { version, port, done }: Required<AskOptions> & { readonly done: (answer: PeerAnswer<Decoded<Res>>) => void },
  ): void {
    this.#peer(id, port).requestAt(api, version, { body, timeoutMs: requestTimeoutMs, done })
  }

  /** Sends one request and runs the world until its answer; undefined when the connection gave none. */
  tryAsk<Req extends Message, Res extends Message>(
    id: number,
    api: Api<Req, Res>,
    body: Encodable<Req>,
    { version = api.versions.max, port = brokerPort }: AskOptions = {},
  ): Decoded<Res> | undefined {
    const answers: PeerAnswer<Decoded<Res>>[] = []
    this.send(id, api, body, { version, port, done: (answer) => answers.push(answer) })
    this.until(() => answers.length > 0, `an answer to ${api.name}`)
    const [answer] = answers
    return answer?.ok === true ? answer.body : undefined
  }

  /** The same; throws when there is no answer. */
  ask<Req extends Message, Res extends Message>(
    id: number,
    api: Api<Req, Res>,
    body: Encodable<Req>,
    options: AskOptions = {},
  ): Decoded<Res> {
    const answer = this.tryAsk(id, api, body, options)
    if (answer === undefined) throw new Error(`${api.name} got no answer`)
    return answer
  }

  /** The same to a controller's listener. */
  askController<Req extends Message, Res extends Message>(id: number, api: Api<Req, Res>, body: Encodable<Req>): Decoded<Res> {
    return this.ask(id, api, body, { port: controllerPort })
  }

  /** Makes a topic and waits until every running broker knows it. */
  create(name: string, shape: NewTopic): void {
    const { partitions = 1, replicationFactor = 1, replicas = [], configs = {} } = shape
    const topic = {
      name,
      numPartitions: replicas.length > 0 ? -1 : partitions,
      replicationFactor: replicas.length > 0 ? -1 : replicationFactor,
      assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })),
    }
    const id = this.brokerIds.find((each) => this.running.has(each))!
    const [made] = this.ask(id, apis.CreateTopics, { topics: [topic], timeoutMs: 10_000 }).topics
    if (made?.errorCode !== 0) throw new Error(`${name}: ${errorName(made?.errorCode ?? -1)} ${made?.errorMessage ?? ''}`)
    const known = (each: number): boolean => this.running.get(each)?.image?.topicsByName.has(name) ?? true
    this.until(() => this.brokerIds.every(known), `${name} known everywhere`)
  }

  /** One acks=all batch of `records` records to the leader, as the client that asks knows it. */
  produce(topic: string, index: number, records = 1): string {
    const leader = this.partitionImage(topic, index)?.leader ?? -1
    if (!this.running.has(leader)) return 'LEADER_NOT_AVAILABLE'
    const record = { key: null, value: new Uint8Array(3), timestamp: Math.floor(this.world.now()) }
    const batch = encodeBatch({ records: Array.from({ length: records }, () => record) })
    const topicData = [{ name: topic, topicId: this.topic(topic)!.id, partitionData: [{ index, records: batch }] }]
    const answer = this.tryAsk(leader, apis.Produce, { acks: -1, timeoutMs: 3000, transactionalId: null, topicData })
    return answer === undefined ? 'NETWORK_EXCEPTION' : errorName(answer.responses[0]!.partitionResponses[0]!.errorCode)
  }

  /** Until such a batch is acknowledged. */
  untilProduced(topic: string, index: number, records = 1): void {
    for (let i = 0; i < 20; i++) {
      if (this.produce(topic, index, records) === 'NONE') return
      this.pass(500)
    }
    throw new Error(`nothing is acknowledged on ${topic}-${index}`)
  }

  #peer(id: number, port: number): Peer {
    const name = `${id}:${port}`
    let peer = this.#peers.get(name)
    if (peer === undefined) {
      peer = new Peer(this.#client!, 'test', () => ({ host: nodeName(id), port }))
      this.#peers.set(name, peer)
    }
    return peer
  }
}

export function nodeName(id: number): string {
  return `node-${id}`
}
