/**
 * ListOffsets v1-11: offsets by time, and the named ones: -1 latest, -2 earliest, -3 of the largest timestamp, -4 earliest
 * local, -5 latest tiered, -6 earliest pending upload (nothing is tiered here).
 *
 * Consumers see no further than the high watermark, read_committed ones no further than the last stable offset; and while that is below the start of the current leader epoch they
 * are told to wait (OFFSET_NOT_AVAILABLE, KIP-207), or the end could seem to go backwards after an election.
 * Version notes: v2 isolation level; v4 leader epochs; v5 OFFSET_NOT_AVAILABLE; v7 -3; v8 -4; v9 -5; v11 -6.
 */
import { apis } from '../../../protocol/apis.ts'
import type { ListOffsetsRequest, ListOffsetsResponseInput } from '../../../protocol/apis/02-list-offsets.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { handler, type Handler } from '../server/server.ts'
import { findAgreeing, findLeader } from './partition-lookup.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'

type PartitionAnswer = ListOffsetsResponseInput['topics'][number]['partitions'][number]
type AskedPartition = ListOffsetsRequest['topics'][number]['partitions'][number]

interface FoundOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

const nothing: FoundOffset = { offset: -1, timestamp: -1, leaderEpoch: -1 }
const debugReplica = -2
const readCommitted = 1
const isolationLevels: ReadonlySet<number> = new Set([0, readCommitted])
/** The version a named offset came with. */
const sinceVersion = new Map([[-1, 0], [-2, 0], [-3, 7], [-4, 8], [-5, 9], [-6, 11]])

export function listOffsetsHandler(node: BrokerNode): Handler {
  return handler(apis.ListOffsets, (context, request, respond) => {
    if (!isolationLevels.has(request.isolationLevel)) return respond(unknownIsolation(request))
    const asked = partitionsAsked(request)
    const isReadCommitted = request.isolationLevel === readCommitted
    const answers = new Map<Asked, PartitionAnswer>()
    let open = 1
    const settled = (): void => {
      open--
      if (open > 0) return
      const topics = Map.groupBy(asked, ({ topic }) => topic)
      respond({ topics: [...topics].map(([name, list]) => ({ name, partitions: list.map((each) => answers.get(each)!) })) })
    }
    for (const each of asked) {
      open++
      const question = { node, version: context.apiVersion, replicaId: request.replicaId, isReadCommitted, ...each }
      const answer = (error: ErrorName, found: FoundOffset): void => {
        answers.set(each, {
          partitionIndex: each.asked.partitionIndex,
          errorCode: errorCode[error],
          timestamp: toBigInt(found.timestamp),
          offset: toBigInt(found.offset),
          ...(context.apiVersion >= 4 && { leaderEpoch: found.leaderEpoch }),
        })
        settled()
      }
      lookUp(question, answer)
    }
    return settled()
  })
}

/** As Kafka answers what it has no words for. */
function unknownIsolation({ topics }: ListOffsetsRequest): ListOffsetsResponseInput {
  const refused = { errorCode: errorCode.UNKNOWN_SERVER_ERROR }
  return {
    topics: topics.map(({ name, partitions }) => ({
      name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...refused })),
    })),
  }
}

interface Asked {
  readonly topic: string
  readonly asked: AskedPartition
  readonly twice: boolean
}

/** Each partition once, with whether it was named more than once. */
function partitionsAsked({ topics }: ListOffsetsRequest): readonly Asked[] {
  const asked = new Map<string, Asked>()
  for (const { name, partitions } of topics) {
    for (const partition of partitions) {
      const key = `${name}-${partition.partitionIndex}`
      asked.set(key, { topic: name, asked: partition, twice: asked.has(key) })
    }
  }
  return [...asked.values()]
}

interface Question extends Asked {
  readonly node: BrokerNode
  readonly version: number
  readonly replicaId: number
  readonly isReadCommitted: boolean
}

type Answer = (error: ErrorName, found: FoundOffset) => void

function lookUp(question: Question, done: Answer): void {
  const { node, version, replicaId, asked } = question
  if (question.twice) return done('INVALID_REQUEST', nothing)
  const timestamp = toNumber(asked.timestamp)
  const since = sinceVersion.get(timestamp)
  if (timestamp < 0 && (since === undefined || version < since)) return done('UNSUPPORTED_VERSION', nothing)
  const which = { topic: question.topic, topicId: zeroUuid, index: asked.partitionIndex }
  const found =
    replicaId === debugReplica ? findAgreeing(node, which, asked.currentLeaderEpoch) : findLeader(node, which, asked.currentLeaderEpoch)
  if (found.partition === undefined) return done(found.error, nothing)
  const { isReadCommitted } = question
  return find(found.partition, { timestamp, isConsumer: replicaId === -1, isReadCommitted, version }, done)
}

function find(
  partition: Partition,
  query: { readonly timestamp: number; readonly isConsumer: boolean; readonly isReadCommitted: boolean; readonly version: number },
  done: Answer,
): void {
  const { log, highWatermark, lastStableOffset, image } = partition
  const readable = query.isReadCommitted ? lastStableOffset : highWatermark
  const end = query.isConsumer ? readable : log.logEndOffset
  const hidden = query.isConsumer && highWatermark < partition.epochStartOffset
  const notYet: ErrorName = query.version >= 5 ? 'OFFSET_NOT_AVAILABLE' : 'LEADER_NOT_AVAILABLE'
  const at = (offset: number): void => done('NONE', { offset, timestamp: -1, leaderEpoch: image.leaderEpoch })
  const ifCommitted = (found: FoundOffset | undefined): void => {
    if (found === undefined || found.offset < end) done('NONE', found ?? nothing)
    else done(hidden ? notYet : 'NONE', nothing)
  }
  const epochOf = (offset: number): number => log.epochs.entries.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
  switch (query.timestamp) {
    case -1:
      return hidden ? done(notYet, nothing) : at(end)
    case -2:
    case -4:
      return done('NONE', { offset: log.logStartOffset, timestamp: -1, leaderEpoch: epochOf(log.logStartOffset) })
    case -5:
    case -6:
      return done('NONE', nothing)
    case -3:
      return log.offsetOfMaxTimestamp(log.logEndOffset, ifCommitted)
    default:
      return log.offsetForTimestamp(query.timestamp, log.logEndOffset, ifCommitted)
  }
}
