/**
 * Committing, fetching and forgetting offsets. A commit is checked against the group, written, and answered when it is
 * committed; a fetch waits until everything it tells of is.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { encodeText } from '../../../protocol/text.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import type { TransactionOf } from '../coordinator/state-machine.ts'
import { ClassicGroup } from './classic-group.ts'
import { renewSession } from './classic-rebalance.ts'
import { partitionKey, type ConsumerGroup } from './consumer-group.ts'
import { topicsRead } from './consumer-target.ts'
import type { Group, GroupShard } from './group-shard.ts'
import type { GroupRecord } from './records.ts'

export interface AskedOffset {
  readonly topic: string
  /** The zero uuid: not known. */
  readonly topicId: string
  readonly partition: number
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly metadata: string | null
}

export interface CommitRequest {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** The member epoch of a consumer group; negative: of nobody. */
  readonly generationId: number
  /** -1: as the broker keeps them. */
  readonly retentionMs: number
  /** The version knows of member epochs and of groups that do not exist (OffsetCommit v9). */
  readonly knowsMemberEpochs: boolean
  readonly offsets: readonly AskedOffset[]
  /** Set for offsets that count when this transaction does. */
  readonly transaction: TransactionOf | undefined
}

/** One error an offset, in their order. */
export type GiveCommits = (errors: readonly ErrorName[]) => void

export function commitOffsets(shard: GroupShard, request: CommitRequest, give: GiveCommits): void {
  const { offsets, groupId } = request
  const refuseAll = (error: ErrorName): void => shard.answer(() => give(offsets.map(() => error)))
  const group = shard.groups.get(groupId)
  const refused = group === undefined ? missingGroupError(request) : commitError(shard, group, request)
  if (refused !== 'NONE') return refuseAll(refused)
  const { offsetMetadataMaxBytes } = shard.config
  const errors = offsets.map(({ metadata }): ErrorName =>
    encodeText(metadata ?? '').length > offsetMetadataMaxBytes ? 'OFFSET_METADATA_TOO_LARGE' : 'NONE')
  const records = offsets.filter((_, i) => errors[i] === 'NONE').map((offset) => recordOf(shard, request, offset))
  if (group === undefined && records.length > 0) shard.groups.set(groupId, new ClassicGroup(groupId, shard.wallNow()))
  const written = shard.write(records, shard.decisions.offsetsWaitForTransaction() ? request.transaction : undefined)
  if (written !== 'NONE') return refuseAll(written === 'MESSAGE_TOO_LARGE' ? 'INVALID_COMMIT_OFFSET_SIZE' : written)
  return shard.answerCommitted((failure) => give(errors.map((error) => (error === 'NONE' ? failure : error))))
}

/** Without a group only nobody's offsets may be committed, which makes one. */
function missingGroupError({ generationId, knowsMemberEpochs }: CommitRequest): ErrorName {
  if (generationId < 0) return 'NONE'
  return knowsMemberEpochs ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
}

function commitError(shard: GroupShard, group: Group, request: CommitRequest): ErrorName {
  return group.kind === 'classic' ? classicCommitError(shard, group, request) : consumerCommitError(shard, group, request)
}

function consumerCommitError(shard: GroupShard, group: ConsumerGroup, request: CommitRequest): ErrorName {
  const { memberId, generationId, offsets, transaction } = request
  const isOfNobody = generationId < 0 && memberId === ''
  if (isOfNobody && (group.members.size === 0 || transaction !== undefined)) return 'NONE'
  const member = group.members.get(memberId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  if (!request.knowsMemberEpochs && transaction === undefined) return 'UNSUPPORTED_VERSION'
  const grantedAt = offsets.map(({ topicId, partition }) => member.assigned.get(partitionKey(topicId, partition)))
  const error = shard.decisions.memberCommitError({ asked: generationId, current: member.memberEpoch, grantedAt })
  // TxnOffsetCommit has member epochs from its first version that has members, under the name of generations.
  return error === 'STALE_MEMBER_EPOCH' && transaction !== undefined ? 'ILLEGAL_GENERATION' : error
}

function classicCommitError(shard: GroupShard, group: ClassicGroup, request: CommitRequest): ErrorName {
  const { memberId, groupInstanceId, generationId } = request
  const error = shard.decisions.mayCommit({
    state: group.state,
    generationId,
    namesMember: memberId !== '' || groupInstanceId !== null,
    currentGenerationId: group.generationId,
    memberError: group.memberError(memberId, groupInstanceId, shard.decisions),
    isTransactional: request.transaction !== undefined,
  })
  const member = group.members.get(memberId)
  const lives = group.state === 'Stable' || group.state === 'PreparingRebalance'
  if (error === 'NONE' && member !== undefined && lives) renewSession(shard, group, member)
  return error
}

function recordOf(shard: GroupShard, request: CommitRequest, asked: AskedOffset): GroupRecord {
  const { topic, topicId, partition, offset, leaderEpoch, metadata } = asked
  const nowMs = shard.wallNow()
  const expireTimestamp = toBigInt(request.retentionMs < 0 ? -1 : nowMs + request.retentionMs)
  const value = { offset, leaderEpoch, metadata: metadata ?? '', commitTimestamp: toBigInt(nowMs), expireTimestamp, topicId }
  return { kind: 'offset', group: request.groupId, topic, partition, value }
}

export interface FetchedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly metadata: string
  readonly error: ErrorName
}

