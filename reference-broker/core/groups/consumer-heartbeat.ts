/**
 * ConsumerGroupHeartbeat (KIP-848): one request for joining, telling what one owns and what one wants to read, learning what one
 * may own, and leaving. Each is decided on the state, written as records, and answered when those are committed.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import {
  currentRecord, keysOf, memberRecord, memberTombstones, newConsumerMember, targetRecord, ConsumerGroup, type ConsumerMember, type PartitionKey,
} from './consumer-group.ts'
import type { TopicPartitions } from './consumer-records.ts'
import { metadataHash, newTarget } from './consumer-target.ts'
import { forgetMemberTimers, removeConsumer, renewConsumerSession, watchRevocation } from './consumer-fencing.ts'
import { reconcile } from './consumer-reconcile.ts'
import type { GroupShard } from './group-shard.ts'
import type { GroupRecord } from './records.ts'

export const joinEpoch = 0
/** Of a group in which nobody wants to read anything yet. */
const firstGroupEpoch = 1
export const leaveEpoch = -1
export const staticLeaveEpoch = -2

/** null, and -1 for the timeout: as before. */
export interface ConsumerHeartbeat {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopicNames: readonly string[] | null
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  readonly topicPartitions: TopicPartitions | null
  readonly clientId: string
  readonly clientHost: string
}

export interface ConsumerAnswer {
  readonly error: ErrorName
  readonly memberId: string
  readonly memberEpoch: number
  /** null: as before. */
  readonly assigned: Iterable<PartitionKey> | null
}

type Give = (answer: ConsumerAnswer) => void

export function consumerHeartbeat(shard: GroupShard, request: ConsumerHeartbeat, give: Give): void {
  const outcome = request.memberEpoch < joinEpoch ? leave(shard, request) : stay(shard, request)
  const { memberId } = request
  const refused = (error: ErrorName): ConsumerAnswer => ({ error, memberId, memberEpoch: request.memberEpoch, assigned: null })
  if (outcome.error !== 'NONE') return shard.answer(() => give(refused(outcome.error)))
  return shard.answerCommitted((failure) => give(failure === 'NONE' ? outcome : refused(failure)))
}

function refusal(error: ErrorName): ConsumerAnswer {
  return { error: error === 'MESSAGE_TOO_LARGE' ? 'UNKNOWN_SERVER_ERROR' : error, memberId: '', memberEpoch: -1, assigned: null }
}

// Leaving

function leave(shard: GroupShard, { groupId, memberId, instanceId, memberEpoch }: ConsumerHeartbeat): ConsumerAnswer {
  const group = shard.consumer(groupId)
  if (group === undefined) return refusal('GROUP_ID_NOT_FOUND')
  const member = instanceId === null ? group.members.get(memberId) : group.memberOfInstance(instanceId)
  if (member === undefined) return refusal('UNKNOWN_MEMBER_ID')
  if (member.memberId !== memberId) return refusal('FENCED_INSTANCE_ID')
  const written = memberEpoch === staticLeaveEpoch
    ? shard.write([currentRecord(groupId, { ...member, memberEpoch: staticLeaveEpoch, state: 'STABLE', pendingRevocation: new Set() })])
    : removeConsumer(shard, group, memberId)
  if (written !== 'NONE') return refusal(written)
  return { error: 'NONE', memberId, memberEpoch, assigned: null }
}

// Joining and staying

function stay(shard: GroupShard, request: ConsumerHeartbeat): ConsumerAnswer {
  const { groupId, memberId, memberEpoch } = request
  const joins = memberEpoch === joinEpoch
  const existing = shard.groups.get(groupId)
  if (existing === undefined && !joins) return refusal('GROUP_ID_NOT_FOUND')
  if (existing?.kind === 'classic' && (!joins || existing.state !== 'Empty')) return refusal('GROUP_ID_NOT_FOUND')
  const group = existing?.kind === 'consumer' ? existing : new ConsumerGroup(groupId)
  const isFull = group.members.size >= shard.config.groupConsumerMaxSize
  if (joins && isFull && !group.members.has(memberId)) return refusal('GROUP_MAX_SIZE_REACHED')
  const found = findMember(shard, group, request)
  if (found.error !== 'NONE') return refusal(found.error)
  const upgrade: GroupRecord[] = existing?.kind === 'classic' ? [{ kind: 'classic-group', group: groupId, value: null }] : []
  return advance(shard, group, { request, found, upgrade })
}

