/** What happens to the groups of a shard when this broker begins to coordinate them, and when it ceases to. */
import type { ClassicGroup } from './classic-group.ts'
import { answerJoin, answerSync, refusedJoin, renewSession } from './classic-rebalance.ts'
import { forgetMemberTimers, renewConsumerSession, watchRevocation } from './consumer-fencing.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { GroupShard } from './group-shard.ts'

/** Members of the groups that were found are taken to live, from now on. */
export function beginShard(shard: GroupShard): void {
  for (const group of shard.groups.values()) {
    if (group.kind === 'classic') for (const member of group.members.values()) renewSession(shard, group, member)
    else watchConsumers(shard, group)
  }
}

/** Nobody waits for a broker that has no say any more. */
export function endShard(shard: GroupShard): void {
  for (const group of shard.groups.values()) {
    if (group.kind === 'classic') dismiss(shard, group)
    else for (const memberId of group.members.keys()) forgetMemberTimers(shard, group, memberId)
  }
}

function watchConsumers(shard: GroupShard, group: ConsumerGroup): void {
  for (const member of group.members.values()) {
    renewConsumerSession(shard, group, member.memberId)
    watchRevocation(shard, group, member)
  }
}

function dismiss(shard: GroupShard, group: ClassicGroup): void {
  shard.cancel(group.rebalanceTimer)
  for (const timer of group.pendingJoins.values()) shard.cancel(timer)
  for (const member of group.members.values()) {
    answerJoin(shard, member, refusedJoin('NOT_COORDINATOR', member.memberId))
    answerSync(shard, group, member, 'NOT_COORDINATOR')
    shard.cancel(member.session)
  }
}
