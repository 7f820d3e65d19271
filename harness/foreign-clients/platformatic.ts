/** @platformatic/kafka as a library under trial: https://github.com/platformatic/kafka/blob/main/docs/producer.md. */
import type { Producer } from '@platformatic/kafka'
import { addressesOf, retriesIn, versionOf } from './library.ts'
import type { ForeignProducer, ForeignProducerOptions, Library, PlacedRecord } from './library.ts'

type Platformatic = typeof import('@platformatic/kafka')

const retryDelayMs = 250

/** Rejects when it is not installed. */
export async function loadPlatformatic(): Promise<Library> {
  const platformatic = await import('@platformatic/kafka')
  return { name: `@platformatic/kafka ${versionOf('@platformatic/kafka')}`, producer: (options) => new PlatformaticProducer(platformatic, options) }
}

class PlatformaticProducer implements ForeignProducer {
  readonly #options: ForeignProducerOptions
  readonly #producer: Producer<Buffer, Buffer, Buffer, Buffer>

  constructor({ Producer }: Platformatic, options: ForeignProducerOptions) {
    this.#options = options
    const { tls, login } = options.security
    this.#producer = new Producer({
      clientId: options.clientId,
      bootstrapBrokers: addressesOf(options),
      idempotent: options.idempotence,
      autocreateTopics: false,
      retries: retriesIn(options) * (1000 / retryDelayMs),
      retryDelay: retryDelayMs,
      timeout: options.requestTimeoutMs,
      connectTimeout: options.requestTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      ...(tls !== undefined && { tls }),
      ...(login !== undefined && { sasl: { ...login, mechanism: login.mechanism as 'PLAIN' } }),
    })
  }

  async send(records: readonly PlacedRecord[]): Promise<ReadonlyMap<string, number>> {
    const messages = records.map(({ topic, partition, key, value }) => ({
      topic,
      partition,
      ...(key !== null && { key: Buffer.from(key) }),
      ...(value !== null && { value: Buffer.from(value) }),
    }))
    const { offsets = [] } = await this.#producer.send({ messages, acks: this.#options.acks })
    return new Map(offsets.map(({ topic, partition, offset }) => [`${topic}-${partition}`, Number(offset)]))
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }
}
