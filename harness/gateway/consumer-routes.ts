/**
 * Reading, v2: consumer instances, their assignments and positions, and records. By assignment only: there is no
 * subscription and no committed offset here, and instances that nobody uses for a while are closed.
 */
import type { FastifyInstance } from 'fastify'
import type { ConsumedRecord, PolledPartition, TopicPartition, WorkloadClient } from '../../workloads/client/client.ts'
import type { GatewayLog } from './gateway-log.ts'
import { objectOf } from './json-body.ts'
import { RestConsumer, type EmbeddedFormat, type InstanceOptions } from './rest-consumer.ts'
import { RestError } from './rest-error.ts'

export interface ConsumerContext {
  readonly makeClient: (name: string) => WorkloadClient
  readonly log: GatewayLog
  readonly now: () => number
  readonly instancesMax: number
  readonly idleMs: number
}

interface InstanceRoute {
  Params: { readonly group: string; readonly instance: string }
  Querystring: { readonly timeout?: string; readonly max_bytes?: string }
}

const defaultTimeoutMs = 1000
const timeoutMsMax = 30_000
const defaultBytes = 1_048_576
const bytesMax = 16_777_216

export class ConsumerInstances {
  readonly #context: ConsumerContext
  readonly #instances = new Map<string, RestConsumer>()
  #made = 0

  constructor(context: ConsumerContext) {
    this.#context = context
  }

