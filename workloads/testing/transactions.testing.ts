/** The coordinator of one transactional id, and of every group, for the tests of this room: it behaves unless a test says otherwise. */
import { apis } from '../../protocol/apis.ts'
import type { AnyApi } from '../../protocol/apis.ts'
import { errorCode } from '../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../protocol/int64.ts'
import type { Decoded } from '../../protocol/message.ts'
import type { Answer, Misbehaviour } from './cluster.testing.ts'

interface Call {
  readonly node: number
  readonly api: AnyApi
  readonly version: number
  readonly request: unknown
}

type Request<Name extends keyof typeof apis> = Decoded<(typeof apis)[Name]['request']>

/** Served with the same shape of answer: one error code. */
const coordinated: ReadonlySet<AnyApi> = new Set<AnyApi>([
  apis.InitProducerId,
  apis.AddPartitionsToTxn,
  apis.AddOffsetsToTxn,
  apis.TxnOffsetCommit,
  apis.EndTxn,
  apis.OffsetCommit,
])

const ofGroups: ReadonlySet<AnyApi> = new Set<AnyApi>([apis.TxnOffsetCommit, apis.OffsetCommit])

const raisingSince = 5

export class TestTransactions {
  coordinator = 0
  groupCoordinator = 1
  producerId = 7000
  producerEpoch = -1
  /** The epoch before, if the end of its transaction raised it: what repeats that end comes with it. */
  #ended: { producerEpoch: number; committed: boolean } | undefined
  /** Of the open transaction. */
  partitions: Set<string> = new Set()
  readonly outcomes: ('committed' | 'aborted')[] = []
  /** By group and partition, those in transactions too. */
  readonly offsets: Map<string, number> = new Map()
  /** Of what is asked of the coordinators; `append` makes the change all the same. */
  onCall: (call: { api: string; node: number; version: number; request: unknown }) => Misbehaviour | undefined = () => undefined

  /** undefined for what is not served here. */
  answer({ node, api, version, request }: Call): Answer | undefined {
    if (api === apis.FindCoordinator) return { body: this.#find(request as Request<'FindCoordinator'>, version) }
    if (!coordinated.has(api)) return undefined
    const script = this.onCall({ api: api.name, node, version, request }) ?? {}
    const isOurs = node === (ofGroups.has(api) ? this.groupCoordinator : this.coordinator)
    const acts = isOurs && (script.append ?? (script.end === undefined && script.error === undefined))
    const code = acts ? this.#act(api, request, version) : isOurs ? errorCode.NONE : errorCode.NOT_COORDINATOR
    if (script.end !== undefined) return { end: script.end }
    return { body: this.#body(api, request, { version, code: script.error ?? code }) }
  }

  #find({ keyType, coordinatorKeys }: Request<'FindCoordinator'>, version: number): unknown {
    const nodeId = keyType === 1 ? this.coordinator : this.groupCoordinator
    const found = { nodeId, host: `b${nodeId}`, port: 9092, errorCode: 0, errorMessage: null }
    return version >= 4 ? { coordinators: coordinatorKeys.map((key) => ({ key, ...found })) } : found
  }

  /** Somebody else takes the transactional id. */
  fence(): void {
    this.producerEpoch++
    this.#close('aborted')
    this.#ended = undefined
  }

  #close(outcome: 'committed' | 'aborted'): void {
    if (this.partitions.size > 0) this.outcomes.push(outcome)
    this.partitions.clear()
  }

  #act(api: AnyApi, request: unknown, version: number): number {
    if (api === apis.InitProducerId) return this.#init(request as Request<'InitProducerId'>)
    if (api === apis.EndTxn) return this.#end(request as Request<'EndTxn'>, version)
    if (api === apis.AddPartitionsToTxn) {
      const asked = request as Request<'AddPartitionsToTxn'>
      return this.#add(asked.v3AndBelowProducerEpoch, asked.v3AndBelowTopics.flatMap(({ name, partitions }) => partitions.map((each) => `${name}-${each}`)))
    }
    if (api === apis.AddOffsetsToTxn) return this.#add((request as Request<'AddOffsetsToTxn'>).producerEpoch, ['offsets'])
    if (api === apis.OffsetCommit) return this.#keep(request as Request<'OffsetCommit'>)
    return this.#commitOffsets(request as Request<'TxnOffsetCommit'>, version)
  }

  #init({ producerId, producerEpoch }: Request<'InitProducerId'>): number {
    if (producerId >= 0n && producerEpoch !== this.producerEpoch) return errorCode.PRODUCER_FENCED
    this.producerEpoch++
    this.#close('aborted')
    this.#ended = undefined
    return errorCode.NONE
  }

  #add(producerEpoch: number, partitions: readonly string[]): number {
    if (producerEpoch !== this.producerEpoch) return errorCode.PRODUCER_FENCED
    for (const partition of partitions) this.partitions.add(partition)
    return errorCode.NONE
  }

  /** Version 2: leaders add what is written. */
  wrote(partition: string, producerEpoch: number): number {
    return this.#add(producerEpoch, [partition]) === errorCode.NONE ? errorCode.NONE : errorCode.INVALID_PRODUCER_EPOCH
  }

  #commitOffsets(request: Request<'TxnOffsetCommit'>, version: number): number {
    if (version >= raisingSince) this.#add(request.producerEpoch, ['offsets'])
    return this.partitions.has('offsets') ? this.#keep(request) : errorCode.INVALID_TXN_STATE
  }

  #keep({ groupId, topics }: Request<'OffsetCommit'> | Request<'TxnOffsetCommit'>): number {
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, committedOffset } of partitions) this.offsets.set(`${groupId} ${name}-${partitionIndex}`, toNumber(committedOffset))
    }
    return errorCode.NONE
  }

  #end({ producerEpoch, committed }: Request<'EndTxn'>, version: number): number {
    const raises = version >= raisingSince
    if (this.#ended?.producerEpoch === producerEpoch && this.partitions.size === 0 && (raises || committed === this.#ended.committed)) {
      return this.#ended.committed === committed ? errorCode.NONE : errorCode.INVALID_TXN_STATE
    }
    if (producerEpoch !== this.producerEpoch) return errorCode.PRODUCER_FENCED
    if (this.partitions.size === 0 && (committed || !raises)) return errorCode.INVALID_TXN_STATE
    this.#ended = { producerEpoch, committed }
    if (raises) this.producerEpoch++
    this.#close(committed ? 'committed' : 'aborted')
    return errorCode.NONE
  }

  #body(api: AnyApi, request: unknown, { version, code }: { version: number; code: number }): unknown {
    const producer = code === 0 ? { producerId: toBigInt(this.producerId), producerEpoch: this.producerEpoch } : {}
    if (api === apis.AddPartitionsToTxn) {
      const { v3AndBelowTopics } = request as Request<'AddPartitionsToTxn'>
      const resultsByTopicV3AndBelow = v3AndBelowTopics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: code })),
      }))
      return { resultsByTopicV3AndBelow }
    }
    if (ofGroups.has(api)) {
      const topics = (request as Request<'OffsetCommit'>).topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
      }))
      return { topics }
    }
    const tellsProducer = api === apis.InitProducerId || (api === apis.EndTxn && version >= raisingSince)
    return { errorCode: code, ...(tellsProducer && { producerId: -1n, producerEpoch: -1, ...producer }) }
  }
}
