/**
 * JoinGroup v0-9: answered when the next generation begins, or at once with a refusal.
 * Version notes: v0 the rebalance timeout is the session timeout; v4 a new dynamic member is first given an id (KIP-394);
 * v5 static members (KIP-345); v7 the protocol type in the answer; v9 skipAssignment (KIP-814).
 */
import { apis } from '../../../protocol/apis.ts'
import type { JoinGroupResponseInput } from '../../../protocol/apis/11-join-group.ts'
import { errorCode } from '../../../protocol/errors.ts'
import type { JoinAnswer } from '../groups/classic-group.ts'
import { joinGroup } from '../groups/classic-join.ts'
import { refusedJoin } from '../groups/classic-rebalance.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { clientHost } from './client-host.ts'

const knownMemberSinceVersion = 4
const nullableProtocolSinceVersion = 7
const skippingSinceVersion = 9

export function joinGroupHandler(node: BrokerNode): Handler {
  const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = node.config
  return handler(apis.JoinGroup, (context, request, respond) => {
    const { groupId, memberId, groupInstanceId, protocolType, sessionTimeoutMs, rebalanceTimeoutMs } = request
    const { apiVersion } = context
    const give = (answer: JoinAnswer): void => respond(bodyOf(answer, apiVersion))
    if (groupId === '') return give(refusedJoin('INVALID_GROUP_ID', memberId))
    if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
      return give(refusedJoin('INVALID_SESSION_TIMEOUT', memberId))
    }
    const join = {
      groupId,
      memberId,
      groupInstanceId,
      protocolType,
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })),
      sessionTimeoutMs,
      rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
      clientId: context.clientId ?? '',
      clientHost: clientHost(context.remote),
      requiresKnownMemberId: apiVersion >= knownMemberSinceVersion,
      supportsSkippingAssignment: apiVersion >= skippingSinceVersion,
    }
    const error = node.groups.inShard(groupId, (shard) => joinGroup(shard, join, give))
    return error === 'NONE' ? undefined : give(refusedJoin(error, memberId))
  })
}

function bodyOf(answer: JoinAnswer, apiVersion: number): JoinGroupResponseInput {
  const { error, protocolName, members, ...rest } = answer
  return {
    ...rest,
    errorCode: errorCode[error],
    protocolName: apiVersion >= nullableProtocolSinceVersion ? protocolName : (protocolName ?? ''),
    members,
  }
}
