/**
 * Produce v3-13: one batch a partition, each partition on its own (00-produce-item.ts). What is checked, in Kafka's order, is in
 * 00-produce-batch.ts; here is the request as a whole.
 *
 * acks=0 is not answered, and an error then costs the connection, so that the client looks for the leader again.
 * acks=1 is answered when the leader has written. acks=-1 is answered when the high watermark covers the batch: before
 * the append too few in-sync replicas refuse it (NOT_ENOUGH_REPLICAS, nothing written); after it the answer may be
 * NOT_ENOUGH_REPLICAS_AFTER_APPEND or, at `timeoutMs`, REQUEST_TIMED_OUT, although the batch is in the log.
 *
 * Version notes: v7 zstd; v8 record errors; v10 leader hints (KIP-951); v11 TRANSACTION_ABORTABLE; v12 the partition
 * becomes part of the transaction by itself (KIP-890); v13 topic ids.
 */
import { apis } from '../../../protocol/apis.ts'
import type { ProduceRequest, ProduceResponseInput } from '../../../protocol/apis/00-produce.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler, type RequestContext } from '../server/server.ts'
import { firstBatch } from './00-produce-batch.ts'
import { giveUp, newItem, produceItem, refuse, type ProduceItem, type Refusal } from './00-produce-item.ts'
import { hintedEndpoints, leaderHint, noTopicId, topicAsked, wantsLeaderHint, type LeaderHint } from './partition-lookup.ts'

type PartitionAnswer = ProduceResponseInput['responses'][number]['partitionResponses'][number]

const topicIdsSinceVersion = 13

export function produceHandler(node: BrokerNode): Handler {
  return handler(apis.Produce, (context, request, respond) => {
    const { acks, transactionalId } = request
    const items = itemsAsked(request, context.apiVersion)
    const answer = (): void => {
      if (acks !== 0) return respond(answerOf(node, context, items))
      const refused = items.find(({ outcome }) => outcome !== 'NONE')
      if (refused === undefined) return respond(undefined)
      return context.close(`acks=0 produce refused: ${refused.outcome}`)
    }
    const refusal = requestRefusal(request)
    if (refusal !== undefined) for (const item of items) refuse(item, refusal, () => undefined)
    let open = items.length
    if (refusal !== undefined || open === 0) return answer()
    const timer = node.loop.after(Math.max(0, request.timeoutMs), () => {
      for (const item of items) giveUp(item)
    })
    const settled = (): void => {
      open--
      if (open > 0) return
      node.loop.cancel(timer)
      answer()
    }
    const how = { acks, transactionalId, apiVersion: context.apiVersion }
    for (const item of items) produceItem(node, how, item, settled)
    return undefined
  })
}

/** A partition that is named twice is produced to once, with what was named last. */
function itemsAsked({ topicData }: ProduceRequest, apiVersion: number): readonly ProduceItem[] {
  const items = new Map<string, ProduceItem>()
  for (const { name, topicId, partitionData } of topicData) {
    const asked = topicAsked({ topic: name, topicId }, apiVersion >= topicIdsSinceVersion)
    for (const { index, records } of partitionData) {
      items.set(`${name} ${topicId} ${index}`, newItem({ ...asked, index }, records))
    }
  }
  return [...items.values()]
}

/**
 * What one batch can cost the whole request, as in Kafka, which looks at each before it asks any partition. The records of
 * transactions belong to the one transactional id of the request.
 */
function requestRefusal({ transactionalId, topicData }: ProduceRequest): Refusal | undefined {
  for (const { records } of topicData.flatMap(({ partitionData }) => partitionData)) {
    const first = records === null ? 'none' : firstBatch(records)
    if (first === 'corrupt') return { error: 'CORRUPT_MESSAGE', message: 'A batch has an impossible length or format.' }
    if (first === 'transactional') return transactionalId === null ? { error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' } : undefined
  }
  return undefined
}

function answerOf(node: BrokerNode, context: RequestContext, items: readonly ProduceItem[]): ProduceResponseInput {
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
function answerOfItem(node: BrokerNode, item: ProduceItem, hints: LeaderHint[] | undefined): PartitionAnswer {
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

function logStartOffset(node: BrokerNode, item: ProduceItem): bigint {
  return toBigInt(node.replicas.get(topicIdOf(node, item), item.asked.index)?.log.logStartOffset ?? -1)
}

function topicIdOf(node: BrokerNode, { asked }: ProduceItem): string {
  return node.image.topicsByName.get(asked.topic)?.id ?? asked.topicId
}
