/**
 * A transactional producer of a script, in either version of the protocol. It keeps count of its epoch and sequences as clients
 * do, asks once and tells what it was answered; whatever a script wants otherwise it says.
 */
import { apis } from '../../protocol/apis.ts'
import type { ProduceResponse } from '../../protocol/apis/00-produce.ts'
import type { InitProducerIdResponse } from '../../protocol/apis/22-init-producer-id.ts'
import { toBigInt, toNumber } from '../../protocol/int64.ts'
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import type { Play } from './play.ts'
import type { TransactionVersion } from './race.ts'
import type { RawClient, Reply } from './raw-client.ts'
import type { Stage } from './stage.ts'

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** Instead of what the producer itself would say. */
export interface Otherwise extends Partial<Identity> {
  readonly baseSequence?: number
  readonly connection?: string
  /** Records in the batch, of which the value told is the first. */
  readonly more?: readonly string[]
  readonly isTransactional?: boolean
  readonly maxVersion?: number
}

export interface ProduceReply extends Reply<ProduceResponse> {
  /** -1 when it was not told. */
  readonly offset: number
}

const text = new TextEncoder()
/** The last versions without topic ids, and without the second version of transactions. */
const produceVersions = { 1: 11, 2: 12 } as const
const endVersions = { 1: 4, 2: 5 } as const
const offsetVersions = { 1: 4, 2: 5 } as const
const addVersion = 3
const produceTimeoutMs = 3000

export class RaceProducer {
  readonly raw: RawClient
  readonly transactionalId: string
  readonly #stage: Stage
  readonly #timeoutMs: number
  producerId = -1
  producerEpoch = -1
  /** The version it speaks at the moment. */
  speaks: TransactionVersion
  readonly #sequences = new Map<string, number>()

  constructor(stage: Stage, raw: RawClient, { transactionalId, timeoutMs }: { readonly transactionalId: string; readonly timeoutMs: number }) {
    this.#stage = stage
    this.raw = raw
    this.transactionalId = transactionalId
    this.#timeoutMs = timeoutMs
    this.speaks = stage.version
  }

  get identity(): Identity {
    const { producerId, producerEpoch } = this
    return { producerId, producerEpoch }
  }

  goOnAs({ producerId, producerEpoch }: Identity): void {
    if (producerId !== this.producerId || producerEpoch !== this.producerEpoch) this.#sequences.clear()
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }

  nextSequence(partition: number): number {
    return this.#sequences.get(this.#stage.key(partition)) ?? 0
  }

  setSequence(partition: number, next: number): void {
    this.#sequences.set(this.#stage.key(partition), next)
  }

