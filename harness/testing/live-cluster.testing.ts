/** Broker processes for tests with real clients, with eyes and hands of our own on them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { RuleProxy } from '../../nemesis/wire-rules/rule-proxy.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import { apis } from '../../protocol/apis.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import { BrokerConnection } from '../../workloads/client/broker-connection.ts'
import type { AdminResult, ClusterInfo, OffsetAnswer, PartitionInfo, WorkloadClient } from '../../workloads/client/client.ts'
import { brokerCommand, proxyCommand } from '../broker-command.ts'
import { profiles } from '../profile.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import { wireClients } from '../wire-clients.ts'

const patienceMs = 60_000
const patience = { timeout: patienceMs, interval: 50 }
const stopTimeoutMs = 5000

/** So long that a machine that is busy for seconds changes neither leaders nor in-sync sets. */
export const patientSettings: Readonly<Record<string, string>> = {
  'broker.session.timeout.ms': '20000',
  'controller.quorum.fetch.timeout.ms': '10000',
  'controller.quorum.election.timeout.ms': '2000',
  'replica.lag.time.max.ms': '30000',
  'replica.socket.timeout.ms': '30000',
  'controller.socket.timeout.ms': '30000',
}

export interface LiveOptions {
  /** Three when absent. */
  readonly brokers?: number
  /** Beside those of the trial profile. */
  readonly settings?: Readonly<Record<string, string>>
  /** Lets an inspector look into each broker. */
  readonly inspect?: boolean
  /** Puts the fault proxy in front of every listener. */
  readonly proxied?: boolean
  /** Puts the rule proxy before the clients' listeners: see `rules`. */
  readonly ruled?: boolean
}

/** One partition with no more settings when absent. */
export interface TopicShape {
  readonly partitions?: number
  readonly configs?: Readonly<Record<string, string>>
}

/** What a cluster stands on: a loop on this machine's own clock and sockets, and perhaps a proxy that lives there. */
interface Ground {
  readonly runner: NodeRunner
  readonly loop: Loop
  readonly rules: RuleProxy | undefined
}

async function openGround(ruled: readonly number[], upstream: (id: number) => { host: string; port: number } | undefined): Promise<Ground> {
  const runner = new NodeRunner({ seed: 1 })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  if (ruled.length === 0) return { runner, loop, rules: undefined }
  const rules = new RuleProxy({ loop, host: '127.0.0.1', nodes: ruled, portOf: () => 0, upstream })
  const failure = await new Promise<string | undefined>((done) => rules.open(done))
  if (failure !== undefined) throw new Error(failure)
  return { runner, loop, rules }
}

export class LiveCluster {
  readonly #cluster: ProcessCluster
  readonly #directory: string
  readonly #runner: NodeRunner
  readonly #client: WorkloadClient
  readonly #clients: (name: string) => WorkloadClient
  readonly loop: Loop
  readonly #rules: RuleProxy | undefined

  private constructor(cluster: ProcessCluster, directory: string, { runner, loop, rules }: Ground) {
    this.#cluster = cluster
    this.#directory = directory
    this.#runner = runner
    this.loop = loop
    this.#rules = rules
    this.#clients = wireClients(this.loop, cluster.brokerIds.map((id) => rules?.address(id) ?? cluster.address(id)), profiles.trial)
    this.#client = this.#clients('test')
  }

