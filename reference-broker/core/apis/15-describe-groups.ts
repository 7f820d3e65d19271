/**
 * DescribeGroups v0-6: classic groups as they stand. Members' metadata and assignments are told of a stable group only.
 * Version notes: a group nobody knows is `Dead`, and from v6 on also GROUP_ID_NOT_FOUND.
 */
import { apis } from '../../../protocol/apis.ts'
import type { DescribeGroupsResponseInput } from '../../../protocol/apis/15-describe-groups.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { noBytes, type ClassicGroup } from '../groups/classic-group.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { allGroupOperations } from './authorized-operations.ts'

type Described = DescribeGroupsResponseInput['groups'][number]

const notFoundSinceVersion = 6

export function describeGroupsHandler(node: BrokerNode): Handler {
  return handler(apis.DescribeGroups, ({ apiVersion }, request, respond) => {
    const groups = request.groups.map((groupId) => describe(node, groupId, apiVersion))
    respond({ groups: request.includeAuthorizedOperations ? groups.map(withOperations) : groups })
  })
}

function withOperations(group: Described): Described {
  return group.errorCode === errorCode.NONE ? { ...group, authorizedOperations: allGroupOperations } : group
}

function describe(node: BrokerNode, groupId: string, apiVersion: number): Described {
  const found = node.groups.find(groupId)
  if (found.shard === undefined) return { ...nothing(groupId), errorCode: errorCode[found.error] }
  const group = found.shard.state.classic(groupId)
  if (group !== undefined) return stateOf(group)
  const dead = { ...nothing(groupId), groupState: 'Dead' }
  if (apiVersion < notFoundSinceVersion) return dead
  const error: ErrorName = 'GROUP_ID_NOT_FOUND'
  return { ...dead, errorCode: errorCode[error], errorMessage: `Group ${groupId} not found.` }
}

function nothing(groupId: string): Described {
  return { groupId, errorCode: errorCode.NONE, groupState: '', protocolType: '', protocolData: '', members: [] }
}

function stateOf(group: ClassicGroup): Described {
  const isStable = group.state === 'Stable'
  return {
    groupId: group.groupId,
    errorCode: errorCode.NONE,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? group.metadataOf(member) : noBytes,
      memberAssignment: isStable ? member.assignment : noBytes,
    })),
  }
}
