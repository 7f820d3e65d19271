/** kafkajs as a library under trial: https://kafka.js.org/docs/producing. */
import type { KafkaConfig, Producer, SASLOptions } from 'kafkajs'
import { addressesOf, retriesIn, retryBackoffMaxMs, versionOf } from './library.ts'
import type { ForeignProducer, ForeignProducerOptions, Library, PlacedRecord } from './library.ts'

type Kafkajs = typeof import('kafkajs')

/** Rejects when it is not installed. */
export async function loadKafkajs(): Promise<Library> {
  const kafkajs = await import('kafkajs')
  return { name: `kafkajs ${versionOf('kafkajs')}`, producer: (options) => new KafkajsProducer(kafkajs, options) }
}

class KafkajsProducer implements ForeignProducer {
  readonly #options: ForeignProducerOptions
  readonly #producer: Producer
  #connected: Promise<void> | undefined

  constructor({ Kafka, Partitioners, logLevel }: Kafkajs, options: ForeignProducerOptions) {
    this.#options = options
    const retry = { retries: retriesIn(options), initialRetryTime: 100, maxRetryTime: retryBackoffMaxMs }
    const kafka = new Kafka({
      clientId: options.clientId,
      brokers: addressesOf(options),
      logLevel: logLevel.NOTHING,
      requestTimeout: options.requestTimeoutMs,
      connectionTimeout: options.requestTimeoutMs,
      retry,
      ...securityOf(options),
    })
    this.#producer = kafka.producer({
      idempotent: options.idempotence,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry,
    })
  }

  async send(records: readonly PlacedRecord[]): Promise<ReadonlyMap<string, number>> {
    await this.#connect()
    const byTopic = Map.groupBy(records, ({ topic }) => topic)
    const topicMessages = [...byTopic].map(([topic, all]) => ({
      topic,
      messages: all.map(({ partition, key, value }) => ({ partition, key: bufferOf(key), value: bufferOf(value) })),
    }))
    const told = await this.#producer.sendBatch({ acks: this.#options.acks, topicMessages })
    return new Map(told.flatMap(({ topicName, partition, baseOffset }) => {
      return baseOffset === undefined ? [] : [[`${topicName}-${partition}`, Number(baseOffset)]]
    }))
  }

  /** Again after a failure. */
  #connect(): Promise<void> {
    this.#connected ??= this.#producer.connect().catch((error: unknown) => {
      this.#connected = undefined
      throw error
    })
    return this.#connected
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function securityOf({ security: { tls, login } }: ForeignProducerOptions): Partial<KafkaConfig> {
  return {
    ...(tls !== undefined && { ssl: tls }),
    ...(login !== undefined && { sasl: { ...login, mechanism: login.mechanism.toLowerCase() } as SASLOptions }),
  }
}
