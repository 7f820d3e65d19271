/**
 * The two deadlines of a member of a consumer group: to be heard of within the session timeout, which is the broker's, and to give
 * up partitions within the rebalance timeout, which is its own. Who misses one is fenced.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import { memberTombstones, type ConsumerGroup, type ConsumerMember } from './consumer-group.ts'
import type { GroupShard } from './group-shard.ts'

/** When a fenced member cannot be written out, because too few replicas are in sync. */
const retryMs = 500

export function renewConsumerSession(shard: GroupShard, group: ConsumerGroup, memberId: string): void {
  shard.cancel(group.sessions.get(memberId))
  const timeoutMs = shard.config.groupConsumerSessionTimeoutMs
  group.sessions.set(memberId, shard.after(timeoutMs, () => {
    if (shard.decisions.sessionIsOver({ heardOf: false })) fence(shard, group, memberId)
  }))
}

function fence(shard: GroupShard, group: ConsumerGroup, memberId: string): void {
  if (!group.members.has(memberId)) return
  if (removeConsumer(shard, group, memberId) !== 'NONE') {
    group.sessions.set(memberId, shard.after(retryMs, () => fence(shard, group, memberId)))
  }
}

/** The time runs from when the member is first told what to give up. */
export function watchRevocation(shard: GroupShard, group: ConsumerGroup, member: ConsumerMember): void {
  const { memberId, memberEpoch, state, rebalanceTimeoutMs } = member
  const isWatched = group.revocations.has(memberId)
  if (state !== 'UNREVOKED_PARTITIONS') {
    shard.cancel(group.revocations.get(memberId))
    group.revocations.delete(memberId)
  } else if (!isWatched) {
    group.revocations.set(memberId, shard.after(rebalanceTimeoutMs, () => {
      group.revocations.delete(memberId)
      const now = group.members.get(memberId)
      if (now?.state === 'UNREVOKED_PARTITIONS' && now.memberEpoch === memberEpoch) fence(shard, group, memberId)
    }))
  }
}

export function forgetMemberTimers(shard: GroupShard, group: ConsumerGroup, memberId: string): void {
  shard.cancel(group.sessions.get(memberId))
  shard.cancel(group.revocations.get(memberId))
  group.sessions.delete(memberId)
  group.revocations.delete(memberId)
}

/** It leaves, or is fenced: its partitions are nobody's, and the group needs a new target. */
export function removeConsumer(shard: GroupShard, group: ConsumerGroup, memberId: string): ErrorName {
  const { groupId, metadataHash: hash } = group
  const epoch = shard.decisions.nextGroupEpoch(group.groupEpoch)
  const written = shard.write([
    ...memberTombstones(groupId, memberId),
    { kind: 'consumer-group', group: groupId, value: { epoch, metadataHash: hash } },
  ])
  if (written === 'NONE') forgetMemberTimers(shard, group, memberId)
  return written
}
