/** What members of a classic group ask for beside joining: their assignment, to be kept, to leave. */
import type { ErrorName } from '../../../protocol/errors.ts'
import { noBytes, type ClassicGroup, type SyncAnswer } from './classic-group.ts'
import { answerSync, failSync, maybePrepareRebalance, moveTo, rebalanceOrCompleteJoin, removeMembers, renewSession } from './classic-rebalance.ts'
import { groupValue, type GroupShard } from './group-shard.ts'

export interface SyncRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
  /** null: the version does not say, or the client does not. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** By member id; from the leader only. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export function syncGroup(
  shard: GroupShard,
  group: ClassicGroup | undefined,
  { request, give }: { readonly request: SyncRequest; readonly give: (answer: SyncAnswer) => void },
): void {
  const error = group === undefined ? 'UNKNOWN_MEMBER_ID' : syncError(shard, group, request)
  if (group === undefined || error !== 'NONE') {
    return shard.answer(() => give({ error, protocolType: null, protocolName: null, assignment: noBytes }))
  }
  const member = group.members.get(request.memberId)!
  // Who asks twice has given the first question up.
  answerSync(shard, group, member, 'REBALANCE_IN_PROGRESS')
  member.awaitingSync = give
  group.pendingSyncs.delete(member.memberId)
  renewSession(shard, group, member)
  if (group.state === 'Stable') return answerSync(shard, group, member, 'NONE')
  return group.leaderId === member.memberId ? assign(shard, group, request.assignments) : undefined
}

function syncError(shard: GroupShard, group: ClassicGroup, request: SyncRequest): ErrorName {
  const member = group.memberError(request.memberId, request.groupInstanceId, shard.decisions)
  if (member !== 'NONE') return member
  const asked = request.generationId
  if (!shard.decisions.isCurrentGeneration({ asked, current: group.generationId })) return 'ILLEGAL_GENERATION'
  const differs = (said: string | null, known: string | null): boolean => said !== null && said !== known
  if (differs(request.protocolType, group.protocolType)) return 'INCONSISTENT_GROUP_PROTOCOL'
  if (differs(request.protocolName, group.protocolName)) return 'INCONSISTENT_GROUP_PROTOCOL'
  if (group.state === 'PreparingRebalance') return 'REBALANCE_IN_PROGRESS'
  return group.state === 'Empty' ? 'UNKNOWN_MEMBER_ID' : 'NONE'
}

/** The leader's word makes the generation, once it is committed: members that are not named get nothing. */
function assign(shard: GroupShard, group: ClassicGroup, assignments: SyncRequest['assignments']): void {
  const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment.slice()]))
  for (const member of group.members.values()) member.assignment = byMember.get(member.memberId) ?? noBytes
  const error = shard.write([{ kind: 'classic-group', group: group.groupId, value: groupValue(group) }])
  if (error !== 'NONE') {
    failSync(shard, group, error === 'MESSAGE_TOO_LARGE' ? 'UNKNOWN_SERVER_ERROR' : error)
    return maybePrepareRebalance(shard, group)
  }
  moveTo(shard, group, 'Stable')
  for (const member of group.members.values()) answerSync(shard, group, member, 'NONE')
  return undefined
}

export interface HeartbeatRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

export function heartbeat(shard: GroupShard, group: ClassicGroup | undefined, request: HeartbeatRequest): ErrorName {
  if (group === undefined) return 'UNKNOWN_MEMBER_ID'
  const error = group.memberError(request.memberId, request.groupInstanceId, shard.decisions)
  if (error !== 'NONE') return error
  const asked = request.generationId
  if (!shard.decisions.isCurrentGeneration({ asked, current: group.generationId })) return 'ILLEGAL_GENERATION'
  renewSession(shard, group, group.members.get(request.memberId)!)
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

export interface LeavingMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Each with its own outcome; the group goes on once, without all of them. */
export function leaveGroup(shard: GroupShard, group: ClassicGroup | undefined, leaving: readonly LeavingMember[]): ErrorName[] {
  if (group === undefined) return leaving.map(() => 'UNKNOWN_MEMBER_ID')
  const gone: string[] = []
  const errors = leaving.map((each): ErrorName => {
    const { memberId, groupInstanceId } = each
    if (group.pendingJoins.has(memberId)) {
      shard.cancel(group.pendingJoins.get(memberId))
      group.pendingJoins.delete(memberId)
      return 'NONE'
    }
    // An administrator knows only the instance.
    const owner = groupInstanceId === null ? undefined : group.instances.get(groupInstanceId)
    const meant = memberId === '' && owner !== undefined ? owner : memberId
    const error = group.memberError(meant, groupInstanceId, shard.decisions)
    if (error !== 'NONE') return error
    if (gone.includes(meant)) return 'UNKNOWN_MEMBER_ID'
    gone.push(meant)
    return 'NONE'
  })
  if (gone.length > 0) removeMembers(shard, group, gone)
  else rebalanceIfWaiting(shard, group)
  return errors
}

function rebalanceIfWaiting(shard: GroupShard, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance') rebalanceOrCompleteJoin(shard, group)
}
