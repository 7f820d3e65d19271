/**
 * What a promise costs a sender: one record at a time, acknowledged by all of three broker processes, sent plainly, by an idempotent
 * producer, and in a transaction of its own from its beginning to the answer to its commit. Each round has all three, in a changing
 * order and to partitions of their own, and what is added is told by round: what else the machine does meets all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { ProducerRecord, WorkloadClient } from '../../workloads/client/client.ts'
import { producerDefaults, transactionalDefaults } from '../../workloads/client/defaults.ts'
import { brokerCommand } from '../broker-command.ts'
import { profiles } from '../profile.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import { wireClients } from '../wire-clients.ts'
import type { Figure } from './bench.ts'
import { listed } from './broker-process.ts'

const brokers = 3
const warmUpRounds = 100
const rounds = 500
const topic = 'latency'
const timeoutMs = 20_000

/** Begins one send or transaction; `done` with why it failed. */
type Deed = (done: (error: string | undefined) => void) => void

export async function sendLatencyFigures(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tribunal-bench-'))
  const cluster = await ProcessCluster.prepare({
    brokers, settings: {}, dataDir: directory, logDir: join(directory, 'logs'), recipe: referenceBroker(await brokerCommand()),
  })
  const runner = new NodeRunner({ seed: 1 })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const client = wireClients(loop, cluster.brokerIds.map((id) => cluster.address(id)), profiles.attached)('bench')
  try {
    const failed = await cluster.startAll()
    if (failed !== undefined) throw new Error(failed.message)
    await listed(client, brokers)
    await created(client)
    return figuresOf(await measured(await deedsOf(client)))
  } finally {
    client.close()
    await cluster.stopAll(2000)
    await runner.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

function created(client: WorkloadClient): Promise<void> {
  const wanted = { name: topic, partitions: kinds.length, replicationFactor: brokers, configs: { 'min.insync.replicas': '2' } }
  return new Promise((resolve, reject) => client.admin.createTopics([wanted], timeoutMs, (result) => {
    if (result.ok) resolve()
    else reject(new Error(result.error.code))
  }))
}

/** Each has the partition of its place. */
const kinds = ['plain', 'idempotent', 'transaction'] as const

function recordOf(kind: (typeof kinds)[number]): ProducerRecord {
  return { topic, partition: kinds.indexOf(kind), key: null, value: new Uint8Array(100) }
}

type Deeds = Readonly<Record<(typeof kinds)[number], Deed>>

async function deedsOf(client: WorkloadClient): Promise<Deeds> {
  const sender = (kind: 'plain' | 'idempotent'): Deed => {
    const producer = client.producer({ ...producerDefaults, idempotence: kind === 'idempotent', lingerMs: 0, deliveryTimeoutMs: timeoutMs })
    return (done) => producer.send(recordOf(kind), (outcome) => done(outcome.type === 'ok' ? undefined : outcome.error.code))
  }
  const options = { ...transactionalDefaults, lingerMs: 0, deliveryTimeoutMs: timeoutMs, maxBlockMs: timeoutMs, transactionTimeoutMs: timeoutMs }
  const producer = client.transactionalProducer!({ ...options, transactionalId: 'bench' })
  await new Promise<void>((resolve, reject) => producer.initTransactions((outcome) => {
    if (outcome.type === 'ok') resolve()
    else reject(new Error(outcome.error.code))
  }))
  const transaction: Deed = (done) => {
    producer.begin()
    producer.send(recordOf('transaction'), () => undefined)
    producer.commit((outcome) => done(outcome.type === 'ok' ? undefined : outcome.error.code))
  }
  return { plain: sender('plain'), idempotent: sender('idempotent'), transaction }
}

type Latencies = Readonly<Record<keyof Deeds, readonly number[]>>

async function measured(deeds: Deeds): Promise<Latencies> {
  const tookMs: Record<keyof Deeds, number[]> = { plain: [], idempotent: [], transaction: [] }
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const at of kinds.keys()) {
      const kind = kinds[(round + at) % kinds.length]!
      const startMs = performance.now()
      const error = await new Promise<string | undefined>(deeds[kind])
      if (error !== undefined) throw new Error(`a send (${kind}) failed: ${error}`)
      if (round >= warmUpRounds) tookMs[kind].push(performance.now() - startMs)
    }
  }
  return tookMs
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** What goes beyond a plain send. */
function figuresOf(latencies: Latencies): Figure[] {
  const told = (kind: keyof Deeds): string =>
    `${rounded(quantile(latencies[kind], 0.5))} ms (99 %: ${rounded(quantile(latencies[kind], 0.99))} ms)`
  const added = (kind: keyof Deeds): number => rounded(quantile(latencies[kind].map((ms, round) => ms - latencies.plain[round]!), 0.5))
  const how = `one record at a time, acks=all on ${brokers} broker processes, ${rounds} of each in turn; a plain send ${told('plain')}`
  return [
    {
      name: 'added latency of idempotence',
      value: added('idempotent'),
      unit: 'ms',
      goal: 'no goal of its own',
      how: `median over the rounds; ${how}, an idempotent one ${told('idempotent')}`,
    },
    {
      name: 'added latency of a transaction',
      value: added('transaction'),
      unit: 'ms',
      goal: 'no goal of its own',
      how: `median over the rounds; ${how}, a transaction of one record from its begin to the answer to its commit ${told('transaction')}`,
    },
  ]
}
