/**
 * Records on their way from HTTP to the cluster: one producer batches and pipelines them all. What may be open at a time is
 * bounded, in records and in bytes; beyond it nothing is taken in, and nothing is recorded of what was not taken in.
 */
import type { SendOutcome, WorkloadProducer } from '../../workloads/client/client.ts'
import { partitionOfKey } from '../../workloads/client/partitioner.ts'
import { completionOf } from '../../workloads/keyed-append/send-completion.ts'
import { decodeValue } from '../../workloads/keyed-append/values.ts'
import { keyOf } from '../../workloads/workload.ts'
import type { GatewayLog } from './gateway-log.ts'
import type { AskedRecord } from './record-of-json.ts'
import { RestError } from './rest-error.ts'

export interface SenderOptions {
  readonly producer: WorkloadProducer
  readonly log: GatewayLog
  /** The name of the client in the history. */
  readonly name: string
  readonly acks: 0 | 1 | -1
  readonly openRecordsMax: number
  readonly openBytesMax: number
  readonly wallNow: () => number
}

export interface Sent {
  readonly outcome: SendOutcome
  readonly timestamp: number
}

/** What a record takes beside its key and value, about. */
const recordBytes = 200

export class GatewaySender {
  readonly #options: SenderOptions
  #openRecords = 0
  #openBytes = 0
  #nextPartition = 0
  #whenIdle: (() => void) | undefined
  /** Per key the largest offset acknowledged. */
  readonly acknowledged: Map<string, number> = new Map()
  readonly counts: Record<'ok' | 'fail' | 'info' | 'refused', number> = { ok: 0, fail: 0, info: 0, refused: 0 }

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** `partitions` of the topic. Throws RestError when there is no room, or no such partition: then nothing was begun. */
  send(topic: string, asked: AskedRecord, partitions: number, done: (sent: Sent) => void): void {
    const { producer, log, name, acks, openRecordsMax, openBytesMax, wallNow } = this.#options
    if (asked.partition !== undefined && asked.partition >= partitions) throw new RestError(40_403, 'This server does not host this topic-partition.')
    const sizeBytes = (asked.key?.length ?? 0) + (asked.value?.length ?? 0) + recordBytes
    if (this.#openRecords >= openRecordsMax || (this.#openRecords > 0 && this.#openBytes + sizeBytes > openBytesMax)) {
      this.counts.refused++
      throw new RestError(429, 'Too many records are open; try again later.', 1)
    }
    const partition = asked.partition ?? this.#partitionOf(asked.key, partitions)
    const timestamp = asked.timestamp ?? wallNow()
    this.#openRecords++
    this.#openBytes += sizeBytes
    const key = keyOf(topic, partition)
    const process = log.isKept ? log.borrow() : 0
    const value = log.isKept ? decodeValue(asked.value) : ''
    if (log.isKept) log.record({ process, type: 'invoke', f: 'send', value: [{ f: 'send', key, value }], client: name })
    const { key: recordKey, value: recordValue, headers } = asked
    const record = { topic, partition, key: recordKey, value: recordValue, timestamp, ...(headers !== undefined && { headers }) }
    producer.send(record, (outcome) => {
      this.#openRecords--
      this.#openBytes -= sizeBytes
      this.#count(key, outcome)
      if (log.isKept) {
        const completion = completionOf({ process, topic, key, value }, outcome, acks)
        log.record({ ...completion, client: name })
        log.giveBack(process, completion.type)
      }
      done({ outcome, timestamp: outcome.type === 'ok' ? (outcome.timestamp ?? timestamp) : timestamp })
      if (this.#openRecords === 0) this.#whenIdle?.()
    })
  }

  /** `done` as soon as nothing is open. */
  idle(done: () => void): void {
    if (this.#openRecords === 0) return done()
    this.#whenIdle = () => {
      this.#whenIdle = undefined
      done()
    }
  }

  #count(key: string, outcome: SendOutcome): void {
    this.counts[outcome.type]++
    if (outcome.type !== 'ok' || outcome.offset === undefined) return
    this.acknowledged.set(key, Math.max(outcome.offset, this.acknowledged.get(key) ?? -1))
  }

  /** Without a key in turn: every partition carries its share, whatever the batches. */
  #partitionOf(key: Uint8Array | null, partitions: number): number {
    if (key !== null) return partitionOfKey(key, partitions)
    this.#nextPartition = (this.#nextPartition + 1) % partitions
    return this.#nextPartition
  }
}

