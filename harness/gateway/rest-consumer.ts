/**
 * A consumer instance of the v2 API: it reads what it is assigned, one request at a time, and belongs to no group. What
 * was polled and did not fit into an answer waits for the next one. In a history each answer is one poll of one process.
 */
import type { AssignedPartition, ConsumerPosition, PolledPartition, TopicPartition, WorkloadClient, WorkloadConsumer } from '../../workloads/client/client.ts'
import { consumerDefaults } from '../../workloads/client/defaults.ts'
import { polledOf } from '../../workloads/keyed-append/reading.ts'
import { keyOf } from '../../workloads/workload.ts'
import type { GatewayLog } from './gateway-log.ts'
import { RestError } from './rest-error.ts'

export type EmbeddedFormat = 'binary' | 'json'

export interface InstanceOptions {
  readonly name: string
  readonly group: string
  readonly format: EmbeddedFormat
  readonly resetPolicy: 'earliest' | 'latest' | 'none'
  readonly isolation: 'read_committed' | 'read_uncommitted'
}

/** Of one answer. */
const recordsMax = 500

export class RestConsumer {
  readonly options: InstanceOptions
  readonly #client: WorkloadClient
  readonly #consumer: WorkloadConsumer
  readonly #log: GatewayLog
  readonly #process: number
  #assigned: readonly AssignedPartition[] = []
  #isReading = false
  #left: PolledPartition[] = []
  usedMs: number

  constructor(client: WorkloadClient, log: GatewayLog, options: InstanceOptions, nowMs: number) {
    this.options = options
    this.#client = client
    this.#log = log
    this.#process = log.borrow()
    this.usedMs = nowMs
    this.#consumer = client.consumer({ ...consumerDefaults, resetPolicy: options.resetPolicy, isolation: options.isolation })
  }

  get assignments(): readonly TopicPartition[] {
    return this.#assigned.map(({ topic, partition }) => ({ topic, partition }))
  }

  /** Throws RestError while a read is open. */
  assign(partitions: readonly TopicPartition[]): void {
    const { resetPolicy } = this.options
    const assigned = partitions.map(({ topic, partition }) => {
      const stood = this.#standing(topic, partition)
      const start = stood ?? (resetPolicy === 'earliest' ? 'beginning' as const : 'end' as const)
      return { topic, partition, start }
    })
    this.#place(assigned, assigned.map(({ topic, partition }) => keyOf(topic, partition)))
  }

  /** Throws RestError when one of them is not assigned. */
  seek(places: readonly AssignedPartition[]): void {
    const at = new Map(places.map((each) => [keyOf(each.topic, each.partition), each]))
    const known = new Set(this.#assigned.map(({ topic, partition }) => keyOf(topic, partition)))
    for (const key of at.keys()) if (!known.has(key)) throw new RestError(409, `No current assignment for partition ${key}`)
    const assigned = this.#assigned.map(({ topic, partition, start }) => {
      const place = at.get(keyOf(topic, partition))
      return place ?? { topic, partition, start: this.#standing(topic, partition) ?? start }
    })
    // In a history: no position is what it was.
    this.#place(assigned, { keys: assigned.map(({ topic, partition }) => keyOf(topic, partition)), seek: 'positions' })
  }

  /** Before what waits here, if anything does. */
  #standing(topic: string, partition: number): ConsumerPosition | undefined {
    const waiting = this.#left.find((each) => each.topic === topic && each.partition === partition)?.records[0]
    return waiting === undefined ? this.#consumer.position(topic, partition) : { offset: waiting.offset, leaderEpoch: -1 }
  }

  #place(assigned: readonly AssignedPartition[], value: unknown): void {
    if (this.#isReading) throw new RestError(409, 'A read of this consumer is open.')
    this.#assigned = assigned
    this.#left = []
    this.#record('invoke', 'assign', value)
    this.#consumer.assign(assigned)
    this.#record('ok', 'assign', value)
  }

  #record(type: 'invoke' | 'ok', f: string, value: unknown): void {
    if (this.#log.isKept) this.#log.record({ process: this.#process, type, f, value, client: this.options.name })
  }

  /** At least one record, if there is any within the time, and at most `bytesMax` if it is not larger itself. */
  async read(timeoutMs: number, bytesMax: number): Promise<PolledPartition[]> {
    if (this.#isReading) throw new RestError(409, 'A read of this consumer is open.')
    this.#isReading = true
    this.#record('invoke', 'poll', [{ f: 'poll' }])
    const polled = this.#left.length > 0 ? this.#left : await this.#poll(timeoutMs)
    const { taken, left } = cut(polled, bytesMax)
    this.#left = left
    this.#record('ok', 'poll', [{ f: 'poll', polled: polledOf(taken) }])
    this.#isReading = false
    return taken
  }

  #poll(timeoutMs: number): Promise<PolledPartition[]> {
    return new Promise((done) => this.#consumer.poll(recordsMax, timeoutMs, (polled) => done([...polled])))
  }

  close(): void {
    this.#client.close()
  }
}

function cut(polled: readonly PolledPartition[], bytesMax: number): { taken: PolledPartition[]; left: PolledPartition[] } {
  const taken: PolledPartition[] = []
  const left: PolledPartition[] = []
  let bytes = 0
  for (const partition of polled) {
    const { records } = partition
    let count = 0
    while (count < records.length) {
      const { key, value } = records[count]!
      const size = (key?.length ?? 0) + (value?.length ?? 0)
      const isFirst = taken.length === 0 && count === 0
      if (left.length > 0 || (!isFirst && bytes + size > bytesMax)) break
      bytes += size
      count++
    }
    if (count > 0) taken.push({ ...partition, records: records.slice(0, count) })
    if (count < records.length) left.push({ ...partition, records: records.slice(count) })
  }
  return { taken, left }
}
