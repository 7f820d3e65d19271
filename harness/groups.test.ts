/**
 * Consumer groups of clients that others wrote, against three broker processes of ours whose coordinator is killed and started
 * again while members join and commit: every acknowledged record is processed, and what is committed ends at the end.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Consumer as PlatformaticConsumer, stringDeserializers } from '@platformatic/kafka'
import type { Consumer, Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { partitionOfKey } from '../reference-broker/core/coordinator/key-partition.ts'
import { kafkajs } from './testing/kafkajs.testing.ts'
import { LiveCluster } from './testing/live-cluster.testing.ts'
import { isMissing } from './testing/optional-tool.testing.ts'

const partitions = 12
const total = 6000
const killAt = 1000
const restartAt = 3000
const offsetsPartitions = 50
const patience = { timeout: 60_000, interval: 20 }
const kafkaDefaults = { sessionTimeout: 6000, heartbeatInterval: 300, rebalanceTimeout: 5000 }

let cluster: LiveCluster
let producer: Producer

beforeAll(async () => {
  cluster = await LiveCluster.start()
  producer = kafkajs(cluster.bootstrap).producer({ allowAutoTopicCreation: false })
  await producer.connect()
})
afterAll(async () => {
  await producer.disconnect()
  await cluster.close()
})

/**
 * Sends values in steps, at most a thousand ahead of what was processed; returns what was acknowledged. One partition a
 * request: of a request to several leaders kafkajs forgets to repeat what moves from a dead one to one that has answered.
 */
async function produce(topic: string, processed: () => number): Promise<string[]> {
  const acknowledged: string[] = []
  for (let at = 0; at < total; at += 100) {
    const values = Array.from({ length: 100 }, (_, i) => `${topic}-${at + i}`)
    const messages = values.map((value, i) => ({ value, partition: (at + i) % partitions }))
    await Promise.all(Array.from({ length: partitions }, (_, partition) =>
      producer.send({ topic, acks: -1, messages: messages.filter((message) => message.partition === partition) })))
    acknowledged.push(...values)
    await vi.waitFor(() => expect(processed()).toBeGreaterThan(at - 1000), patience)
  }
  return acknowledged
}

async function coordinatorOf(group: string): Promise<number> {
  return (await cluster.partition('__consumer_offsets', partitionOfKey(group, offsetsPartitions))).leader
}

/** Kills whoever coordinates the group in mid-stream, and starts it again when the group has gone on. */
async function coordinatorDiesAndReturns(group: string, processed: () => number): Promise<void> {
  await vi.waitFor(() => expect(processed()).toBeGreaterThan(killAt), patience)
  const before = await coordinatorOf(group)
  await cluster.kill(before)
  expect(processed(), 'it was killed in mid-stream').toBeLessThan(restartAt)
  await vi.waitFor(() => expect(processed()).toBeGreaterThan(restartAt), patience)
  expect(await coordinatorOf(group)).not.toBe(before)
  await cluster.restart(before)
}

async function ends(topic: string): Promise<number[]> {
  return Promise.all(Array.from({ length: partitions }, (_, index) => cluster.end(topic, index)))
}

/** What the group has committed, by partition. */
async function committed(group: string, topic: string): Promise<number[]> {
  const admin = kafkajs(cluster.bootstrap).admin()
  await admin.connect()
  try {
    const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    const offsets = Array.from({ length: partitions }, () => -1)
    for (const each of answer?.partitions ?? []) offsets[each.partition] = Number(each.offset)
    return offsets
  } finally {
    await admin.disconnect()
  }
}

/** As DescribeGroups tells it, which knows of classic groups only. */
async function classicState(group: string): Promise<string> {
  const admin = kafkajs(cluster.bootstrap).admin()
  await admin.connect()
  try {
    return (await admin.describeGroups([group])).groups[0]!.state
  } finally {
    await admin.disconnect()
  }
}

