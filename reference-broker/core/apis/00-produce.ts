/**
 * Produce v3-13: one batch a partition, each partition on its own. What is checked, in Kafka's order, is in
 * 00-produce-batch.ts; here is who waits for what.
 *
 * acks=0 is not answered, and an error then costs the connection, so that the client looks for the leader again.
 * acks=1 is answered when the leader has written. acks=-1 is answered when the high watermark covers the batch: before
 * the append too few in-sync replicas refuse it (NOT_ENOUGH_REPLICAS, nothing written); after it the answer may be
 * NOT_ENOUGH_REPLICAS_AFTER_APPEND or, at `timeoutMs`, REQUEST_TIMED_OUT, although the batch is in the log.
 *
 * Version notes: v7 zstd; v8 record errors; v10 leader hints (KIP-951); v13 topic ids.
 */
import { apis } from '../../../protocol/apis.ts'
import type { ProduceRequest, ProduceResponseInput } from '../../../protocol/apis/00-produce.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { handler, type Handler, type RequestContext } from '../server/server.ts'
import { appendBatch, firstBatch, nothingAppended, requestError, type Appended } from './00-produce-batch.ts'
import { findLeader, hintedEndpoints, leaderHint, noTopicId, topicAsked, wantsLeaderHint, type LeaderHint, type PartitionAsked } from './partition-lookup.ts'

type PartitionAnswer = ProduceResponseInput['responses'][number]['partitionResponses'][number]

const topicIdsSinceVersion = 13

/** One partition of a produce request. */
interface Item {
  readonly asked: PartitionAsked
  readonly records: Uint8Array | null
  outcome: ErrorName | undefined
  appended: Appended | undefined
  /** Gives up waiting for the acknowledgement. */
  stopWaiting: (() => void) | undefined
}

export function produceHandler(node: BrokerNode): Handler {
  return handler(apis.Produce, (context, request, respond) => {
    const { acks } = request
    const items = itemsAsked(request, context.apiVersion)
    const refusal = requestRefusal(request)
    if (refusal !== undefined) for (const item of items) refuseItem(item, refusal.error, refusal)
    const answer = (): void => respond(answerOf(node, context, items))
    if (acks === 0) {
      if (refusal === undefined) for (const item of items) produceItem(node, context, { item, acks, settled: () => undefined })
      const refused = items.find(({ appended }) => appended?.error !== 'NONE')
      if (refused === undefined) return respond(undefined)
      return context.close(`acks=0 produce refused: ${refused.appended?.error ?? refused.outcome}`)
    }
    if (refusal !== undefined) return answer()
    return produceAndWait(node, context, { items, acks, timeoutMs: request.timeoutMs, answer })
  })
}

/** A partition that is named twice is produced to once, with what was named last. */
function itemsAsked({ topicData }: ProduceRequest, apiVersion: number): readonly Item[] {
  const items = new Map<string, Item>()
  for (const { name, topicId, partitionData } of topicData) {
    const asked = topicAsked({ topic: name, topicId }, apiVersion >= topicIdsSinceVersion)
    for (const { index, records } of partitionData) {
      const item = { asked: { ...asked, index }, records, outcome: undefined, appended: undefined, stopWaiting: undefined }
      items.set(`${name} ${topicId} ${index}`, item)
    }
  }
  return [...items.values()]
}

