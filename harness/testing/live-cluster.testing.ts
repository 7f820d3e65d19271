/** Three broker processes for tests with real clients, with eyes and hands of our own on them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { AdminResult, ClusterInfo, OffsetAnswer, PartitionInfo, WorkloadClient } from '../../workloads/client/client.ts'
import { brokerCommand } from '../broker-command.ts'
import { profiles } from '../profile.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import { wireClients } from '../wire-clients.ts'

const patienceMs = 60_000
const patience = { timeout: patienceMs, interval: 50 }
const stopTimeoutMs = 5000

export class LiveCluster {
  readonly #cluster: ProcessCluster
  readonly #directory: string
  readonly #runner = new NodeRunner({ seed: 1 })
  readonly #client: WorkloadClient

  private constructor(cluster: ProcessCluster, directory: string) {
    this.#cluster = cluster
    this.#directory = directory
    const loop = new Loop(this.#runner.ports)
    this.#runner.run((event) => loop.step(event))
    this.#client = wireClients(loop, cluster.brokerIds.map((id) => cluster.address(id)), profiles.trial)('test')
  }

  static async start(): Promise<LiveCluster> {
    const directory = mkdtempSync(join(tmpdir(), 'tribunal-live-'))
    const cluster = await ProcessCluster.prepare({
      brokers: 3,
      settings: profiles.trial.settings,
      dataDir: directory,
      logDir: join(directory, 'logs'),
      command: await brokerCommand(),
    })
    const live = new LiveCluster(cluster, directory)
    try {
      const failed = await cluster.startAll()
      if (failed !== undefined) throw new Error(failed.message)
      await vi.waitFor(async () => expect((await live.#metadata([])).nodes).toHaveLength(3), patience)
      return live
    } catch (error) {
      await live.close()
      throw error
    }
  }

  get bootstrap(): string[] {
    return this.#cluster.brokerIds.map((id) => `${this.#cluster.address(id).host}:${this.#cluster.address(id).port}`)
  }

  /** Brokers that ended without being killed by the test. */
  get unexpectedExits(): readonly string[] {
    return this.#cluster.unexpectedExits
  }

  /** One partition on all three, acks=all needing two of them. */
  async createTopic(name: string): Promise<void> {
    const topic = { name, partitions: 1, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }
    await answered<null>((done) => this.#client.admin.createTopics([topic], patienceMs, done))
    await this.partition(name)
  }

  async partition(topic: string): Promise<PartitionInfo> {
    const { topics } = await this.#metadata([topic])
    return topics[0]!.partitions[0]!
  }

  #metadata(topics: readonly string[]): Promise<ClusterInfo> {
    return answered((done: (result: AdminResult<ClusterInfo>) => void) => this.#client.admin.metadata(topics, patienceMs, done))
  }

  /** The offset that consumers may read up to. */
  async end(topic: string): Promise<number> {
    const query = { topic, partition: 0, timestamp: -1 }
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
