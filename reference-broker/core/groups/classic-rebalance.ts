/**
 * How a classic group comes from one generation to the next. Join phase: wait until every member has asked to join, or the
 * longest rebalance timeout is over; who has not asked is out, unless it is static. Sync phase: the members know the new
 * generation, and wait for the assignment of their leader; who does not ask for it in time is out.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import { noBytes, type ClassicGroup, type ClassicMember, type JoinAnswer } from './classic-group.ts'
import { groupValue, type GroupShard } from './group-shard.ts'
import type { ClassicState } from './group-decisions.ts'

/** A member that has not been told its id yet is kept this long. */
const newMemberTimeoutMs = 5 * 60_000

export function moveTo(shard: GroupShard, group: ClassicGroup, state: ClassicState): void {
  group.moveTo(state, shard.wallNow())
}

// Sessions

/** Starts a member's session anew. */
export function renewSession(shard: GroupShard, group: ClassicGroup, member: ClassicMember): void {
  shard.cancel(member.session)
  const timeoutMs = member.isNew ? newMemberTimeoutMs : member.sessionTimeoutMs
  member.session = shard.after(timeoutMs, () => sessionEnded(shard, group, member))
}

/** Whoever waits for an answer of this broker need not send heartbeats, unless it has never been answered. */
function sessionEnded(shard: GroupShard, group: ClassicGroup, member: ClassicMember): void {
  if (group.members.get(member.memberId) !== member) return
  const waits = member.awaitingJoin !== undefined || member.awaitingSync !== undefined
  const heardOf = !member.isNew && waits
  if (shard.decisions.sessionIsOver({ heardOf })) removeMembers(shard, group, [member.memberId])
}

/** Takes members out, and lets the others go on without them. */
export function removeMembers(shard: GroupShard, group: ClassicGroup, memberIds: readonly string[]): void {
  for (const memberId of memberIds) dropMember(shard, group, memberId, 'UNKNOWN_MEMBER_ID')
  if (group.state === 'PreparingRebalance') maybeCompleteJoin(shard, group)
  else maybePrepareRebalance(shard, group)
}

/** Only takes it out, and tells it why if it waits. */
export function dropMember(shard: GroupShard, group: ClassicGroup, memberId: string, reason: ErrorName): void {
  const member = group.remove(memberId)
  if (member === undefined) return
  shard.cancel(member.session)
  answerJoin(shard, member, refusedJoin(reason, memberId))
  answerSync(shard, group, member, reason)
}

// Answers

export function refusedJoin(error: ErrorName, memberId: string): JoinAnswer {
  return {
    error,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

/** The generation as it is, for one of its members. */
export function generationFor(group: ClassicGroup, member: ClassicMember): JoinAnswer {
  const isLeader = group.leaderId === member.memberId
  return {
    error: 'NONE',
    memberId: member.memberId,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    members: isLeader ? membersOf(group) : [],
  }
}

export function membersOf(group: ClassicGroup): JoinAnswer['members'] {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: group.metadataOf(member),
  }))
}

export function answerJoin(shard: GroupShard, member: ClassicMember, answer: JoinAnswer): void {
  const give = member.awaitingJoin
  member.awaitingJoin = undefined
  if (give === undefined) return
  if (answer.error !== 'NONE') return shard.answer(() => give(answer))
  shard.answerCommitted((error) => give(error === 'NONE' ? answer : refusedJoin(error, member.memberId)))
}

/** With an error, or with the member's part of the assignment. */
export function answerSync(shard: GroupShard, group: ClassicGroup, member: ClassicMember, error: ErrorName): void {
  const give = member.awaitingSync
  member.awaitingSync = undefined
  if (give === undefined) return
  if (group.members.get(member.memberId) === member) renewSession(shard, group, member)
  const refused = (reason: ErrorName): void =>
    give({ error: reason, protocolType: null, protocolName: null, assignment: noBytes })
  if (error !== 'NONE') return shard.answer(() => refused(error))
  const { protocolType, protocolName } = group
  const { assignment } = member
  shard.answerCommitted((failure) => {
    if (failure === 'NONE') give({ error: 'NONE', protocolType, protocolName, assignment })
    else refused(failure)
  })
}

// The join phase

export function maybePrepareRebalance(shard: GroupShard, group: ClassicGroup): void {
  const mayRebalance = group.state === 'Stable' || group.state === 'CompletingRebalance' || group.state === 'Empty'
  if (mayRebalance && (group.state !== 'Empty' || group.members.size > 0)) prepareRebalance(shard, group)
}

/** After a member asked to join, or a member that was waited for is gone. */
export function rebalanceOrCompleteJoin(shard: GroupShard, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance') maybeCompleteJoin(shard, group)
  else maybePrepareRebalance(shard, group)
}