  static async start({ brokers = 3, settings = {}, inspect = false, proxied = false, ruled = false }: LiveOptions = {}): Promise<LiveCluster> {
    const directory = mkdtempSync(join(tmpdir(), 'tribunal-live-'))
    const [node, ...argv] = await brokerCommand()
    const ids = Array.from({ length: brokers }, (_, i) => i + 1)
    let made: ProcessCluster | undefined
    const ground = await openGround(ruled ? ids : [], (id) => made?.ownAddress(id))
    const cluster = await ProcessCluster.prepare({
      brokers,
      settings: { ...profiles.trial.settings, ...settings },
      dataDir: directory,
      logDir: join(directory, 'logs'),
      recipe: referenceBroker([node!, ...(inspect ? ['--inspect=127.0.0.1:0'] : []), ...argv]),
      ...(proxied && { proxy: { command: await proxyCommand(), seed: 1 } }),
      ...(ruled && { advertise: (id: number) => ground.rules!.address(id)! }),
    })
    made = cluster
    const live = new LiveCluster(cluster, directory, ground)
    try {
      const failed = await cluster.startAll()
      if (failed !== undefined) throw new Error(failed.message)
      await vi.waitFor(async () => expect((await live.#metadata([])).nodes).toHaveLength(brokers), patience)
      return live
    } catch (error) {
      await live.close()
      throw error
    }
  }

  get bootstrap(): string[] {
    return this.#cluster.brokerIds.map((id) => this.#rules?.address(id) ?? this.#cluster.address(id)).map(({ host, port }) => `${host}:${port}`)
  }

  /** Where the brokers themselves are: a dead one refuses who dials it, as no proxy can. */
  get ownBootstrap(): string[] {
    return this.#cluster.brokerIds.map((id) => this.#cluster.ownAddress(id)).map(({ host, port }) => `${host}:${port}`)
  }

  /** What stands before the brokers of a cluster that is `ruled`. */
  get rules(): RuleProxy {
    return this.#rules!
  }

  get brokerIds(): readonly number[] {
    return this.#cluster.brokerIds
  }

  client(name: string): WorkloadClient {
    return this.#clients(name)
  }

  /** Where others dial a listener of the broker: the proxy, if there is one. */
  dialledPort(id: number, listener: 'PLAINTEXT' | 'CONTROLLER'): number {
    return this.#cluster.links?.port(id, listener) ?? this.port(id, listener)
  }

  /** Where a listener of the broker is. */
  port(id: number, listener: 'PLAINTEXT' | 'CONTROLLER'): number {
    return this.#cluster.listenerPort(id, listener)
  }

  /** Where its inspector is, if it has one. */
  inspectorUrl(id: number): string {
    return /ws:\S+/.exec(this.log(id))![0]
  }

  /** All that the broker has said so far, on stdout and stderr. */
  log(id: number): string {
    return readFileSync(join(this.#directory, 'logs', `broker-${id}.log`), 'utf8')
  }

  /** Brokers that ended without being killed by the test. */
  get unexpectedExits(): readonly string[] {
    return this.#cluster.unexpectedExits
  }

  /** On all brokers, acks=all needing two of them, where there are so many. Then each broker knows it: clients take a no at its word. */
  async createTopic(name: string, { partitions = 1, configs = {} }: TopicShape = {}): Promise<void> {
    const replicationFactor = this.brokerIds.length
    const minInSync = { 'min.insync.replicas': String(Math.min(2, replicationFactor)) }
    const topic = { name, partitions, replicationFactor, configs: { ...minInSync, ...configs } }
    await answered<null>((done) => this.#client.admin.createTopics([topic], patienceMs, done))
    await vi.waitFor(async () => {
      for (const id of this.brokerIds) expect(await this.#partitionsKnown(id, name), `by broker ${id}`).toBe(partitions)
    }, patience)
  }

  #partitionsKnown(id: number, name: string): Promise<number> {
    return new Promise((done) => {
      const quiet = { onReady: () => undefined, onClosed: () => undefined }
      const connection = new BrokerConnection(this.loop, this.#cluster.ownAddress(id)!, { clientId: 'test', requestTimeoutMs: 5000, ...quiet })
      const body = { topics: [{ name, topicId: zeroUuid }], allowAutoTopicCreation: false }
      connection.request(apis.Metadata, () => body, (result) => {
        connection.close()
        done(result.ok ? result.body.topics[0]!.partitions.length : 0)
      })
    })
  }

  async partition(topic: string, index = 0): Promise<PartitionInfo> {
    const { topics } = await this.#metadata([topic])
    return topics[0]!.partitions[index]!
  }

  #metadata(topics: readonly string[]): Promise<ClusterInfo> {
    return answered((done: (result: AdminResult<ClusterInfo>) => void) => this.#client.admin.metadata(topics, patienceMs, done))
  }

  /** The offset that consumers may read up to. */
  async end(topic: string, partition = 0): Promise<number> {
    const query = { topic, partition, timestamp: -1 }
    const [answer] = await answered((done: (result: AdminResult<readonly OffsetAnswer[]>) => void) =>
      this.#client.admin.listOffsets([query], patienceMs, done))
    return answer!.offset
  }

  kill(id: number): Promise<unknown> {
    return new Promise((done) => this.#cluster.kill(id, done))
  }

  restart(id: number): Promise<unknown> {
    return new Promise((done) => this.#cluster.start(id, done))
  }

  async close(): Promise<void> {
    this.#client.close()
    this.#rules?.close()
    await this.#cluster.stopAll(stopTimeoutMs)
    await this.#runner.stop()
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

function answered<T>(ask: (done: (result: AdminResult<T>) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((result) => (result.ok ? resolve(result.value) : reject(new Error(result.error.code))))
  })
}
