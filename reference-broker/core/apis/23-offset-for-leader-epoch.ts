/**
 * OffsetForLeaderEpoch v2-4: where an epoch ends in the leader's log, so that a client can tell that its position was
 * cut away (KIP-320). v3 replicaId; answered by the leader only, whose epoch must be the asker's.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { findLeader } from './partition-lookup.ts'

export function offsetForLeaderEpochHandler(node: BrokerNode): Handler {
  return handler(apis.OffsetForLeaderEpoch, (_context, request, respond) => {
    const topics = request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
        const found = findLeader(node, { topic, topicId: zeroUuid, index: partition }, currentLeaderEpoch)
        const end = found.partition?.log.endOffsetForEpoch(leaderEpoch) ?? { leaderEpoch: -1, endOffset: -1 }
        return {
          errorCode: errorCode[found.error],
          partition,
          leaderEpoch: end.leaderEpoch,
          endOffset: toBigInt(end.endOffset),
        }
      }),
    }))
    respond({ topics })
  })
}
