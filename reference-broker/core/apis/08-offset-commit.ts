/**
 * OffsetCommit v2-10: answered when the offsets are committed in the cluster. Partitions are each on their own: one that does
 * not exist (UNKNOWN_TOPIC_OR_PARTITION, of an id that no topic has UNKNOWN_TOPIC_ID) leaves the others alone.
 * Version notes: v2-4 a retention of its own; v7 static members; v9 member epochs, and GROUP_ID_NOT_FOUND instead of
 * ILLEGAL_GENERATION; v10 topic ids.
 */
import { apis } from '../../../protocol/apis.ts'
import type { OffsetCommitRequest } from '../../../protocol/apis/08-offset-commit.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import { commitOffsets, type AskedOffset } from '../groups/offset-commits.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { hasPartition, regrouped, topicMeant } from './topic-partitions.ts'

const topicIdsSinceVersion = 10
const memberEpochsSinceVersion = 9

export function offsetCommitHandler(node: BrokerNode): Handler {
  return handler(apis.OffsetCommit, ({ apiVersion }, request, respond) => {
    const unknownTopic: ErrorName = apiVersion >= topicIdsSinceVersion ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
    const asked = offsetsOf(node, request, unknownTopic)
    const offsets = asked.filter((each) => typeof each !== 'string')
    const sizes = request.topics.map(({ partitions }) => partitions.length)
    const give = (errors: readonly ErrorName[]): void => {
      const left = [...errors]
      const all = asked.map((each) => (typeof each === 'string' ? each : left.shift()!))
      const perTopic = regrouped(sizes, all)
      respond({
        topics: request.topics.map(({ name, topicId, partitions }, i) => ({
          name,
          topicId,
          partitions: partitions.map(({ partitionIndex }, k) => ({ partitionIndex, errorCode: errorCode[perTopic[i]![k]!] })),
        })),
      })
    }
    if (offsets.length === 0) return give([])
    const commit = {
      groupId: request.groupId,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      generationId: request.generationIdOrMemberEpoch,
      retentionMs: toNumber(request.retentionTimeMs),
      knowsMemberEpochs: apiVersion >= memberEpochsSinceVersion,
      offsets,
      transaction: undefined,
    }
    const error = node.groups.inShard(request.groupId, (shard) => commitOffsets(shard, commit, give))
    return error === 'NONE' ? undefined : give(offsets.map(() => error))
  })
}

/** An error where there is nothing to commit for. */
function offsetsOf(node: BrokerNode, request: OffsetCommitRequest, unknownTopic: ErrorName): (AskedOffset | ErrorName)[] {
  return request.topics.flatMap((asked) => {
    const topic = topicMeant(node.image, asked)
    return asked.partitions.map((each): AskedOffset | ErrorName => {
      const { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: leaderEpoch, committedMetadata: metadata } = each
      if (topic === undefined) return unknownTopic
      if (!hasPartition(node.image, topic, partition)) return 'UNKNOWN_TOPIC_OR_PARTITION'
      return { topic: topic.name, topicId: topic.topicId, partition, offset, leaderEpoch, metadata }
    })
  })
}