interface FoundMember {
  readonly error: ErrorName
  readonly member: ConsumerMember
  readonly isNew: boolean
  /** The member whose instance id, assignment and target this one takes over. */
  readonly replaces: ConsumerMember | undefined
}

function found(member: ConsumerMember, isNew: boolean, replaces?: ConsumerMember): FoundMember {
  return { error: 'NONE', member, isNew, replaces }
}

function findMember(shard: GroupShard, group: ConsumerGroup, request: ConsumerHeartbeat): FoundMember {
  const { memberId, memberEpoch, instanceId } = request
  const refused = (error: ErrorName): FoundMember => ({ error, member: newConsumerMember(memberId), isNew: false, replaces: undefined })
  const member = instanceId === null ? group.members.get(memberId) : group.memberOfInstance(instanceId)
  if (memberEpoch === joinEpoch) {
    if (member === undefined) return found(newConsumerMember(memberId), true)
    if (member.memberId === memberId) return found(member, false)
    if (member.memberEpoch !== staticLeaveEpoch) return refused('UNRELEASED_INSTANCE_ID')
    return found({ ...member, memberId, previousMemberEpoch: joinEpoch }, false, member)
  }
  if (member === undefined) return refused('UNKNOWN_MEMBER_ID')
  if (member.memberId !== memberId) return refused('FENCED_INSTANCE_ID')
  const owned = request.topicPartitions === null ? null : keysOf(request.topicPartitions)
  const error = shard.decisions.memberEpochError({
    asked: memberEpoch,
    current: member.memberEpoch,
    previous: member.previousMemberEpoch,
    ownsOnlyGranted: owned !== null && [...owned].every((key) => member.assigned.has(key)),
  })
  return error === 'NONE' ? found(member, false) : refused(error)
}

/** The member with what it says about itself. */
function updated(member: ConsumerMember, request: ConsumerHeartbeat): ConsumerMember {
  return {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    subscribedTopicNames: request.subscribedTopicNames === null ? member.subscribedTopicNames : [...new Set(request.subscribedTopicNames)].sort(),
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
  }
}

function readsOtherwise(a: ConsumerMember, b: ConsumerMember): boolean {
  return a.subscribedTopicRegex !== b.subscribedTopicRegex || a.subscribedTopicNames.join('\n') !== b.subscribedTopicNames.join('\n')
}

function saysOtherwise(a: ConsumerMember, b: ConsumerMember): boolean {
  return readsOtherwise(a, b) || a.instanceId !== b.instanceId || a.rackId !== b.rackId || a.clientId !== b.clientId ||
    a.clientHost !== b.clientHost || a.rebalanceTimeoutMs !== b.rebalanceTimeoutMs || a.serverAssignor !== b.serverAssignor
}

interface Advance {
  readonly request: ConsumerHeartbeat
  readonly found: FoundMember
  readonly upgrade: readonly GroupRecord[]
}

