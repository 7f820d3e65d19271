/**
 * Fetch v4-18 for consumers and followers (the metadata log's own Fetch is 01-fetch-metadata.ts).
 *
 * Consumers read up to the high watermark, read_committed ones up to the last stable offset, with the aborted transactions
 * among it listed for them to leave out; followers read to the log's end. A follower's offset is its word that everything
 * below is safely its own. Answers wait until `minBytes` are readable, something is wrong, or `maxWaitMs` is over.
 * At least one batch comes whole however large, or a big batch would stop a reader for ever.
 * Fetch sessions (KIP-227) are declined, which the protocol allows: a full fetch is answered with session id 0.
 *
 * Version notes: v7 sessions; v9 currentLeaderEpoch; v12 lastFetchedEpoch and divergingEpoch (KIP-595); v13 topic ids;
 * v15 replicaState; v16 currentLeader and nodeEndpoints (KIP-951).
 */
import { apis } from '../../../protocol/apis.ts'
import type { FetchRequest, FetchResponseInput } from '../../../protocol/apis/01-fetch.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { forEachBatch, lastOffset } from '../../../protocol/record-batch.ts'
import type { TimerId } from '../../../ports/events.ts'
import type { AbortedTransaction } from '../log/transactions.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { handler, type Handler, type RequestContext } from '../server/server.ts'
import { AnswerRoom } from './answer-room.ts'
import {
  findLeader, findReplica, hintedEndpoints, leaderHint, noTopicId, topicAsked, wantsLeaderHint, type LeaderHint, type PartitionAsked,
} from './partition-lookup.ts'

type AskedPartition = FetchRequest['topics'][number]['partitions'][number]
type TopicAnswer = FetchResponseInput['responses'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

const noRecords = new Uint8Array(0)
const readCommitted = 1
/** Here, unlike elsewhere, every negative epoch says nothing. */
const noEpoch = -1
const isolationLevels: ReadonlySet<number> = new Set([0, readCommitted])
const topicIdsSinceVersion = 13
/** The field is older (v12), but for the metadata log's own Fetch. */
const hintsSinceVersion = 16

/** One partition of a fetch, with what has been decided about it so far. */
interface Item {
  readonly asked: PartitionAsked
  readonly wants: AskedPartition
  readonly fetchOffset: number
  error: ErrorName
  partition: Partition | undefined
  diverging: { readonly epoch: number; readonly endOffset: number } | undefined
  records: Uint8Array
  /** Among the records, for a read_committed reader. */
  aborted: readonly AbortedTransaction[]
}

export function fetchHandler(node: BrokerNode): Handler {
  const room = new AnswerRoom(node.loop.ports.network)
  return handler(apis.Fetch, (context, request, respond) => {
    if (request.sessionEpoch > 0) {
      return respond({ errorCode: errorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] })
    }
    const isOdd = !isolationLevels.has(request.isolationLevel)
    if (isOdd && asksForKnown(node, request, context.apiVersion)) return respond(unknownIsolation(request, context.apiVersion))
    const fetch = new FetchInWork(node, { request, context, room })
    context.onGone(() => fetch.finish())
    return fetch.run(() => respond(fetch.answer()))
  })
}

/** Whether there is anything to be read: Kafka looks at the isolation level only then. */
function asksForKnown(node: BrokerNode, request: FetchRequest, apiVersion: number): boolean {
  return itemsAsked(request, apiVersion).some(({ asked }) => !isUnknown(findReplica(node, asked).error))
}

/** That it is no replica of it is told in terms of the epoch only to whom gave one. */
function asTold(error: ErrorName, { currentLeaderEpoch }: AskedPartition): ErrorName {
  return error === 'UNKNOWN_LEADER_EPOCH' && currentLeaderEpoch <= noEpoch ? 'NOT_LEADER_OR_FOLLOWER' : error
}

function isUnknown(error: ErrorName): boolean {
  return error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'UNKNOWN_TOPIC_ID'
}