export interface OffsetQuery {
  readonly groupId: string
  /** null: all there are. */
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[] | null
  readonly requireStable: boolean
}

/** Why this member may not ask; who does not say who it is may. */
export function fetchError(shard: GroupShard, { groupId, memberId, memberEpoch }: { readonly groupId: string; readonly memberId: string | null; readonly memberEpoch: number }): ErrorName {
  const group = shard.consumer(groupId)
  if (group === undefined || ((memberId === null || memberId === '') && memberEpoch < 0)) return 'NONE'
  const member = group.members.get(memberId ?? '')
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  return member.memberEpoch === memberEpoch ? 'NONE' : 'STALE_MEMBER_EPOCH'
}

/** An offset nobody committed is -1, and no error. */
export function fetchOffsets(shard: GroupShard, { groupId, partitions, requireStable }: OffsetQuery): FetchedOffset[] {
  const asked = partitions ?? shard.offsets.of(groupId)
  return asked.map(({ topic, partition }): FetchedOffset => {
    const none = { topic, partition, offset: -1n, leaderEpoch: -1, metadata: '' }
    const pending = shard.offsets.isPending(groupId, topic, partition)
    if (shard.decisions.isUnstable({ requireStable, pending })) return { ...none, error: 'UNSTABLE_OFFSET_COMMIT' }
    const value = shard.offsets.get(groupId, topic, partition)?.value
    if (value === undefined || isOfAnotherTopic(shard, topic, value.topicId)) return { ...none, error: 'NONE' }
    const { leaderEpoch, metadata } = value
    return { topic, partition, offset: shard.decisions.toldOffset(value.offset), leaderEpoch, metadata, error: 'NONE' }
  })
}

/** A topic that was deleted and made again is another: what was read of its namesake says nothing. */
function isOfAnotherTopic(shard: GroupShard, topic: string, topicId: string): boolean {
  const known = shard.environment.image().topicsByName.get(topic)
  return topicId !== zeroUuid && known !== undefined && known.id !== topicId
}

/** One error a partition, in their order; `top` is for all. */
export interface DeletedOffsets {
  readonly top: ErrorName
  readonly errors: readonly ErrorName[]
}

export function deleteOffsets(
  shard: GroupShard,
  groupId: string,
  asked: readonly { readonly topic: string; readonly partition: number }[],
): DeletedOffsets {
  const group = shard.groups.get(groupId)
  if (group === undefined) return { top: 'GROUP_ID_NOT_FOUND', errors: [] }
  if (group.state !== 'Empty' && group.protocolType !== 'consumer') return { top: 'NON_EMPTY_GROUP', errors: [] }
  const subscribed = topicsInUse(shard, group)
  const errors = asked.map(({ topic }): ErrorName =>
    subscribed === undefined || subscribed.has(topic) ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE')
  const records = asked.filter(({ topic, partition }, i) =>
    errors[i] === 'NONE' && shard.offsets.get(groupId, topic, partition) !== undefined)
  const written = shard.write(records.map((each) => ({ kind: 'offset', group: groupId, ...each, value: null })))
  return { top: written === 'MESSAGE_TOO_LARGE' ? 'UNKNOWN_SERVER_ERROR' : written, errors }
}

/** The topics members of the group read; undefined when nobody can tell. */
export function topicsInUse(shard: GroupShard, group: Group): ReadonlySet<string> | undefined {
  if (group.state === 'Empty') return new Set()
  if (group.kind === 'classic') return group.subscribedTopics()
  const image = shard.environment.image()
  return new Set([...group.members.values()].flatMap((member) => topicsRead(image, member).map(({ name }) => name)))
}