  /** Asks once. As a new instance, or, with an identity, as one that goes on (KIP-360). */
  *init(as: Identity = { producerId: -1, producerEpoch: -1 }): Play<Reply<InitProducerIdResponse>> {
    const { transactionalId } = this
    const node = yield* this.#stage.coordinatorOf(transactionalId)
    const body = { transactionalId, transactionTimeoutMs: this.#timeoutMs, producerId: toBigInt(as.producerId), producerEpoch: as.producerEpoch }
    const reply = yield* this.raw.ask(apis.InitProducerId, body, { node })
    if (reply.error === 'NONE') this.goOnAs({ producerId: toNumber(reply.body!.producerId), producerEpoch: reply.body!.producerEpoch })
    return reply
  }

  /** Without transactions, as an idempotent producer only. */
  *initIdempotent(): Play<Reply<InitProducerIdResponse>> {
    const node = yield* this.#stage.leaderOf(0)
    const reply = yield* this.raw.ask(apis.InitProducerId, { transactionalId: null, transactionTimeoutMs: this.#timeoutMs }, { node })
    if (reply.error === 'NONE') this.goOnAs({ producerId: toNumber(reply.body!.producerId), producerEpoch: reply.body!.producerEpoch })
    return reply
  }

  /** Without a question under version 2, where leaders do it. */
  *add(partitions: readonly number[], otherwise: Otherwise = {}): Play<Reply> {
    const node = yield* this.#stage.coordinatorOf(this.transactionalId)
    if (this.speaks === 2) return { error: 'NONE', node }
    const { producerId, producerEpoch } = { ...this.identity, ...otherwise }
    return yield* this.raw.ask(apis.AddPartitionsToTxn, {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: toBigInt(producerId),
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: this.#stage.topic, partitions: [...partitions] }],
    }, { node, maxVersion: addVersion, ...connectionOf(otherwise) })
  }

  *produce(partition: number, value: string, otherwise: Otherwise = {}): Play<ProduceReply> {
    const stage = this.#stage
    const node = yield* stage.leaderOf(partition)
    const { producerId, producerEpoch } = { ...this.identity, ...otherwise }
    const baseSequence = otherwise.baseSequence ?? this.nextSequence(partition)
    const values = [value, ...(otherwise.more ?? [])]
    const isTransactional = otherwise.isTransactional ?? true
    const records = encodeBatch({
      records: values.map((each) => ({ key: null, value: text.encode(each), timestamp: stage.wallNow() })),
      producerId,
      producerEpoch,
      baseSequence,
      isTransactional,
    })
    stage.sentAs(value, `${producerId}/${producerEpoch}/${baseSequence}`)
    const topicData = [{ name: stage.topic, partitionData: [{ index: partition, records }] }]
    const transactionalId = isTransactional ? this.transactionalId : null
    const maxVersion = otherwise.maxVersion ?? produceVersions[this.speaks]
    const reply = yield* this.raw.ask(apis.Produce, { transactionalId, acks: -1, timeoutMs: produceTimeoutMs, topicData }, { node, maxVersion, ...connectionOf(otherwise) })
    if (reply.error === 'NONE') this.setSequence(partition, baseSequence + values.length)
    const offset = reply.body?.responses[0]?.partitionResponses[0]?.baseOffset ?? -1n
    return { ...reply, offset: toNumber(offset) }
  }

  *addOffsets(group: string): Play<Reply> {
    const node = yield* this.#stage.coordinatorOf(this.transactionalId)
    if (this.speaks === 2) return { error: 'NONE', node }
    const body = { transactionalId: this.transactionalId, producerId: toBigInt(this.producerId), producerEpoch: this.producerEpoch, groupId: group }
    return yield* this.raw.ask(apis.AddOffsetsToTxn, body, { node })
  }

  *commitOffset(group: string, partition: number, offset: number): Play<Reply> {
    const node = yield* this.#stage.groupCoordinatorOf(group)
    return yield* this.raw.ask(apis.TxnOffsetCommit, {
      transactionalId: this.transactionalId,
      groupId: group,
      producerId: toBigInt(this.producerId),
      producerEpoch: this.producerEpoch,
      topics: [{ name: this.#stage.topic, partitions: [{ partitionIndex: partition, committedOffset: toBigInt(offset), committedMetadata: '' }] }],
    }, { node, maxVersion: offsetVersions[this.speaks] })
  }

  *end(committed: boolean, otherwise: Otherwise = {}): Play<Reply> {
    const node = yield* this.#stage.coordinatorOf(this.transactionalId)
    const { producerId, producerEpoch } = { ...this.identity, ...otherwise }
    const body = { transactionalId: this.transactionalId, producerId: toBigInt(producerId), producerEpoch, committed }
    const reply = yield* this.raw.ask(apis.EndTxn, body, { node, maxVersion: otherwise.maxVersion ?? endVersions[this.speaks], ...connectionOf(otherwise) })
    const next = reply.body
    if (reply.error === 'NONE' && next !== undefined && next.producerId >= 0n) {
      this.goOnAs({ producerId: toNumber(next.producerId), producerEpoch: next.producerEpoch })
    }
    return reply
  }
}

function connectionOf({ connection }: Otherwise): { connection?: string } {
  return connection === undefined ? {} : { connection }
}
