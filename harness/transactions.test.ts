/**
 * Transactions of clients that others wrote, against three broker processes of ours whose coordinators and leaders are killed and
 * started again in mid-stream (testing/transaction-trial.testing.ts): a thousand of three partitions each, read whole or not at
 * all, and what was committed is read.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { kafkaLibs, whyNoKafka } from './apache-kafka/kafka-jars.ts'
import { kafkajs } from './testing/kafkajs.testing.ts'
import { LiveCluster } from './testing/live-cluster.testing.ts'
import { isMissing } from './testing/optional-tool.testing.ts'
import { fiveDeaths, partitions, patience, readCommitted } from './testing/transaction-trial.testing.ts'

/** So many are committed at least. */
const enough = 1000
const abortEvery = 10
/** Deaths may cost a few. */
const total = Math.ceil((enough + 50) / (1 - 1 / abortEvery))
const trialTimeoutMs = 300_000

let cluster: LiveCluster

beforeAll(async () => {
  cluster = await LiveCluster.start()
})
afterAll(async () => {
  await Promise.all(opened.map((each) => each.disconnect()))
  await cluster.close()
})

/** A value names its transaction and its partition. */
function valuesOf(n: number): string[] {
  return Array.from({ length: partitions }, (_, partition) => `${n}-${partition}`)
}

type Outcome = 'committed' | 'aborted' | 'unknown'

/** What a reader saw must be whole transactions: all that were committed, none that were aborted, each record once. */
function expectWhole(outcomes: ReadonlyMap<number, Outcome>, read: readonly string[]): void {
  expect(new Set(read).size).toBe(read.length)
  const seen = new Set(read)
  for (const [n, outcome] of outcomes) {
    const found = valuesOf(n).filter((value) => seen.has(value)).length
    if (outcome === 'committed') expect(found, `${n} was committed`).toBe(partitions)
    else if (outcome === 'aborted') expect(found, `${n} was aborted`).toBe(0)
    else expect([0, partitions], `${n} is torn`).toContain(found)
  }
}

async function expectThousandWhole(topic: string, outcomes: ReadonlyMap<number, Outcome>): Promise<void> {
  expect(outcomes.size).toBe(total)
  expect([...outcomes.values()].filter((outcome) => outcome === 'committed').length).toBeGreaterThanOrEqual(enough)
  expectWhole(outcomes, await readCommitted(cluster, topic))
  expect(cluster.unexpectedExits).toEqual([])
}

/** Of kafkajs. */
const opened: Producer[] = []

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
    if (n % abortEvery === 0) {
      await transaction.abort()
      return 'aborted'
    }
    await transaction.commit()
    return 'committed'
  }

  it('commits and aborts through five deaths of its coordinator and of leaders', async () => {
    const topic = 'transactions-kafkajs'
    await cluster.createTopic(topic, { partitions })
    const outcomes = new Map<number, Outcome>()
    let next = 0
    const run = async (transactionalId: string): Promise<void> => {
      let producer = await newProducer(transactionalId)
      for (let n = next++; n < total; n = next++) {
        try {
          outcomes.set(n, await transact(producer, topic, n))
        } catch {
          // Whether it is committed nobody has said; a new instance ends what is open.
          outcomes.set(n, 'unknown')
          producer = await newProducer(transactionalId)
        }
      }
    }
    const ids = ['kafkajs', 'kafkajs-2', 'kafkajs-3']
    await Promise.all([...ids.map(run), fiveDeaths({ cluster, topic, transactionalId: ids[0]!, total, progress: () => outcomes.size })])
    // A transaction whose end nobody answered may be open still.
    for (const id of ids) await newProducer(id)
    await expectThousandWhole(topic, outcomes)
  }, trialTimeoutMs)
})

const noJava = whyNoKafka() ?? (isMissing('javac') ? 'javac is not installed' : undefined)

describe.skipIf(noJava !== undefined)(`the Java client${noJava === undefined ? '' : ` (${noJava})`}`, () => {
  /** By version 2 of the protocol. */
  it('commits and aborts through five deaths of its coordinator and of leaders', async () => {
    const topic = 'transactions-java'
    await cluster.createTopic(topic, { partitions })
    const outcomes = new Map<number, Outcome>()
    const small = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(kafkaLibs(), '*')]
    const source = join(import.meta.dirname, 'testing', 'TransactionTrial.java')
    const argv = [...small, source, cluster.bootstrap.join(','), topic, String(partitions), String(total), String(abortEvery)]
    const child = spawn('java', argv, { stdio: ['ignore', 'pipe', 'ignore'] })
    createInterface(child.stdout).on('line', (line) => {
      const [, n, outcome] = /^(\d+) (committed|aborted|unknown)$/.exec(line) ?? []
      if (n !== undefined) outcomes.set(Number(n), outcome as Outcome)
    })
    const ended = once(child, 'close')
    await Promise.all([ended, fiveDeaths({ cluster, topic, transactionalId: topic, total, progress: () => outcomes.size })])
    expect(child.exitCode).toBe(0)
    await expectThousandWhole(topic, outcomes)
  }, trialTimeoutMs)
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

  function readAll(topic: string): Promise<{ code: number | null; stdout: string }> {
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
    const { code, stdout } = await readAll(topic)
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, -1)).toEqual([...lines('a'), ...lines('c')])
    expect(cluster.unexpectedExits).toEqual([])
  })
})
