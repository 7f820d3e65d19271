/**
 * What a shard forgets by itself or on demand: offsets that nobody has needed for their retention (by the wall clock, because
 * their age outlives any broker), offsets of topics that are gone, groups without members and offsets.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import { groupTombstones } from './consumer-group.ts'
import type { Group, GroupShard } from './group-shard.ts'
import { topicsInUse } from './offset-commits.ts'
import type { OffsetValue, GroupRecord } from './records.ts'

const msPerMinute = 60_000
/** Records of one batch, so that it stays within any limit. */
const recordsAtOnce = 500

/** Called now and then. */
export function forgetExpired(shard: GroupShard): void {
  for (const group of shard.groups.values()) {
    const expired = shard.offsets.of(group.groupId).filter(({ topic, partition, committed }) =>
      isExpired(shard, group, { topic, value: committed.value }) && !shard.offsets.isPending(group.groupId, topic, partition))
    const forgotten = expired.map(({ topic, partition }) => forgetting(group.groupId, topic, partition))
    if (!writeInParts(shard, forgotten)) return
    forgetIfEmpty(shard, group)
  }
}

function forgetting(group: string, topic: string, partition: number): GroupRecord {
  return { kind: 'offset', group, topic, partition, value: null }
}

function writeInParts(shard: GroupShard, records: readonly GroupRecord[]): boolean {
  for (let at = 0; at < records.length; at += recordsAtOnce) {
    if (shard.write(records.slice(at, at + recordsAtOnce)) !== 'NONE') return false
  }
  return true
}

function isExpired(
  shard: GroupShard,
  group: Group,
  { topic, value }: { readonly topic: string; readonly value: OffsetValue },
): boolean {
  const sinceMs = unneededSince(shard, group, { topic, value })
  if (sinceMs === undefined) return false
  return shard.decisions.offsetIsExpired({
    nowMs: shard.wallNow(),
    expireTimestamp: toNumber(value.expireTimestamp),
    sinceMs,
    retentionMs: shard.config.offsetsRetentionMinutes * msPerMinute,
  })
}

/** undefined: somebody needs it, or may. */
function unneededSince(
  shard: GroupShard,
  group: Group,
  { topic, value }: { readonly topic: string; readonly value: OffsetValue },
): number | undefined {
  const committedMs = toNumber(value.commitTimestamp)
  if (group.kind === 'classic') {
    if (group.protocolType === null) return committedMs
    if (group.state === 'Empty') return group.stateSinceMs >= 0 ? group.stateSinceMs : committedMs
    if (group.state !== 'Stable') return undefined
  }
  const used = topicsInUse(shard, group)
  return used === undefined || used.has(topic) ? undefined : committedMs
}

function forgetIfEmpty(shard: GroupShard, group: Group): void {
  const { groupId } = group
  const isJoined = group.kind === 'classic' && group.pendingJoins.size > 0
  const isUsed = group.members.size > 0 || isJoined || group.state !== 'Empty'
  if (isUsed || shard.offsets.has(groupId) || shard.offsets.isPending(groupId)) return
  shard.write(tombstonesOf(group))
}

function tombstonesOf(group: Group): GroupRecord[] {
  return group.kind === 'classic' ? [{ kind: 'classic-group', group: group.groupId, value: null }] : groupTombstones(group.groupId)
}

/** Offsets of topics that no longer exist. */
export function forgetTopics(shard: GroupShard, topicIds: ReadonlySet<string>): void {
  for (const groupId of shard.offsets.groupIds()) {
    const gone = shard.offsets.of(groupId).filter(({ committed }) => topicIds.has(committed.value.topicId))
    writeInParts(shard, gone.map(({ topic, partition }) => forgetting(groupId, topic, partition)))
  }
}

/** A group with its offsets, if nobody is in it. */
export function deleteGroup(shard: GroupShard, groupId: string): ErrorName {
  const group = shard.groups.get(groupId)
  if (group === undefined) return 'GROUP_ID_NOT_FOUND'
  if (group.state !== 'Empty') return 'NON_EMPTY_GROUP'
  const offsets = shard.offsets.of(groupId).map(({ topic, partition }) => forgetting(groupId, topic, partition))
  if (!writeInParts(shard, offsets)) return 'COORDINATOR_NOT_AVAILABLE'
  const written = shard.write(tombstonesOf(group))
  if (written !== 'NONE' || group.kind === 'consumer') return written
  for (const timer of group.pendingJoins.values()) shard.cancel(timer)
  return 'NONE'
}
