/**
 * Heartbeat v0-4: the member lives, and learns whether the group is about to rebalance.
 * Version notes: v3 static members (KIP-345).
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { heartbeat } from '../groups/classic-members.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

export function heartbeatHandler(node: BrokerNode): Handler {
  return handler(apis.Heartbeat, (_context, request, respond) => {
    const give = (error: ErrorName): void => respond({ errorCode: errorCode[error] })
    const { groupId } = request
    if (groupId === '') return give('INVALID_GROUP_ID')
    const error = node.groups.inShard(groupId, (shard) => {
      const outcome = heartbeat(shard, shard.classic(groupId), request)
      shard.answer(() => give(outcome))
    })
    return error === 'NONE' ? undefined : give(error)
  })
}
