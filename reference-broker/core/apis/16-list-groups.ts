/**
 * ListGroups v0-5: the groups this broker coordinates. While it still reads some of them the answer is
 * COORDINATOR_LOAD_IN_PROGRESS, so that no list passes for whole that is not.
 * Version notes: v4 a filter of states, v5 one of types; in any case of letters.
 */
import { apis } from '../../../protocol/apis.ts'
import type { ListGroupsResponseInput } from '../../../protocol/apis/16-list-groups.ts'
import { errorCode } from '../../../protocol/errors.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

export function listGroupsHandler(node: BrokerNode): Handler {
  return handler(apis.ListGroups, (_context, request, respond) => {
    if (node.groups.isLoading) return respond({ errorCode: errorCode.COORDINATOR_LOAD_IN_PROGRESS, groups: [] })
    const groups: ListGroupsResponseInput['groups'][number][] = []
    node.groups.forEach((shard) => {
      for (const { groupId, protocolType, state, kind } of shard.groups.values()) {
        if (!passes(request.statesFilter, state) || !passes(request.typesFilter, kind)) continue
        groups.push({ groupId, protocolType: protocolType ?? '', groupState: state, groupType: kind })
      }
    })
    return respond({ errorCode: errorCode.NONE, groups })
  })
}

function passes(filter: readonly string[], value: string): boolean {
  return filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === value.toLowerCase())
}
