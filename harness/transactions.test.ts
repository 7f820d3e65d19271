/**
 * Transactions of clients that others wrote, against three broker processes of ours whose coordinators and leaders are killed and
 * started again in mid-stream: each transaction is read whole or not at all, and what was committed is read.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Consumer, Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { partitionOfKey } from '../reference-broker/core/coordinator/key-partition.ts'
import { kafkaLibs, whyNoKafka } from './apache-kafka/kafka-jars.ts'
import { kafkajs } from './testing/kafkajs.testing.ts'
import { LiveCluster } from './testing/live-cluster.testing.ts'
import { isMissing } from './testing/optional-tool.testing.ts'

const partitions = 3
const total = 90
const killCoordinatorAt = 20
const killLeaderAt = 50
const statePartitions = 50
const patience = { timeout: 60_000, interval: 20 }

let cluster: LiveCluster

beforeAll(async () => {
  cluster = await LiveCluster.start()
})
afterAll(async () => {
  await Promise.all(opened.map((each) => each.disconnect()))
  await cluster.close()
})

async function coordinatorOf(transactionalId: string): Promise<number> {
  return (await cluster.partition('__transaction_state', partitionOfKey(transactionalId, statePartitions))).leader
}

/** A value names its transaction and its partition. */
function valuesOf(n: number): string[] {
  return Array.from({ length: partitions }, (_, partition) => `${n}-${partition}`)
}

type Outcome = 'committed' | 'aborted' | 'unknown'

/** What a reader saw must be whole transactions: all that were committed, none that were aborted, each record once. */
function expectWhole(outcomes: readonly Outcome[], read: readonly string[]): void {
  expect(new Set(read).size).toBe(read.length)
  const seen = new Set(read)
  for (const [n, outcome] of outcomes.entries()) {
    const found = valuesOf(n).filter((value) => seen.has(value)).length
    if (outcome === 'committed') expect(found, `${n} was committed`).toBe(partitions)
    else if (outcome === 'aborted') expect(found, `${n} was aborted`).toBe(0)
    else expect([0, partitions], `${n} is torn`).toContain(found)
  }
}

/** Of kafkajs. */
const opened: (Producer | Consumer)[] = []

async function readCommitted(topic: string, enough: (read: readonly string[]) => boolean): Promise<string[]> {
  const consumer = kafkajs(cluster.bootstrap).consumer({ groupId: `reader-${topic}`, sessionTimeout: 6000, maxWaitTimeInMs: 200 })
  opened.push(consumer)
  const read: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  // After a rebalance a group may read again from its last commit; what counts twice is a value at two places.
  const places = new Set<string>()
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const place = `${partition}@${message.offset}`
      if (!places.has(place)) read.push(message.value!.toString())
      places.add(place)
    },
  })
  await vi.waitFor(() => expect(enough(read)).toBe(true), patience)
  return read
}

describe('kafkajs', () => {
  async function newProducer(transactionalId: string): Promise<Producer> {
    const options = { transactionalId, maxInFlightRequests: 1, idempotent: true, allowAutoTopicCreation: false }
    const producer = kafkajs(cluster.bootstrap).producer(options)
    opened.push(producer)
    await producer.connect()
    return producer
  }

  async function transact(producer: Producer, topic: string, n: number): Promise<Outcome> {
    const transaction = await producer.transaction()
    try {
      // One partition a request. With more, the wire shows kafkajs 2.2.4 to send a record once to a leader that dies unanswered, never
      // again, and to resolve with the answers of the other partitions alone.
      for (const [partition, value] of valuesOf(n).entries()) await transaction.send({ topic, acks: -1, messages: [{ value, partition }] })
    } catch {
      await transaction.abort()
      return 'aborted'
    }
    if (n % 5 === 4) {
      await transaction.abort()
      return 'aborted'
    }
    await transaction.commit()
    return 'committed'
  }

  it('commits and aborts through the death of its coordinator and of a leader', async () => {
    const topic = 'transactions-kafkajs'
    const transactionalId = 'kafkajs'
    await cluster.createTopic(topic, { partitions })
    let producer = await newProducer(transactionalId)
    const outcomes: Outcome[] = []
    const dies = async (at: number, who: () => Promise<number>): Promise<void> => {
      await vi.waitFor(() => expect(outcomes.length).toBeGreaterThanOrEqual(at), patience)
      const victim = await who()
      await cluster.kill(victim)
      await vi.waitFor(() => expect(outcomes.length).toBeGreaterThanOrEqual(at + 15), patience)
      await cluster.restart(victim)
    }
    const deaths = dies(killCoordinatorAt, () => coordinatorOf(transactionalId))
      .then(() => dies(killLeaderAt, async () => (await cluster.partition(topic, 1)).leader))
    for (let n = 0; n < total; n++) {
      try {
        outcomes.push(await transact(producer, topic, n))
      } catch {
        // Whether it is committed nobody has said; a new instance ends what is open.
        outcomes.push('unknown')
        producer = await newProducer(transactionalId)
      }
    }
    await deaths
    const committed = outcomes.flatMap((outcome, n) => (outcome === 'committed' ? valuesOf(n) : []))
    expect(committed.length).toBeGreaterThan(total)
    const read = await readCommitted(topic, (values) => committed.every((value) => values.includes(value)))
    expectWhole(outcomes, read)
    expect(cluster.unexpectedExits).toEqual([])
  })
})