function prepareRebalance(shard: GroupShard, group: ClassicGroup): void {
  if (group.state === 'CompletingRebalance') failSync(shard, group, 'REBALANCE_IN_PROGRESS')
  shard.cancel(group.rebalanceTimer)
  group.pendingSyncs.clear()
  const isFirst = group.state === 'Empty'
  moveTo(shard, group, 'PreparingRebalance')
  if (isFirst) {
    const delayMs = shard.config.groupInitialRebalanceDelayMs
    extendFirstJoin(shard, group, { delayMs, leftMs: Math.max(0, group.rebalanceTimeoutMs - delayMs) })
  } else if (!maybeCompleteJoin(shard, group)) {
    group.rebalanceTimer = shard.after(group.rebalanceTimeoutMs, () => completeJoin(shard, group))
  }
}

/** The first members of a group wait a little for more, and longer while more come. */
function extendFirstJoin(
  shard: GroupShard,
  group: ClassicGroup,
  { delayMs, leftMs }: { readonly delayMs: number; readonly leftMs: number },
): void {
  group.newMemberAdded = false
  group.rebalanceTimer = shard.after(delayMs, () => {
    if (!group.newMemberAdded || leftMs === 0) return completeJoin(shard, group)
    const nextMs = Math.min(shard.config.groupInitialRebalanceDelayMs, leftMs)
    return extendFirstJoin(shard, group, { delayMs: nextMs, leftMs: leftMs - nextMs })
  })
}

/** Ends the join phase when everybody is there; the first of a group only ends by its delay. */
export function maybeCompleteJoin(shard: GroupShard, group: ClassicGroup): boolean {
  if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return false
  const view = { members: group.members.size, joined: group.joined, pending: group.pendingJoins.size }
  if (!shard.decisions.joinIsComplete(view)) return false
  completeJoin(shard, group)
  return true
}

function completeJoin(shard: GroupShard, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance') return
  shard.cancel(group.rebalanceTimer)
  const absent = [...group.members.values()].filter(({ awaitingJoin }) => awaitingJoin === undefined)
  for (const { memberId, groupInstanceId } of absent) {
    const stays = shard.decisions.staysWithoutRejoining({ isStatic: groupInstanceId !== null })
    if (!stays) dropMember(shard, group, memberId, 'UNKNOWN_MEMBER_ID')
  }
  if (group.members.size > 0 && !electLeader(group)) {
    group.rebalanceTimer = shard.after(group.rebalanceTimeoutMs, () => completeJoin(shard, group))
    return
  }
  group.generationId = shard.decisions.nextGeneration(group.generationId)
  if (group.members.size === 0) becomeEmpty(shard, group)
  else beginGeneration(shard, group)
}

/** The leader stays if it is there, else the first that is. false: nobody is. */
function electLeader(group: ClassicGroup): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId)
  if (leader?.awaitingJoin !== undefined) return true
  const next = [...group.members.values()].find(({ awaitingJoin }) => awaitingJoin !== undefined)
  if (next !== undefined) group.leaderId = next.memberId
  return next !== undefined
}

/** The log must not go on telling of members that are gone. */
function becomeEmpty(shard: GroupShard, group: ClassicGroup): void {
  group.protocolName = null
  group.leaderId = null
  moveTo(shard, group, 'Empty')
  const error = shard.write([{ kind: 'classic-group', group: group.groupId, value: groupValue(group) }])
  if (error !== 'NONE') shard.environment.logger('warn', 'an empty group is not written down', { group: group.groupId, error })
}

function beginGeneration(shard: GroupShard, group: ClassicGroup): void {
  group.protocolName = shard.decisions.chooseProtocol(group.preferences()) ?? null
  moveTo(shard, group, 'CompletingRebalance')
  for (const member of group.members.values()) {
    answerJoin(shard, member, generationFor(group, member))
    member.isNew = false
    renewSession(shard, group, member)
    group.pendingSyncs.add(member.memberId)
  }
  group.rebalanceTimer = shard.after(group.rebalanceTimeoutMs, () => syncTimeEnded(shard, group))
}

// The sync phase

function syncTimeEnded(shard: GroupShard, group: ClassicGroup): void {
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return
  if (group.pendingSyncs.size > 0) removeMembers(shard, group, [...group.pendingSyncs])
}

/** What was assigned in this generation is void. */
export function failSync(shard: GroupShard, group: ClassicGroup, error: ErrorName): void {
  for (const member of group.members.values()) {
    member.assignment = noBytes
    answerSync(shard, group, member, error)
  }
}
