/**
 * For tests of transactions: a transactional producer on a RoleCluster, in either version of the protocol, that asks again as
 * clients do; and a read_committed reader that leaves out what the fetch tells it to.
 */
import { apis } from '../protocol/apis.ts'
import { readEndTxnMarker } from '../protocol/control-records.ts'
import { errorByCode, errorName } from '../protocol/errors.ts'
import { toBigInt, toNumber } from '../protocol/int64.ts'
import { forEachBatch, isControl, isTransactional, lastOffset } from '../protocol/record-batch.ts'
import { decodeRecords } from '../protocol/record-batch-decode.ts'
import { encodeBatch } from '../protocol/record-batch-encode.ts'
import { partitionOfKey } from '../reference-broker/core/coordinator/key-partition.ts'
import type { RoleCluster } from './role-cluster.testing.ts'

const stateTopic = '__transaction_state'
const attempts = 60
const backoffMs = 100
const noAnswer = 'NETWORK_EXCEPTION'
const text = new TextEncoder()

export class TransactionClient {
  readonly #cluster: RoleCluster
  readonly #transactionalId: string
  /** 1: adds partitions by itself and keeps its epoch. */
  readonly #version: 1 | 2
  producerId = -1
  producerEpoch = -1
  #sequences = new Map<string, number>()
  #added = new Set<string>()

  constructor(cluster: RoleCluster, transactionalId: string, version: 1 | 2) {
    this.#cluster = cluster
    this.#transactionalId = transactionalId
    this.#version = version
  }

