/**
 * OffsetCommit v2-10: answered when the offsets are committed in the cluster. Partitions are each on their own: one that does not
 * exist (UNKNOWN_TOPIC_OR_PARTITION, by id UNKNOWN_TOPIC_ID) leaves the others alone.
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
    const topics = request.topics.filter(({ partitions }) => partitions.length > 0)
    const asked = offsetsOf(node, topics, apiVersion >= topicIdsSinceVersion)
    const offsets = asked.filter((each) => typeof each !== 'string')
    const sizes = topics.map(({ partitions }) => partitions.length)
    const give = (errors: readonly ErrorName[]): void => {
      const left = [...errors]
      const all = asked.map((each) => (typeof each === 'string' ? each : left.shift()!))
      const perTopic = regrouped(sizes, all)
      respond({
        topics: topics.map(({ name, topicId, partitions }, i) => ({
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

/** An error where there is no such partition. */
function offsetsOf(node: BrokerNode, topics: OffsetCommitRequest['topics'], byId: boolean): (AskedOffset | ErrorName)[] {
  return topics.flatMap((asked) => {
    const topic = topicMeant(node.image, asked)
    return asked.partitions.map((each): AskedOffset | ErrorName => {
      if (topic === undefined) return byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
      if (!hasPartition(node.image, topic.name, each.partitionIndex)) return 'UNKNOWN_TOPIC_OR_PARTITION'
      return {
        topic: topic.name,
        topicId: topic.topicId,
        partition: each.partitionIndex,
        offset: each.committedOffset,
        leaderEpoch: each.committedLeaderEpoch,
        metadata: each.committedMetadata,
      }
    })
  })
}
