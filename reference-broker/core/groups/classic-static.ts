/**
 * A static member that comes back without the member id it had (KIP-345): it takes over the place of its former self at once,
 * which is fenced from then on. In a stable group nobody else need notice, unless it speaks other protocols now.
 */
import type { ClassicGroup, JoinAnswer } from './classic-group.ts'
import { newMember, type Joining } from './classic-joining.ts'
import { answerJoin, answerSync, generationFor, membersOf, rebalanceOrCompleteJoin, refusedJoin, renewSession } from './classic-rebalance.ts'
import { groupValue, type GroupShard } from './group-shard.ts'

export interface Replacement {
  readonly oldId: string
  readonly memberId: string
  readonly joining: Joining
}

export function replaceStatic(shard: GroupShard, group: ClassicGroup, { oldId, memberId, joining }: Replacement): void {
  const old = group.members.get(oldId)!
  const wasLeader = group.leaderId === oldId
  answerJoin(shard, old, refusedJoin('FENCED_INSTANCE_ID', oldId))
  answerSync(shard, group, old, 'FENCED_INSTANCE_ID')
  shard.cancel(old.session)
  const member = { ...newMember(memberId, joining), assignment: old.assignment, isNew: false }
  const others = [...group.members.values()]
  group.members.clear()
  for (const each of others) {
    const next = each === old ? member : each
    group.members.set(next.memberId, next)
  }
  group.instances.set(joining.request.groupInstanceId!, memberId)
  if (group.pendingSyncs.delete(oldId)) group.pendingSyncs.add(memberId)
  if (wasLeader) group.leaderId = memberId
  renewSession(shard, group, member)
  const keepsProtocol = shard.decisions.chooseProtocol(group.preferences()) === group.protocolName
  if (!shard.decisions.mayTakeOver({ state: group.state, keepsProtocol })) return rebalanceOrCompleteJoin(shard, group)
  const error = shard.write([{ kind: 'classic-group', group: group.groupId, value: groupValue(group) }])
  if (error !== 'NONE') return rebalanceOrCompleteJoin(shard, group)
  const answer = generationFor(group, member)
  return answerJoin(shard, member, wasLeader ? answerToLeader(group, { answer, oldId, joining }) : answer)
}

/** A leader that must not assign anew is told so, or, where the version cannot say it, that its former self leads. */
function answerToLeader(
  group: ClassicGroup,
  { answer, oldId, joining }: { readonly answer: JoinAnswer; readonly oldId: string; readonly joining: Joining },
): JoinAnswer {
  if (joining.request.supportsSkippingAssignment) return { ...answer, skipAssignment: true, members: membersOf(group) }
  return { ...answer, leader: oldId, members: [] }
}