  get coordinatorId(): number {
    const partitions = this.#cluster.topic(stateTopic)!.partitions
    return partitions[partitionOfKey(this.#transactionalId, partitions.length)]!.leader
  }

  /** Asks until the answer is not one to ask again for. Returns the error, or NONE. */
  #insist(leader: () => number, ask: (id: number) => string): string {
    let last = noAnswer
    for (let i = 0; i < attempts; i++) {
      const id = leader()
      last = this.#cluster.running.has(id) ? ask(id) : noAnswer
      const isRetriable = last === noAnswer || (errorByName(last)?.retriable ?? false)
      if (!isRetriable) return last
      this.#cluster.pass(backoffMs)
    }
    return last
  }

  /** As a new instance: what was open is aborted, and its producer fenced. */
  init(): string {
    const error = this.#insist(() => this.coordinatorId, (id) => {
      const answer = this.#cluster.tryAsk(id, apis.InitProducerId, { transactionalId: this.#transactionalId, transactionTimeoutMs: 20_000 })
      if (answer === undefined) return noAnswer
      if (answer.errorCode === 0) this.#goOnAs(toNumber(answer.producerId), answer.producerEpoch)
      return errorName(answer.errorCode)
    })
    return error
  }

  #goOnAs(producerId: number, producerEpoch: number): void {
    if (producerId !== this.producerId || producerEpoch !== this.producerEpoch) this.#sequences.clear()
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.#added.clear()
  }

  get #producer(): { transactionalId: string; producerId: bigint; producerEpoch: number } {
    const { producerEpoch } = this
    return { transactionalId: this.#transactionalId, producerId: toBigInt(this.producerId), producerEpoch }
  }

  send(topic: string, index: number, value: string): string {
    const key = `${topic}-${index}`
    if (this.#version === 1 && !this.#added.has(key)) {
      const error = this.#add(topic, index)
      if (error !== 'NONE') return error
      this.#added.add(key)
    }
    const baseSequence = this.#sequences.get(key) ?? 0
    const error = this.#insist(() => this.#cluster.partitionImage(topic, index)?.leader ?? -1, (id) =>
      this.#produce(id, { topic, index, value, baseSequence }))
    if (error === 'NONE') this.#sequences.set(key, baseSequence + 1)
    return error
  }

  #add(topic: string, index: number): string {
    const { transactionalId, producerId, producerEpoch } = this.#producer
    const body = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [index] }],
    }
    return this.#insist(() => this.coordinatorId, (id) => {
      const answer = this.#cluster.tryAsk(id, apis.AddPartitionsToTxn, body, { version: 3 })
      return answer === undefined ? noAnswer : errorName(answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode)
    })
  }

  #produce(id: number, sent: { topic: string; index: number; value: string; baseSequence: number }): string {
    const { topic, index, value, baseSequence } = sent
    const records = encodeBatch({
      records: [{ key: null, value: text.encode(value), timestamp: Math.floor(this.#cluster.world.now()) }],
      producerId: this.producerId,
      producerEpoch: this.producerEpoch,
      baseSequence,
      isTransactional: true,
    })
    const topicData = [{ name: topic, topicId: this.#cluster.topic(topic)!.id, partitionData: [{ index, records }] }]
    const body = { acks: -1, timeoutMs: 3000, transactionalId: this.#transactionalId, topicData }
    const answer = this.#cluster.tryAsk(id, apis.Produce, body, { version: this.#version === 1 ? 11 : 13 })
    return answer === undefined ? noAnswer : errorName(answer.responses[0]!.partitionResponses[0]!.errorCode)
  }

  end(committed: boolean): string {
    const body = { ...this.#producer, committed }
    return this.#insist(() => this.coordinatorId, (id) => {
      const answer = this.#cluster.tryAsk(id, apis.EndTxn, body, { version: this.#version === 1 ? 4 : 5 })
      if (answer === undefined) return noAnswer
      if (answer.errorCode === 0 && this.#version === 2) this.#goOnAs(toNumber(answer.producerId), answer.producerEpoch)
      else if (answer.errorCode === 0) this.#added.clear()
      return errorName(answer.errorCode)
    })
  }
}

function errorByName(name: string): { readonly retriable: boolean } | undefined {
  for (let code = -1; code < 140; code++) {
    const known = errorByCode(code)
    if (known?.name === name) return known
  }
  return undefined
}

/** Every value a read_committed reader is given, in order, up to `end`; without one, until nothing is left open. */
export function readCommitted(cluster: RoleCluster, topic: string, index: number, end?: number): string[] {
  const values: string[] = []
  let offset = 0
  for (let i = 0; i < 200; i++) {
    const fetched = fetchCommitted(cluster, { topic, index, offset })
    if (fetched === undefined) cluster.pass(backoffMs)
    else if (fetched.next === offset && (end === undefined ? fetched.isAll : offset >= end)) return values
    else if (fetched.next === offset) cluster.pass(backoffMs)
    else {
      values.push(...fetched.values)
      offset = fetched.next
    }
  }
  throw new Error(`${topic}-${index} is not readable to its end: stuck at ${offset}`)
}

/** What a read_committed reader is given of the first records now. */
export function peekCommitted(cluster: RoleCluster, topic: string, index: number): readonly string[] {
  return fetchCommitted(cluster, { topic, index, offset: 0 })?.values ?? []
}

interface Fetched {
  readonly values: readonly string[]
  readonly next: number
  /** The last stable offset is the end of what is committed. */
  readonly isAll: boolean
}

function fetchCommitted(cluster: RoleCluster, from: { topic: string; index: number; offset: number }): Fetched | undefined {
  const { topic, index, offset } = from
  const leader = cluster.partitionImage(topic, index)?.leader ?? -1
  if (!cluster.running.has(leader)) return undefined
  const partitions = [{ partition: index, fetchOffset: toBigInt(offset), partitionMaxBytes: 2000 }]
  const answer = cluster.tryAsk(leader, apis.Fetch, {
    maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel: 1, sessionId: 0, sessionEpoch: -1,
    topics: [{ topic, topicId: cluster.topic(topic)!.id, partitions }], forgottenTopicsData: [],
  })
  const fetched = answer?.responses[0]?.partitions[0]
  if (fetched === undefined || fetched.errorCode !== 0) return undefined
  const { values, next } = withoutAborted(fetched.records ?? new Uint8Array(0), offset, fetched.abortedTransactions ?? [])
  return { values, next, isAll: fetched.lastStableOffset === fetched.highWatermark }
}

/** As Kafka's consumers do it: what an aborted producer wrote is left out, from where it began until its marker. */
function withoutAborted(
  bytes: Uint8Array,
  offset: number,
  aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[],
): { values: string[]; next: number } {
  const values: string[] = []
  const begins = aborted.map(({ producerId, firstOffset }) => ({ producerId: toNumber(producerId), firstOffset: toNumber(firstOffset) }))
  const open = new Set<number>()
  let next = offset
  forEachBatch(bytes, (header, at) => {
    next = lastOffset(header) + 1
    for (const { producerId, firstOffset } of begins) {
      if (firstOffset <= lastOffset(header) && firstOffset >= header.baseOffset) open.add(producerId)
      else if (firstOffset < header.baseOffset && at === 0) open.add(producerId)
    }
    if (isControl(header)) {
      if (readEndTxnMarker(bytes, at)?.committed === false) open.delete(header.producerId)
      return
    }
    if (isTransactional(header) && open.has(header.producerId)) return
    for (const record of decodeRecords(bytes, at, { maxBytes: 1 << 20 })) {
      if (record.offset >= offset) values.push(new TextDecoder().decode(record.value!))
    }
  })
  return { values, next }
}
