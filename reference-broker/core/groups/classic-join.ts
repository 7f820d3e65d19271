/**
 * JoinGroup, as Kafka decides it: who may join, under which id (KIP-394), and whether that needs a rebalance. Static members
 * (KIP-345) are in classic-static.ts.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import { ClassicGroup, consumerProtocolType, readTopics, sameProtocols, type ClassicMember, type JoinAnswer } from './classic-group.ts'
import { newMember, type GiveJoin, type Joining, type JoinRequest } from './classic-joining.ts'
import { answerJoin, dropMember, generationFor, maybeCompleteJoin, rebalanceOrCompleteJoin, refusedJoin, renewSession } from './classic-rebalance.ts'
import { replaceStatic } from './classic-static.ts'
import { groupTombstones, type ConsumerGroup } from './consumer-group.ts'
import type { GroupShard } from './group-shard.ts'
import { claimsMoreThanItHolds } from './overclaim.ts'

/** Where Apache Kafka reads what a member says of itself, and cannot. */
const unreadable: JoinAnswer = refusedJoin('UNKNOWN_SERVER_ERROR', '')

/** Group id and session timeout are checked. */
export function joinGroup(shard: GroupShard, request: JoinRequest, give: GiveJoin): void {
  const { groupId, memberId } = request
  const isNew = memberId === ''
  const isAskedBack = isNew && request.groupInstanceId === null && request.requiresKnownMemberId
  const other = shard.consumer(groupId)
  if (other !== undefined) {
    // Kafka asks for the protocols before it asks for the member.
    const isOther = request.protocolType !== consumerProtocolType || request.protocols.length === 0
    if (other.members.size > 0 && isOther) return refuse(shard, refusedJoin('INCONSISTENT_GROUP_PROTOCOL', ''), give)
    const error = isNew ? leaveProtocol(shard, other) : 'UNKNOWN_MEMBER_ID'
    const isRead = error !== 'NONE' && !isAskedBack && !request.protocols.every(({ metadata }) => readTopics(metadata) !== undefined)
    if (isRead) return refuse(shard, unreadable, give)
    if (error !== 'NONE') return refuse(shard, refusedJoin(error, memberId), give)
  }
  const existing = shard.classic(groupId)
  if (existing === undefined && !isNew) return refuse(shard, refusedJoin('UNKNOWN_MEMBER_ID', memberId), give)
  const group = existing ?? new ClassicGroup(groupId, shard.wallNow())
  if (isFull(shard, group, memberId)) {
    dropMember(shard, group, memberId, 'GROUP_MAX_SIZE_REACHED')
    maybeCompleteJoin(shard, group)
    return refuse(shard, refusedJoin('GROUP_MAX_SIZE_REACHED', memberId), give)
  }
  if (!group.supports(request.protocolType, request.protocols)) {
    return refuse(shard, refusedJoin('INCONSISTENT_GROUP_PROTOCOL', memberId), give)
  }
  if (isNew && !isAskedBack && isUnreadable(shard, group, request)) return refuse(shard, unreadable, give)
  shard.groups.set(groupId, group)
  return isNew ? joinNew(shard, group, { request, give }) : joinKnown(shard, group, { request, give })
}

/** A group of the consumer protocol can become a classic one only while it is empty. */
function leaveProtocol(shard: GroupShard, group: ConsumerGroup): ErrorName {
  if (group.members.size > 0) return 'INCONSISTENT_GROUP_PROTOCOL'
  return shard.write(groupTombstones(group.groupId))
}

function refuse(shard: GroupShard, answer: JoinAnswer, give: GiveJoin): void {
  shard.answer(() => give(answer))
}

function isFull(shard: GroupShard, group: ClassicGroup, memberId: string): boolean {
  const { groupMaxSize } = shard.config
  if (group.state === 'Empty' || group.state === 'Dead') return false
  const member = group.members.get(memberId)
  if (group.state === 'PreparingRebalance') return member?.awaitingJoin === undefined && group.joined >= groupMaxSize
  return member === undefined && group.members.size >= groupMaxSize
}