/** What one batch can cost the whole request, as in Kafka, which looks at each before it asks any partition. */
function requestRefusal({ transactionalId, topicData }: ProduceRequest): Partial<Appended> & { readonly error: ErrorName } | undefined {
  for (const { records } of topicData.flatMap(({ partitionData }) => partitionData)) {
    const first = records === null ? 'none' : firstBatch(records)
    if (first === 'corrupt') return { error: 'CORRUPT_MESSAGE', message: 'A batch has an impossible length or format.' }
    if (first === 'transactional') return transactionalId === null ? { error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' } : undefined
  }
  return undefined
}

function refuseItem(item: Item, error: ErrorName, appended: Partial<Appended> = {}): void {
  item.outcome = error
  item.appended = { ...nothingAppended, ...appended, error }
}

function produceAndWait(
  node: BrokerNode,
  context: RequestContext,
  work: { readonly items: readonly Item[]; readonly acks: number; readonly timeoutMs: number; readonly answer: () => void },
): void {
  let open = work.items.length
  if (open === 0) return work.answer()
  const timer = node.loop.after(Math.max(0, work.timeoutMs), () => {
    for (const item of work.items) item.stopWaiting?.()
  })
  for (const item of work.items) {
    produceItem(node, context, {
      item,
      acks: work.acks,
      settled: (error) => {
        item.outcome = error
        item.stopWaiting = undefined
        open--
        if (open > 0) return
        node.loop.cancel(timer)
        work.answer()
      },
    })
  }
}

function produceItem(
  node: BrokerNode,
  context: RequestContext,
  work: { readonly item: Item; readonly acks: number; readonly settled: (error: ErrorName) => void },
): void {
  const { item, acks } = work
  let open = true
  const settled = (error: ErrorName): void => {
    if (!open) return
    open = false
    work.settled(error)
  }
  const refuse = (error: ErrorName, logStartOffset = -1): void => {
    refuseItem(item, error, { logStartOffset })
    settled(error)
  }
  const found = findLeader(node, item.asked, -1)
  if (found.error === 'UNKNOWN_TOPIC_OR_PARTITION' || found.error === 'UNKNOWN_TOPIC_ID') return refuse(found.error)
  const { records } = item
  const malformed = requestError(records, context.apiVersion)
  if (malformed !== undefined || records === null) return refuse(malformed ?? 'INVALID_RECORD')
  if (acks !== 0 && acks !== 1 && acks !== -1) return refuse('INVALID_REQUIRED_ACKS')
  if (found.partition === undefined) return refuse(found.error)
  const { partition } = found
  if (isInternalTopic(partition.options.topic)) return refuse('INVALID_TOPIC_EXCEPTION')
  const members = partition.image.inSyncReplicas.length
  if (acks === -1 && members < partition.minInSyncReplicas) return refuse('NOT_ENOUGH_REPLICAS', partition.log.logStartOffset)
  const written = (): void => {
    if (acks === 1) settled('NONE')
  }
  item.appended = appendBatch(node, partition, { records, written })
  if (item.appended.error !== 'NONE') return settled(item.appended.error)
  item.stopWaiting = () => settled('REQUEST_TIMED_OUT')
  if (acks === -1) waitForAll(partition, item, settled)
  return undefined
}

function waitForAll(partition: Partition, item: Item, settled: (error: ErrorName) => void): void {
  partition.waitForAcknowledge(item.appended!.endOffset, settled)
  if (item.stopWaiting === undefined) return
  item.stopWaiting = () => {
    partition.stopWaiting(settled)
    settled('REQUEST_TIMED_OUT')
  }
}

function answerOf(node: BrokerNode, context: RequestContext, items: readonly Item[]): ProduceResponseInput {
  const hints: LeaderHint[] | undefined = context.apiVersion >= 10 ? [] : undefined
  const topics = Map.groupBy(items, ({ asked }) => `${asked.topic} ${asked.topicId}`)
  const responses = [...topics.values()].map((ofTopic) => ({
    name: ofTopic[0]!.asked.topic,
    topicId: ofTopic[0]!.asked.topicId === noTopicId ? zeroUuid : ofTopic[0]!.asked.topicId,
    partitionResponses: ofTopic.map((item): PartitionAnswer => answerOfItem(node, item, hints)),
  }))
  return { responses, ...(hints && { nodeEndpoints: hintedEndpoints(node, hints, context.listener) }) }
}

/** `hints` takes the leader a client should ask instead; undefined when the version has no place for it. */
function answerOfItem(node: BrokerNode, item: Item, hints: LeaderHint[] | undefined): PartitionAnswer {
  const error = item.outcome ?? 'UNKNOWN_SERVER_ERROR'
  const { appended } = item
  const { index } = item.asked
  if (error === 'NONE' && appended !== undefined) {
    return {
      index,
      errorCode: errorCode.NONE,
      baseOffset: toBigInt(node.decisions.answeredOffset(appended.baseOffset)),
      logAppendTimeMs: toBigInt(appended.logAppendTimeMs),
      logStartOffset: logStartOffset(node, item),
    }
  }
  const hint = hints !== undefined && wantsLeaderHint(error) ? leaderHint(node, item.asked) : undefined
  if (hint !== undefined) hints?.push(hint)
  return {
    index,
    errorCode: errorCode[error],
    baseOffset: -1n,
    logStartOffset: toBigInt(appended?.logStartOffset ?? -1),
    recordErrors: appended?.recordErrors ?? [],
    errorMessage: appended?.message ?? null,
    ...(hint && { currentLeader: hint }),
  }
}

function logStartOffset(node: BrokerNode, item: Item): bigint {
  return toBigInt(node.replicas.get(topicIdOf(node, item), item.asked.index)?.log.logStartOffset ?? -1)
}

function topicIdOf(node: BrokerNode, { asked }: Item): string {
  return node.image.topicsByName.get(asked.topic)?.id ?? asked.topicId
}