function advance(shard: GroupShard, group: ConsumerGroup, { request, found: { member, isNew, replaces }, upgrade }: Advance): ConsumerAnswer {
  const said = updated(member, request)
  const records = [...upgrade]
  if (replaces !== undefined) records.push(...takeOver(group, replaces, said))
  else if (isNew || saysOtherwise(member, said)) records.push(memberRecord(group.groupId, said))
  const members = new Map(group.members)
  if (replaces !== undefined) members.delete(replaces.memberId)
  members.set(said.memberId, said)
  const target = advanceTarget(shard, group, { members, said, records, replaces, rereads: readsOtherwise(member, said) })
  const next = reconcile({
    member: said,
    targetEpoch: target.epoch,
    target: target.keys,
    owned: request.topicPartitions === null ? null : keysOf(request.topicPartitions),
    ownerOf: (key) => {
      const owner = group.owners.get(key)
      return owner === replaces?.memberId ? undefined : owner
    },
  }, shard.decisions)
  if (next !== said || isNew) records.push(currentRecord(group.groupId, next))
  const written = shard.write(records)
  if (written !== 'NONE') return refusal(written)
  const kept = shard.consumer(group.groupId)!
  if (target.isNew) kept.lastAssignedMs = shard.environment.loop.now()
  if (replaces !== undefined) forgetMemberTimers(shard, kept, replaces.memberId)
  renewConsumerSession(shard, kept, next.memberId)
  watchRevocation(shard, kept, next)
  const tells = request.memberEpoch === joinEpoch || isFullRequest(request) || !sameAssignment(member, next)
  return { error: 'NONE', memberId: next.memberId, memberEpoch: next.memberEpoch, assigned: tells ? next.assigned.keys() : null }
}

/** A static member under another id: the records of the old one, under the new one. */
function takeOver(group: ConsumerGroup, old: ConsumerMember, member: ConsumerMember): GroupRecord[] {
  const { groupId } = group
  const { memberId } = member
  return [
    ...memberTombstones(groupId, old.memberId),
    memberRecord(groupId, member),
    targetRecord(groupId, memberId, group.targetOf(old.memberId)),
    currentRecord(groupId, member),
  ]
}

interface Wanted {
  readonly members: ReadonlyMap<string, ConsumerMember>
  readonly said: ConsumerMember
  readonly replaces: ConsumerMember | undefined
  readonly rereads: boolean
  /** Takes what is to be written. */
  readonly records: GroupRecord[]
}

interface NextTarget {
  readonly epoch: number
  readonly keys: ReadonlySet<PartitionKey>
  readonly isNew: boolean
}

/** Bumps the group's epoch when there is something new, and makes the target of that epoch when it is time for one. */
function advanceTarget(shard: GroupShard, group: ConsumerGroup, { members, said, replaces, rereads, records }: Wanted): NextTarget {
  const image = shard.environment.image()
  const hash = metadataHash(image, members.values())
  const bump = rereads || hash !== group.metadataHash
  const isFirst = group.groupEpoch === 0
  const before = isFirst ? firstGroupEpoch : group.groupEpoch
  const groupEpoch = bump ? shard.decisions.nextGroupEpoch(before) : before
  if (bump || isFirst) records.push({ kind: 'consumer-group', group: group.groupId, value: { epoch: groupEpoch, metadataHash: hash } })
  const sinceMs = shard.environment.loop.now() - group.lastAssignedMs
  const isDue = group.assignmentEpoch === 0 || sinceMs >= shard.config.groupConsumerAssignmentIntervalMs
  if (groupEpoch === group.assignmentEpoch || !isDue) {
    return { epoch: group.assignmentEpoch, keys: group.targetOf((replaces ?? said).memberId), isNew: false }
  }
  const target = newTarget(group, members, {
    image,
    assignorNames: shard.config.groupConsumerAssignors,
    groupEpoch,
    decisions: shard.decisions,
  })
  records.push(...target.records)
  return { epoch: groupEpoch, keys: target.byMember.get(said.memberId)!, isNew: true }
}

function isFullRequest({ rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions }: ConsumerHeartbeat): boolean {
  return rebalanceTimeoutMs !== -1 && (subscribedTopicNames !== null || subscribedTopicRegex !== null) && topicPartitions !== null
}

function sameAssignment(a: ConsumerMember, b: ConsumerMember): boolean {
  return a.assigned.size === b.assigned.size && [...a.assigned.keys()].every((key) => b.assigned.has(key))
}
