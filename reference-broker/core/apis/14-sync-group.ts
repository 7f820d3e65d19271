/**
 * SyncGroup v0-5: a member is answered with its part of the assignment when the leader's word is committed.
 * Version notes: v3 static members (KIP-345); v5 protocol type and name, which must be said, and the group's.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { noBytes, type SyncAnswer } from '../groups/classic-group.ts'
import { syncGroup } from '../groups/classic-members.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

const protocolSinceVersion = 5

export function syncGroupHandler(node: BrokerNode): Handler {
  return handler(apis.SyncGroup, ({ apiVersion }, request, respond) => {
    const give = ({ error, ...rest }: SyncAnswer): void => respond({ ...rest, errorCode: errorCode[error] })
    const refused = { protocolType: null, protocolName: null, assignment: noBytes }
    const namesProtocol = request.protocolType !== null && request.protocolName !== null
    if (apiVersion >= protocolSinceVersion && !namesProtocol) return give({ ...refused, error: 'INCONSISTENT_GROUP_PROTOCOL' })
    if (request.groupId === '') return give({ ...refused, error: 'INVALID_GROUP_ID' })
    const error = node.groups.inShard(request.groupId, (shard) =>
      syncGroup(shard, shard.classic(request.groupId), { request, give }))
    return error === 'NONE' ? undefined : give({ ...refused, error })
  })
}
