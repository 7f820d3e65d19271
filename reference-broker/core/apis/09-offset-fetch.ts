/**
 * OffsetFetch v1-10: what groups have committed. An offset or group nobody knows is -1 without an error; what a transaction may
 * still change is UNSTABLE_OFFSET_COMMIT for who asks for stable offsets.
 * Version notes: v2 null means all topics, and errors of the group at the top (v1: at every partition); v7 requireStable;
 * v8 several groups, each answered on its own; v9 member epochs; v10 topic ids (UNKNOWN_TOPIC_ID).
 */
import { apis } from '../../../protocol/apis.ts'
import type { OffsetFetchRequest } from '../../../protocol/apis/09-offset-fetch.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { fetchError, fetchOffsets, type FetchedOffset } from '../groups/offset-commits.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { topicMeant } from './topic-partitions.ts'

const severalSinceVersion = 8
const topicIdsSinceVersion = 10
const topErrorSinceVersion = 2

interface AskedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

interface AskedGroup {
  readonly groupId: string
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly topics: readonly AskedTopic[] | null
}

interface PartitionAnswer {
  readonly partitionIndex: number
  readonly committedOffset: bigint
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

interface GroupAnswer {
  readonly groupId: string
  readonly errorCode: number
  readonly topics: readonly { readonly name: string; readonly topicId: string; readonly partitions: readonly PartitionAnswer[] }[]
}

export function offsetFetchHandler(node: BrokerNode): Handler {
  return handler(apis.OffsetFetch, ({ apiVersion }, request, respond) => {
    const groups = apiVersion >= severalSinceVersion ? request.groups : [singleGroup(request)]
    const answers: GroupAnswer[] = []
    let open = groups.length
    const finish = (): void => {
      if (apiVersion >= severalSinceVersion) return respond({ groups: answers })
      const [only] = answers
      return respond({ topics: only!.topics, errorCode: only!.errorCode })
    }
    if (open === 0) return finish()
    for (const [i, group] of groups.entries()) {
      fetchOfGroup(node, { group, requireStable: request.requireStable, apiVersion }, (answer) => {
        answers[i] = answer
        open--
        if (open === 0) finish()
      })
    }
    return undefined
  })
}

function singleGroup({ groupId, topics }: OffsetFetchRequest): AskedGroup {
  return { groupId, memberId: null, memberEpoch: -1, topics: topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null }
}

interface Question {
  readonly group: AskedGroup
  readonly requireStable: boolean
  readonly apiVersion: number
}

function fetchOfGroup(node: BrokerNode, question: Question, give: (answer: GroupAnswer) => void): void {
  const { group, requireStable } = question
  const topics = group.topics?.map((asked) => ({ asked, meant: topicMeant(node.image, asked) })) ?? null
  const partitions = topics?.flatMap(({ asked, meant }) =>
    asked.partitionIndexes.map((partition) => ({ topic: meant?.name ?? asked.name, partition }))) ?? null
  const refuse = (error: ErrorName): void => give(refusal(question, error))
  const error = node.groups.inShard(group.groupId, (shard) => {
    const memberError = fetchError(shard, group)
    if (memberError !== 'NONE') return shard.answer(() => refuse(memberError))
    const found = fetchOffsets(shard, { groupId: group.groupId, partitions, requireStable })
    return shard.answerCommitted((failure) => {
      if (failure !== 'NONE') refuse(failure)
      else give({ groupId: group.groupId, errorCode: errorCode.NONE, topics: topicAnswers(node, question, found) })
    })
  })
  if (error !== 'NONE') refuse(error)
}

function topicAnswers(node: BrokerNode, { group, apiVersion }: Question, found: readonly FetchedOffset[]): GroupAnswer['topics'] {
  const byId = apiVersion >= topicIdsSinceVersion
  if (group.topics === null) {
    const names = [...new Set(found.map(({ topic }) => topic))]
    return names.flatMap((name) => {
      const topicId = node.image.topicsByName.get(name)?.id
      const partitions = found.filter(({ topic }) => topic === name).map(partitionAnswer)
      return byId && topicId === undefined ? [] : [{ name, topicId: topicId ?? zeroUuid, partitions }]
    })
  }
  let at = 0
  return group.topics.map(({ name, topicId, partitionIndexes }) => {
    const isUnknown = byId && !node.image.topicsById.has(topicId)
    const partitions = partitionIndexes.map((partition) => {
      const each = found[at++]!
      return isUnknown ? noOffset(partition, 'UNKNOWN_TOPIC_ID') : partitionAnswer(each)
    })
    return { name, topicId, partitions }
  })
}

function partitionAnswer({ partition, offset, leaderEpoch, metadata, error }: FetchedOffset): PartitionAnswer {
  return { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata, errorCode: errorCode[error] }
}

function noOffset(partitionIndex: number, error: ErrorName): PartitionAnswer {
  return { partitionIndex, committedOffset: -1n, committedLeaderEpoch: -1, metadata: '', errorCode: errorCode[error] }
}

function refusal({ group, apiVersion }: Question, error: ErrorName): GroupAnswer {
  const topics = apiVersion >= topErrorSinceVersion ? [] : (group.topics ?? [])
  return {
    groupId: group.groupId,
    errorCode: errorCode[error],
    topics: topics.map(({ name, topicId, partitionIndexes }) => ({
      name,
      topicId,
      partitions: partitionIndexes.map((partition) => noOffset(partition, error)),
    })),
  }
}