  make(group: string, body: unknown): RestConsumer {
    this.closeIdle()
    const options = this.#optionsOf(group, body)
    const key = `${group}/${options.name}`
    if (this.#instances.has(key)) throw new RestError(40_902, 'Consumer instance with the specified name already exists.')
    if (this.#instances.size >= this.#context.instancesMax) throw new RestError(429, 'Too many consumer instances are open.', 1)
    const { makeClient, log, now } = this.#context
    const consumer = new RestConsumer(makeClient(options.name), log, options, now())
    this.#instances.set(key, consumer)
    return consumer
  }

  /** Throws RestError. */
  get({ group, instance }: InstanceRoute['Params']): RestConsumer {
    const consumer = this.#instances.get(`${group}/${instance}`)
    if (consumer === undefined) throw new RestError(40_403, 'Consumer instance not found.')
    consumer.usedMs = this.#context.now()
    return consumer
  }

  delete(params: InstanceRoute['Params']): void {
    this.get(params).close()
    this.#instances.delete(`${params.group}/${params.instance}`)
  }

  closeIdle(): void {
    const beforeMs = this.#context.now() - this.#context.idleMs
    for (const [key, consumer] of this.#instances) {
      if (consumer.usedMs >= beforeMs) continue
      consumer.close()
      this.#instances.delete(key)
    }
  }

  closeAll(): void {
    for (const consumer of this.#instances.values()) consumer.close()
    this.#instances.clear()
  }

  #optionsOf(group: string, body: unknown): InstanceOptions {
    const { name, format = 'binary', ...rest } = objectOf(body ?? {})
    if (name !== undefined && (typeof name !== 'string' || name === '')) throw invalidConfig('name')
    if (format !== 'binary' && format !== 'json') throw invalidConfig('format')
    const reset = rest['auto.offset.reset'] ?? 'latest'
    if (reset !== 'earliest' && reset !== 'latest' && reset !== 'none') throw invalidConfig('auto.offset.reset')
    const isolation = rest['isolation.level'] ?? 'read_uncommitted'
    if (isolation !== 'read_committed' && isolation !== 'read_uncommitted') throw invalidConfig('isolation.level')
    return { name: name ?? `rest-consumer-${++this.#made}`, group, format, resetPolicy: reset, isolation }
  }
}

function invalidConfig(name: string): RestError {
  return new RestError(42_204, `Invalid consumer configuration: ${name}`)
}

const instancePath = '/consumers/:group/instances/:instance'

export function addConsumerRoutes(server: FastifyInstance, instances: ConsumerInstances): void {
  server.post<InstanceRoute>('/consumers/:group', async (request) => {
    const { options } = instances.make(request.params.group, request.body)
    const path = `consumers/${encodeURIComponent(options.group)}/instances/${encodeURIComponent(options.name)}`
    return { instance_id: options.name, base_uri: `${request.protocol}://${request.host}/${path}` }
  })
  server.delete<InstanceRoute>(instancePath, async (request, reply) => {
    instances.delete(request.params)
    return reply.code(204).send()
  })
  server.get<InstanceRoute>(`${instancePath}/assignments`, async (request) => ({ partitions: instances.get(request.params).assignments }))
  server.post<InstanceRoute>(`${instancePath}/assignments`, async (request, reply) => {
    instances.get(request.params).assign(partitionsOf(request.body))
    return reply.code(204).send()
  })
  server.post<InstanceRoute>(`${instancePath}/positions`, async (request, reply) => {
    const { offsets } = objectOf(request.body)
    const places = listOf(offsets, 'offsets').map((each) => {
      const { offset } = objectOf(each)
      if (!Number.isSafeInteger(offset) || (offset as number) < 0) throw new RestError(422, 'offset is a whole number from 0')
      return { ...partitionOf(each), start: { offset: offset as number, leaderEpoch: -1 } }
    })
    instances.get(request.params).seek(places)
    return reply.code(204).send()
  })
  for (const [place, start] of [['beginning', 'beginning'], ['end', 'end']] as const) {
    server.post<InstanceRoute>(`${instancePath}/positions/${place}`, async (request, reply) => {
      instances.get(request.params).seek(partitionsOf(request.body).map((each) => ({ ...each, start })))
      return reply.code(204).send()
    })
  }
  addRecordsRoute(server, instances)
}

function addRecordsRoute(server: FastifyInstance, instances: ConsumerInstances): void {
  server.get<InstanceRoute>(`${instancePath}/records`, async (request, reply) => {
    const consumer = instances.get(request.params)
    const { format } = consumer.options
    const accepted = request.headers.accept ?? '*/*'
    if (/vnd\.kafka\.(?!v2)/.test(accepted) && !accepted.includes(`vnd.kafka.${format}.`)) {
      throw new RestError(40_601, 'The requested embedded data format does not match the deserializer for this consumer instance')
    }
    const { timeout, max_bytes: bytes } = request.query
    const polled = await consumer.read(numberOf(timeout, defaultTimeoutMs, timeoutMsMax), numberOf(bytes, defaultBytes, bytesMax))
    reply.header('content-type', `application/vnd.kafka.${format}.v2+json`)
    return reply.send(JSON.stringify(polled.flatMap((each) => recordsOf(each, format))))
  })
}

function recordsOf({ topic, partition, records }: PolledPartition, format: EmbeddedFormat): unknown[] {
  return records.map(({ offset, key, value }: ConsumedRecord) => ({
    topic,
    key: shown(key, format),
    value: shown(value, format),
    partition,
    offset,
  }))
}

/** Throws RestError for what is not JSON in an instance that reads JSON. */
function shown(bytes: Uint8Array | null, format: EmbeddedFormat): unknown {
  if (bytes === null) return null
  if (format === 'binary') return Buffer.from(bytes).toString('base64')
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw new RestError(50_002, 'A record is not JSON; read it with the format binary.')
  }
}

function numberOf(text: string | undefined, absent: number, max: number): number {
  if (text === undefined) return absent
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new RestError(400, 'timeout and max_bytes are whole numbers from 0')
  return Math.min(number, max)
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RestError(422, `${name} is a list`)
  return value
}

function partitionOf(value: unknown): TopicPartition {
  const { topic, partition } = objectOf(value)
  if (typeof topic !== 'string' || topic === '') throw new RestError(422, 'topic is a name')
  if (!Number.isInteger(partition) || (partition as number) < 0) throw new RestError(422, 'partition is a whole number from 0')
  return { topic, partition: partition as number }
}

function partitionsOf(body: unknown): TopicPartition[] {
  return listOf(objectOf(body)['partitions'], 'partitions').map(partitionOf)
}
