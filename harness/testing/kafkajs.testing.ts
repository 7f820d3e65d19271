/** kafkajs as a client of our brokers. Its consumer needs groups, so reading takes the Fetch of its inner broker. */
import { createRequire } from 'node:module'
import { Kafka, logLevel, type Message, type Producer } from 'kafkajs'

export interface ReadRecord {
  readonly offset: number
  readonly value: string
}

interface FetchedMessage {
  readonly offset: string
  readonly value: Buffer
}

interface InnerBroker {
  fetch(request: unknown): Promise<{
    responses: { partitions: { highWatermark: string; messages: FetchedMessage[] }[] }[]
  }>
}

interface InnerCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  findTopicPartitionMetadata(topic: string): { leader: number }[]
  findBroker(which: { nodeId: number }): Promise<InnerBroker>
}

type InnerClusterClass = new (options: unknown) => InnerCluster

const require = createRequire(import.meta.url)
const Cluster = require('kafkajs/src/cluster') as InnerClusterClass
const createSocketFactory = require('kafkajs/src/network/socketFactory') as () => unknown

/** Ends only when it must: a leader that is gone for seconds is no reason to give up. */
const retry = { retries: 100, initialRetryTime: 50, maxRetryTime: 500 }
const requestTimeout = 2000

export function kafkajs(brokers: string[], clientId = 'kafkajs'): Kafka {
  return new Kafka({ clientId, brokers, logLevel: logLevel.NOTHING, retry, requestTimeout, connectionTimeout: 1000 })
}

/** Sends these values to partition 0 and resolves when they are acknowledged by all in-sync replicas. */
export async function sendAll(producer: Producer, topic: string, values: readonly string[]): Promise<void> {
  const messages = values.map((value): Message => ({ value, partition: 0 }))
  await producer.send({ topic, acks: -1, messages })
}

/** Everything of partition 0 from the start to the high watermark. */
export async function readAll(brokers: string[], topic: string): Promise<ReadRecord[]> {
  const logger = kafkajs(brokers).logger()
  const socketFactory = createSocketFactory()
  const cluster = new Cluster({ logger, socketFactory, brokers, clientId: 'kafkajs', metadataMaxAge: 60_000, retry, requestTimeout, connectionTimeout: 1000 })
  await cluster.connect()
  try {
    await cluster.addTargetTopic(topic)
    const leader = await cluster.findBroker({ nodeId: cluster.findTopicPartitionMetadata(topic)[0]!.leader })
    const records: ReadRecord[] = []
    for (;;) {
      const position = records.length === 0 ? 0 : records.at(-1)!.offset + 1
      const partitions = [{ partition: 0, fetchOffset: String(position), maxBytes: 1 << 20 }]
      const { responses } = await leader.fetch({ maxWaitTime: 500, minBytes: 1, maxBytes: 1 << 20, topics: [{ topic, partitions }] })
      const { highWatermark, messages } = responses[0]!.partitions[0]!
      for (const { offset, value } of messages) {
        if (Number(offset) >= position) records.push({ offset: Number(offset), value: value.toString() })
      }
      if (position >= Number(highWatermark)) return records
    }
  } finally {
    await cluster.disconnect()
  }
}