/** As Kafka answers what it has no words for: versions with topic ids name no partition. */
function unknownIsolation({ topics }: FetchRequest, apiVersion: number): FetchResponseInput {
  const code = errorCode.UNKNOWN_SERVER_ERROR
  const refused = { errorCode: code, highWatermark: -1n, abortedTransactions: [], records: noRecords }
  const responses = apiVersion >= topicIdsSinceVersion ? [] : topics.map(({ topic, partitions }) => ({
    topic, partitions: partitions.map(({ partition }) => ({ partitionIndex: partition, ...refused })),
  }))
  return { errorCode: code, responses }
}

/** A partition that is named twice is read once, as it was named last. */
function itemsAsked({ topics }: FetchRequest, apiVersion: number): readonly Item[] {
  const items = new Map<string, Item>()
  for (const { topic, topicId, partitions } of topics) {
    const asked = topicAsked({ topic, topicId }, apiVersion >= topicIdsSinceVersion)
    for (const wants of partitions) {
      items.set(`${topic} ${topicId} ${wants.partition}`, {
        asked: { ...asked, index: wants.partition },
        wants,
        fetchOffset: toNumber(wants.fetchOffset),
        error: 'NONE',
        partition: undefined,
        diverging: undefined,
        records: noRecords,
        aborted: [],
      })
    }
  }
  return [...items.values()]
}

interface Asked {
  readonly request: FetchRequest
  readonly context: RequestContext
  readonly room: AnswerRoom
}

class FetchInWork {
  readonly #node: BrokerNode
  readonly #request: FetchRequest
  readonly #context: RequestContext
  readonly #replicaId: number
  readonly #items: readonly Item[]
  readonly #room: AnswerRoom
  /** What one answer may hold, in the reading that runs or was last. */
  #maxBytes = 0
  #done: (() => void) | undefined
  #timer: TimerId | undefined
  #reading = false
  #again = false
  /** `maxWaitMs` is over. */
  #late = false
  readonly #watcher = (): void => this.#tryAgain()

  constructor(node: BrokerNode, { request, context, room }: Asked) {
    this.#node = node
    this.#room = room
    this.#request = request
    this.#context = context
    this.#replicaId = request.replicaState.replicaId >= 0 ? request.replicaState.replicaId : request.replicaId
    this.#items = itemsAsked(request, context.apiVersion)
  }

