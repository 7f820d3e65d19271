/**
 * LeaveGroup v0-5: members leave, and the group goes on without them at once.
 * Version notes: v0-2 one member, whose error is the answer's; v3 several, each with its own error, static ones also by their
 * instance id alone.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { leaveGroup } from '../groups/classic-members.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

const severalSinceVersion = 3

export function leaveGroupHandler(node: BrokerNode): Handler {
  return handler(apis.LeaveGroup, ({ apiVersion }, request, respond) => {
    const { groupId } = request
    const several = apiVersion >= severalSinceVersion
    const leaving = several ? request.members : [{ memberId: request.memberId, groupInstanceId: null }]
    const refuse = (error: ErrorName): void => respond({ errorCode: errorCode[error], members: [] })
    if (groupId === '') return refuse('INVALID_GROUP_ID')
    const error = node.groups.inShard(groupId, (shard) => {
      const errors = leaveGroup(shard, shard.classic(groupId), leaving)
      shard.answerCommitted((failure) => {
        if (failure !== 'NONE') return refuse(failure)
        if (!several) return refuse(errors[0]!)
        const members = leaving.map(({ memberId, groupInstanceId }, i) => ({ memberId, groupInstanceId, errorCode: errorCode[errors[i]!] }))
        return respond({ errorCode: errorCode.NONE, members })
      })
    })
    return error === 'NONE' ? undefined : refuse(error)
  })
}