const noJava = whyNoKafka()

describe.skipIf(noJava !== undefined)(`the Java client${noJava === undefined ? '' : ` (${noJava})`}`, () => {
  const records = 6000

  /** Ends a transaction every twenty milliseconds, by version 2 of the protocol; each value is its number. */
  function startProducer(topic: string): { readonly ended: Promise<{ code: number | null; stderr: string }> } {
    const small = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(kafkaLibs(), '*')]
    const load = ['--topic', topic, '--num-records', String(records), '--throughput', '500', '--payload-monotonic']
    const transactions = ['--transactional-id', 'java', '--transaction-duration-ms', '20']
    const properties = ['--producer-props', `bootstrap.servers=${cluster.bootstrap.join(',')}`, 'acks=all']
    const argv = [...small, 'org.apache.kafka.tools.ProducerPerformance', ...load, ...transactions, ...properties]
    const child = spawn('java', argv, { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (more: string) => (stderr += more))
    return { ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stderr })) }
  }

  it('commits every transaction through the death of its coordinator', async () => {
    const topic = 'transactions-java'
    await cluster.createTopic(topic, { partitions })
    const { ended } = startProducer(topic)
    const produced = async (): Promise<number> => (await cluster.end(topic, 0)) + (await cluster.end(topic, 1)) + (await cluster.end(topic, 2))
    const reaches = (mark: number): Promise<void> => vi.waitFor(async () => expect(await produced()).toBeGreaterThan(mark), patience)
    await reaches(1000)
    const victim = await coordinatorOf('java')
    await cluster.kill(victim)
    await reaches(3500)
    await cluster.restart(victim)
    expect(await ended).toMatchObject({ code: 0 })
    const read = await readCommitted(topic, (values) => values.length >= records)
    expect(read.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: records }, (_, n) => n))
    expect(cluster.unexpectedExits).toEqual([])
  })
})

const kcatMissing = isMissing('kcat')

describe.skipIf(kcatMissing)(kcatMissing ? 'kcat (kcat is not installed)' : 'kcat', () => {
  async function kcat(argv: readonly string[], stdin: string, signalAfter?: () => Promise<void>): Promise<{ code: number | null; stdout: string }> {
    const child = spawn('kcat', ['-b', cluster.bootstrap.join(','), ...argv], { stdio: ['pipe', 'pipe', 'ignore'] })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => (stdout += more))
    child.stdin.write(stdin)
    if (signalAfter !== undefined) {
      await signalAfter()
      child.kill('SIGKILL')
    } else child.stdin.end()
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, stdout }
  }

  function readCommitted(topic: string): Promise<{ code: number | null; stdout: string }> {
    return kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-X', 'isolation.level=read_committed'], '')
  }

  it('commits at the end of its input, and leaves nothing readable when it is killed before', async () => {
    const topic = 'transactions-kcat'
    await cluster.createTopic(topic)
    const write = ['-P', '-t', topic, '-X', 'transactional.id=kcat', '-X', 'transaction.timeout.ms=3000']
    const lines = (name: string): string[] => Array.from({ length: 500 }, (_, i) => `${name}-${i}`)
    expect(await kcat(write, `${lines('a').join('\n')}\n`)).toMatchObject({ code: 0 })
    const before = await cluster.end(topic)
    await kcat(write, `${lines('b').join('\n')}\n`, async () => {
      await vi.waitFor(async () => expect(await cluster.end(topic)).toBeGreaterThan(before), patience)
    })
    expect(await kcat(write, `${lines('c').join('\n')}\n`)).toMatchObject({ code: 0 })
    const { code, stdout } = await readCommitted(topic)
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, -1)).toEqual([...lines('a'), ...lines('c')])
    expect(cluster.unexpectedExits).toEqual([])
  })
})