describe('kafkajs', () => {
  const consumers: Consumer[] = []
  afterAll(async () => {
    await Promise.all(consumers.map((consumer) => consumer.disconnect()))
  })

  /** Which partitions each member was given last. */
  const assigned = new Map<number, readonly number[]>()

  async function startMember(place: number, group: string, topic: string, processed: Set<string>): Promise<void> {
    const consumer = kafkajs(cluster.bootstrap).consumer({ groupId: group, ...kafkaDefaults, maxWaitTimeInMs: 200 })
    consumers.push(consumer)
    consumer.on('consumer.group_join', ({ payload }) => assigned.set(place, payload.memberAssignment[topic] ?? []))
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommitInterval: 200,
      eachMessage: async ({ message }) => {
        processed.add(message.value!.toString())
      },
    })
  }

  it('three members share twelve partitions and lose nothing while their coordinator dies', async () => {
    const topic = 'group-kafkajs'
    const processed = new Set<string>()
    await cluster.createTopic(topic, { partitions })
    await Promise.all([0, 1, 2].map((place) => startMember(place, 'kafkajs-group', topic, processed)))
    const count = (): number => processed.size
    const [acknowledged] = await Promise.all([produce(topic, count), coordinatorDiesAndReturns('kafkajs-group', count)])
    await vi.waitFor(() => expect(acknowledged.filter((value) => !processed.has(value))).toEqual([]), patience)
    await vi.waitFor(async () => expect(await committed('kafkajs-group', topic)).toEqual(await ends(topic)), patience)
    const shares = [...assigned.values()]
    expect(shares.map((share) => share.length)).toEqual([4, 4, 4])
    expect(shares.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, index) => index))
    expect(cluster.unexpectedExits).toEqual([])
  })
})

describe('@platformatic/kafka, by the consumer protocol (KIP-848)', () => {
  type Member = PlatformaticConsumer<string, string, string, string>
  const members: Member[] = []
  const closing = new AbortController()
  afterAll(async () => {
    closing.abort()
    await Promise.allSettled(members.map((member) => member.close(true)))
  })

  /** Its stream ends with the first error it is not made for; then a new member takes its place. */
  async function keepReading(group: string, topic: string, processed: Set<string>): Promise<void> {
    while (!closing.signal.aborted) {
      const member: Member = new PlatformaticConsumer({
        groupId: group, clientId: 'platformatic', bootstrapBrokers: cluster.bootstrap, groupProtocol: 'consumer', deserializers: stringDeserializers,
        autocommit: 100, maxWaitTime: 200, retries: 20, retryDelay: 100, timeout: 2000, connectTimeout: 1000,
      })
      members.push(member)
      try {
        const stream = await member.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
        for await (const message of stream) processed.add(message.value)
      } catch {
        await member.close(true).catch(() => undefined)
      }
    }
  }

  it('three members share twelve partitions and lose nothing while their coordinator dies', async () => {
    const topic = 'group-platformatic'
    const processed = new Set<string>()
    await cluster.createTopic(topic, { partitions })
    for (let i = 0; i < 3; i++) void keepReading('platformatic-group', topic, processed)
    const count = (): number => processed.size
    const [acknowledged] = await Promise.all([produce(topic, count), coordinatorDiesAndReturns('platformatic-group', count)])
    await vi.waitFor(() => expect(acknowledged.filter((value) => !processed.has(value))).toEqual([]), patience)
    await vi.waitFor(async () => expect(await committed('platformatic-group', topic)).toEqual(await ends(topic)), patience)
    expect(await classicState('platformatic-group'), 'it is no classic group').toBe('Dead')
    expect(cluster.unexpectedExits).toEqual([])
  })
})

const kcatMissing = isMissing('kcat')

describe.skipIf(kcatMissing)(kcatMissing ? 'kcat (kcat is not installed)' : 'kcat', () => {
  const members: ChildProcess[] = []
  afterAll(() => {
    for (const member of members) member.kill('SIGKILL')
  })

  function startMember(group: string, topic: string, processed: Set<string>): ChildProcess {
    const settings = ['auto.offset.reset=earliest', 'session.timeout.ms=6000', 'heartbeat.interval.ms=300', 'auto.commit.interval.ms=200']
    const options = settings.flatMap((setting) => ['-X', setting])
    const argv = ['-b', cluster.bootstrap.join(','), '-G', group, ...options, '-u', '-f', '%s\n', topic]
    const child = spawn('kcat', argv, { stdio: ['ignore', 'pipe', 'ignore'] })
    members.push(child)
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      const lines = (rest + more).split('\n')
      rest = lines.pop()!
      for (const line of lines) processed.add(line)
    })
    return child
  }

  it('three members share twelve partitions and lose nothing while their coordinator dies', async () => {
    const topic = 'group-kcat'
    const processed = new Set<string>()
    await cluster.createTopic(topic, { partitions })
    const started = [0, 1, 2].map(() => startMember('kcat-group', topic, processed))
    const count = (): number => processed.size
    const [acknowledged] = await Promise.all([produce(topic, count), coordinatorDiesAndReturns('kcat-group', count)])
    await vi.waitFor(() => expect(acknowledged.filter((value) => !processed.has(value))).toEqual([]), patience)
    await vi.waitFor(async () => expect(await committed('kcat-group', topic)).toEqual(await ends(topic)), patience)
    const exits = started.map((child) => once(child, 'close'))
    for (const child of started) child.kill('SIGTERM')
    await Promise.all(exits)
    expect(cluster.unexpectedExits).toEqual([])
  })
})