  get #isReadCommitted(): boolean {
    return this.#request.isolationLevel === readCommitted
  }

  get #isFollower(): boolean {
    return this.#replicaId >= 0
  }

  run(done: () => void): void {
    this.#done = done
    for (const item of this.#items) {
      this.#check(item)
      if (this.#isFollower && item.partition !== undefined && item.diverging === undefined) {
        const brokerEpoch = toNumber(this.#request.replicaState.replicaEpoch)
        const word = { brokerEpoch, fetchOffset: item.fetchOffset, logStartOffset: toNumber(item.wants.logStartOffset) }
        item.error = asTold(item.partition.followerFetched(this.#replicaId, word), item.wants)
        if (item.error !== 'NONE') item.partition = undefined
      }
    }
    this.#read()
  }

  #check(item: Item): void {
    const found = findLeader(this.#node, item.asked, Math.max(noEpoch, item.wants.currentLeaderEpoch))
    item.error = found.error
    item.partition = undefined
    item.diverging = undefined
    if (found.partition === undefined) return
    const { log } = found.partition
    const { lastFetchedEpoch } = item.wants
    if (lastFetchedEpoch >= 0) {
      const end = log.endOffsetForEpoch(lastFetchedEpoch)
      if (end.leaderEpoch < 0) return this.#refuse(item, 'OFFSET_OUT_OF_RANGE')
      if (end.leaderEpoch < lastFetchedEpoch || end.endOffset < item.fetchOffset) {
        item.diverging = { epoch: end.leaderEpoch, endOffset: end.endOffset }
        item.partition = found.partition
        return
      }
    }
    if (item.fetchOffset < log.logStartOffset || item.fetchOffset > log.logEndOffset) {
      return this.#refuse(item, 'OFFSET_OUT_OF_RANGE')
    }
    item.partition = found.partition
  }

  #refuse(item: Item, error: ErrorName): void {
    item.error = error
  }

  /** How far this reader may read. */
  #bound(partition: Partition): number {
    const { highWatermark, lastStableOffset, log } = partition
    return this.#node.decisions.readBound({
      isFollower: this.#isFollower,
      isReadCommitted: this.#isReadCommitted,
      highWatermark,
      lastStableOffset,
      logEndOffset: log.logEndOffset,
    })
  }

  get #askedBytes(): number {
    const { maxBytes } = this.#request
    return this.#isFollower ? maxBytes : Math.min(maxBytes, this.#node.config.fetchMaxBytes)
  }

  /** Reads partition after partition, because what one takes is no longer there for the next. */
  #read(): void {
    this.#reading = true
    this.#again = false
    this.#maxBytes = this.#room.take(this.#askedBytes)
    let left = this.#maxBytes
    let isFirst = true
    let bytes = 0
    const next = (i: number): void => {
      const item = this.#items[i]
      if (item === undefined) return this.#haveRead(bytes)
      item.records = noRecords
      item.aborted = []
      const { partition } = item
      const endOffset = partition === undefined ? 0 : this.#bound(partition)
      if (partition === undefined || item.diverging !== undefined || item.fetchOffset >= endOffset) return next(i + 1)
      const limits = { maxBytes: Math.min(left, item.wants.partitionMaxBytes), endOffset, atLeastOne: isFirst }
      return partition.log.read(item.fetchOffset, limits, (read) => {
        const records = this.#isDeleted(item, partition) ? noRecords : read
        item.records = records
        if (this.#isReadCommitted) item.aborted = this.#abortedIn(item, partition)
        isFirst &&= records.length === 0
        bytes += this.#countedBytes(item, limits)
        left = Math.max(0, left - records.length)
        next(i + 1)
      })
    }
    next(0)
  }

  /** A follower is told at once that the log starts later than it knows: until it does too, nobody calls that deleted. */
  #mustFollowStart({ partition, wants }: Item): boolean {
    const known = toNumber(wants.logStartOffset)
    return this.#isFollower && known >= 0 && partition !== undefined && known < partition.log.logStartOffset
  }

  /** What was asked for was deleted while it was read: what follows it must not be taken for it. */
  #isDeleted(item: Item, partition: Partition): boolean {
    if (item.fetchOffset >= partition.log.logStartOffset) return false
    item.partition = undefined
    this.#refuse(item, 'OFFSET_OUT_OF_RANGE')
    return true
  }

  /** Towards `minBytes`. Where the limits held batches back it is the limit: waiting would not bring more. */
  #countedBytes({ records, fetchOffset }: Item, limits: { readonly maxBytes: number; readonly endOffset: number }): number {
    if (records.length >= this.#request.minBytes) return records.length
    let end = fetchOffset
    forEachBatch(records, (header) => {
      end = lastOffset(header) + 1
    })
    return end < limits.endOffset ? Math.max(records.length, limits.maxBytes) : records.length
  }

  #haveRead(bytes: number): void {
    this.#reading = false
    this.#room.giveBack(this.#maxBytes)
    if (this.#done === undefined) return
    const settled =
      this.#late ||
      this.#items.length === 0 ||
      bytes >= Math.min(this.#request.minBytes, this.#maxBytes) ||
      this.#request.maxWaitMs <= 0 ||
      this.#items.some((item) => item.error !== 'NONE' || item.diverging !== undefined || this.#mustFollowStart(item))
    if (settled) return this.finish()
    if (this.#again) return this.#tryAgain()
    if (this.#timer === undefined) this.#park()
  }

  /** Keeps nothing of what it has read: it is read again when it is enough, or late. */
  #park(): void {
    this.#timer = this.#node.loop.after(this.#request.maxWaitMs, () => {
      this.#late = true
      this.#tryAgain()
    })
    for (const item of this.#items) {
      item.records = noRecords
      this.#watchers(item.partition)?.add(this.#watcher)
    }
  }

  #watchers(partition: Partition | undefined): Set<() => void> | undefined {
    return this.#isFollower ? partition?.replicaWatchers : partition?.consumerWatchers
  }

  #tryAgain(): void {
    if (this.#done === undefined) return
    this.#again = true
    if (this.#reading) return
    for (const item of this.#items) {
      const watched = this.#watchers(item.partition)
      this.#check(item)
      if (item.partition === undefined) watched?.delete(this.#watcher)
    }
    this.#read()
  }

  /** Answers with what there is; also when nobody waits for it any more. */
  finish(): void {
    const done = this.#done
    if (done === undefined) return
    this.#done = undefined
    if (this.#timer !== undefined) this.#node.loop.cancel(this.#timer)
    for (const { partition } of this.#items) this.#watchers(partition)?.delete(this.#watcher)
    done()
  }

  answer(): FetchResponseInput {
    const hints: LeaderHint[] = []
    const topics = Map.groupBy(this.#items, ({ asked: { topic, topicId } }) => `${topic} ${topicId}`)
    const responses = [...topics.values()].map((items): TopicAnswer => {
      const { topic, topicId } = items[0]!.asked
      const partitions = items.map((item) => this.#answerOf(item, hints))
      return { topic, topicId: topicId === noTopicId ? zeroUuid : topicId, partitions }
    })
    const { apiVersion, listener } = this.#context
    const endpoints = apiVersion >= hintsSinceVersion && !this.#isFollower && { nodeEndpoints: hintedEndpoints(this.#node, hints, listener) }
    return { errorCode: errorCode.NONE, sessionId: 0, responses, ...endpoints }
  }

  #answerOf(item: Item, hints: LeaderHint[]): PartitionAnswer {
    const { error, partition, diverging } = item
    const isCommitted = error === 'NONE' && diverging === undefined && this.#isReadCommitted
    const abortedTransactions = isUnknown(error) || isCommitted ? item.aborted.map(answerOfAborted) : null
    const base = { partitionIndex: item.wants.partition, errorCode: errorCode[error], abortedTransactions }
    if (partition === undefined) {
      const hasHint = this.#context.apiVersion >= hintsSinceVersion && wantsLeaderHint(error)
      const hint = hasHint ? leaderHint(this.#node, item.asked) : undefined
      if (hint !== undefined) hints.push(hint)
      const logStartOffset = this.#logStartOffset(item)
      return { ...base, highWatermark: -1n, logStartOffset, records: noRecords, ...(hint && { currentLeader: hint }) }
    }
    const highWatermark = toBigInt(partition.highWatermark)
    return {
      ...base,
      highWatermark,
      lastStableOffset: toBigInt(partition.lastStableOffset),
      logStartOffset: toBigInt(partition.log.logStartOffset),
      records: item.records,
      ...(diverging && { divergingEpoch: { epoch: diverging.epoch, endOffset: toBigInt(diverging.endOffset) } }),
    }
  }

  #abortedIn({ fetchOffset, records }: Item, partition: Partition): readonly AbortedTransaction[] {
    let endOffset = fetchOffset
    forEachBatch(records, (header) => {
      endOffset = lastOffset(header) + 1
    })
    if (endOffset === fetchOffset) return []
    return this.#node.decisions.abortedToTell(partition.log.transactions.abortedBetween(fetchOffset, endOffset))
  }

  /** A follower that asked for what is gone learns where the log starts now. */
  #logStartOffset(item: Item): bigint {
    if (!this.#isFollower || item.error !== 'OFFSET_OUT_OF_RANGE') return -1n
    const found = findLeader(this.#node, item.asked, -1)
    return found.partition === undefined ? -1n : toBigInt(found.partition.log.logStartOffset)
  }
}

function answerOfAborted({ producerId, firstOffset }: AbortedTransaction): { producerId: bigint; firstOffset: bigint } {
  return { producerId: toBigInt(producerId), firstOffset: toBigInt(firstOffset) }
}
