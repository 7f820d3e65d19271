/** DeleteGroups v0-2: each group on its own, gone with its offsets when that is committed; NON_EMPTY_GROUP while it has members. */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { deleteGroup } from '../groups/forgetting.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

export function deleteGroupsHandler(node: BrokerNode): Handler {
  return handler(apis.DeleteGroups, (_context, asked, respond) => {
    const groupsNames = [...new Set(asked.groupsNames)]
    const results: { groupId: string; errorCode: number }[] = []
    let open = groupsNames.length
    if (open === 0) return respond({ results })
    for (const [i, groupId] of groupsNames.entries()) {
      deleteOne(node, groupId, (error) => {
        results[i] = { groupId, errorCode: errorCode[error] }
        open--
        if (open === 0) respond({ results })
      })
    }
    return undefined
  })
}

function deleteOne(node: BrokerNode, groupId: string, give: (error: ErrorName) => void): void {
  const error = node.groups.inShard(groupId, (shard) => {
    const outcome = deleteGroup(shard, groupId)
    if (outcome === 'NONE') shard.answerCommitted(give)
    else shard.answer(() => give(outcome))
  })
  if (error !== 'NONE') give(error)
}