function joinNew(shard: GroupShard, group: ClassicGroup, joining: Joining): void {
  const { request, give } = joining
  const { clientId, groupInstanceId } = request
  const memberId = shard.newMemberId(groupInstanceId ?? clientId)
  if (groupInstanceId !== null) {
    const oldId = group.instances.get(groupInstanceId)
    if (oldId === undefined) return addMember(shard, group, { memberId, joining })
    return replaceStatic(shard, group, { oldId, memberId, joining })
  }
  if (!request.requiresKnownMemberId) return addMember(shard, group, { memberId, joining })
  const timer = shard.after(request.sessionTimeoutMs, () => {
    if (group.pendingJoins.delete(memberId)) maybeCompleteJoin(shard, group)
  })
  group.pendingJoins.set(memberId, timer)
  return refuse(shard, refusedJoin('MEMBER_ID_REQUIRED', memberId), give)
}

function addMember(
  shard: GroupShard,
  group: ClassicGroup,
  { memberId, joining }: { readonly memberId: string; readonly joining: Joining },
): void {
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true
  const member = newMember(memberId, joining)
  group.add(member, joining.request.protocolType)
  shard.cancel(group.pendingJoins.get(memberId))
  group.pendingJoins.delete(memberId)
  renewSession(shard, group, member)
  rebalanceOrCompleteJoin(shard, group)
}

function joinKnown(shard: GroupShard, group: ClassicGroup, joining: Joining): void {
  const { request, give } = joining
  const { memberId, groupInstanceId } = request
  const isBack = group.pendingJoins.has(memberId) && groupInstanceId === null
  const error = isBack ? 'NONE' : group.memberError(memberId, groupInstanceId, shard.decisions)
  if (error !== 'NONE') return refuse(shard, refusedJoin(error, memberId), give)
  if (isUnreadable(shard, group, request)) return refuse(shard, unreadable, give)
  if (isBack) return addMember(shard, group, { memberId, joining })
  const member = group.members.get(memberId)!
  if (needsRebalance(group, member, request)) return rejoin(shard, group, { member, joining })
  const answer = generationFor(group, member)
  return shard.answerCommitted((failure) => give(failure === 'NONE' ? answer : refusedJoin(failure, memberId)))
}

/** By the protocol that the group would choose with this member in the place of its former self. */
function isUnreadable(shard: GroupShard, group: ClassicGroup, request: JoinRequest): boolean {
  if (request.protocolType !== consumerProtocolType) return false
  const formerId = group.instances.get(request.groupInstanceId ?? '') ?? request.memberId
  const others = [...group.members.values()].filter(({ memberId }) => memberId !== formerId)
  const chosen = shard.decisions.chooseProtocol([...others, request].map(({ protocols }) => protocols.map(({ name }) => name)))
  return request.protocols.some(({ name, metadata }) => name === chosen && claimsMoreThanItHolds(metadata))
}

/** Whoever asks again with nothing new is told the generation that is; but the leader in a stable group wants a new one. */
function needsRebalance(group: ClassicGroup, member: ClassicMember, request: JoinRequest): boolean {
  if (group.state === 'PreparingRebalance') return true
  if (group.state === 'Stable' && group.leaderId === member.memberId) return true
  return !sameProtocols(member.protocols, request.protocols)
}

function rejoin(
  shard: GroupShard,
  group: ClassicGroup,
  { member, joining }: { readonly member: ClassicMember; readonly joining: Joining },
): void {
  const { request, give } = joining
  // Who asks twice has given the first question up, and its connection.
  answerJoin(shard, member, refusedJoin('REBALANCE_IN_PROGRESS', member.memberId))
  Object.assign(member, {
    protocols: request.protocols,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    awaitingJoin: give,
  })
  rebalanceOrCompleteJoin(shard, group)
}
