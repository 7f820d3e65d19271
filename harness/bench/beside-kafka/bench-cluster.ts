/** Three brokers of one kind for the whole of a bench, with the defaults of their kind, and topics that come and go. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Loop } from '../../../ports/loop.ts'
import type { AdminResult, WorkloadClient } from '../../../workloads/client/client.ts'
import { apacheKafka } from '../../apache-kafka/kafka-recipe.ts'
import { brokerCommand } from '../../broker-command.ts'
import { exitCodes, UserError } from '../../exit-codes.ts'
import { profiles } from '../../profile.ts'
import { referenceBroker, type BrokerRecipe } from '../../targets/broker-recipe.ts'
import { ProcessCluster } from '../../targets/process-cluster.ts'
import { wireClients } from '../../wire-clients.ts'
import type { BenchCase } from './cases.ts'
import { usageOf, type Usage } from './process-usage.ts'

export const sides = ['ours', 'kafka'] as const
export type Side = (typeof sides)[number]

/** As kafka-server-start.sh and kafka-run-class.sh of the release start a broker. */
export const kafkaHeap = '-Xmx1G'
const releaseFlags = [
  kafkaHeap, '-Xms1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent', '-XX:MaxInlineLevel=15', '-Djava.awt.headless=true',
]

/** Nothing else differs from what a broker has by itself. */
export const settings: Readonly<Record<string, string>> = { 'group.initial.rebalance.delay.ms': '0' }

const timeoutMs = 30_000
const stopMs = 10_000

/** Without what only trials need of brokers: clocks that can be put wrong. */
export async function benchRecipe(side: Side, nodeFlags: readonly string[] = []): Promise<BrokerRecipe> {
  const [node, ...bundle] = await brokerCommand()
  const recipe = side === 'ours' ? referenceBroker([node!, ...nodeFlags, ...bundle]) : apacheKafka({ jvmFlags: releaseFlags })
  return { ...recipe, environment: () => ({}), readsClockFile: false }
}

export interface ClusterSize {
  readonly brokers: number
  /** For Node, where brokers are ours: `--cpu-prof`, say. */
  readonly nodeFlags?: readonly string[]
}

export class BenchCluster {
  readonly side: Side
  readonly #cluster: ProcessCluster
  readonly #client: WorkloadClient
  readonly #directory: string

  private constructor(side: Side, cluster: ProcessCluster, made: { readonly client: WorkloadClient; readonly directory: string }) {
    this.side = side
    this.#cluster = cluster
    this.#client = made.client
    this.#directory = made.directory
  }

  /** Formats storage; starts no broker. */
  static async prepare(side: Side, loop: Loop, { brokers, nodeFlags }: ClusterSize): Promise<BenchCluster> {
    const directory = mkdtempSync(join(tmpdir(), `tribunal-bench-${side}-`))
    const recipe = await benchRecipe(side, nodeFlags)
    const cluster = await ProcessCluster.prepare({ brokers, settings, dataDir: directory, logDir: join(directory, 'logs'), recipe }).catch((error: unknown) => {
      rmSync(directory, { recursive: true, force: true })
      throw error
    })
    const client = wireClients(loop, cluster.brokerIds.map((id) => cluster.address(id)), profiles.attached)(`bench-${side}`)
    return new BenchCluster(side, cluster, { client, directory })
  }

  /** Rejects with a UserError when a broker does not start. */
  async start(): Promise<void> {
    const failed = await this.#cluster.startAll()
    if (failed !== undefined) throw new UserError(`Of ${this.side}, ${failed.message}.`, exitCodes.unknown)
  }

  get bootstrap(): string {
    return this.#cluster.brokerIds.map((id) => this.#cluster.address(id)).map(({ host, port }) => `${host}:${port}`).join(',')
  }

  usage(): Usage {
    return usageOf(this.#cluster.brokerIds.map((id) => this.#cluster.pid(id)!))
  }

  /** Until Metadata lists all brokers. */
  async listed(): Promise<void> {
    await until(async () => {
      const result = await new Promise<AdminResult<{ readonly nodes: readonly unknown[] }>>((done) => this.#client.admin.metadata([], 1000, done))
      return result.ok && result.value.nodes.length === this.#cluster.brokerIds.length
    })
  }

  async createTopic(name: string, { partitions, replicas, flushMessages }: BenchCase): Promise<void> {
    const configs = { ...(flushMessages !== undefined && { 'flush.messages': String(flushMessages) }) }
    // A controller that has just been elected may not have met all brokers yet.
    await until(async () => {
      const result = await new Promise<AdminResult<null>>((done) =>
        this.#client.admin.createTopics([{ name, partitions, replicationFactor: replicas, configs }], timeoutMs, done))
      if (!result.ok && result.error.code === 'INVALID_CONFIG') throw new UserError(`A broker refused a topic's settings: ${result.error.message ?? ''}`, exitCodes.unknown)
      return result.ok || result.error.code === 'TOPIC_ALREADY_EXISTS'
    })
  }

  async deleteTopic(name: string): Promise<void> {
    await new Promise((done) => this.#client.admin.deleteTopics([name], timeoutMs, done))
  }

  async stop(): Promise<void> {
    this.#client.close()
    await this.#cluster.stopAll(stopMs)
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new UserError('The brokers were not ready in time.', exitCodes.unknown)
    await new Promise((done) => setTimeout(done, 5))
  }
}
