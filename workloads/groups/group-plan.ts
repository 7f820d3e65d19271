/** What workloads of consumer groups are told of a group, and what the history is told of it. */
import type { Delivery, GroupConfig } from '../../history/group-op.ts'
import type { ConsumerOptions, GroupMemberOptions, GroupProtocol, ResetPolicy } from '../client/client.ts'
import { consumerDefaults } from '../client/defaults.ts'

export interface GroupTimes {
  /** Of a consumer group it is what the broker has (`group.consumer.session.timeout.ms`). */
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  readonly maxPollIntervalMs: number
  readonly metadataMaxAgeMs: number
}

export interface GroupPlan {
  readonly group: string
  readonly protocol: GroupProtocol
  readonly assignors: readonly string[]
  readonly topics: readonly string[]
  readonly members: number
  /** Of them, those with an instance id. */
  readonly staticMembers: number
  /** Whether a record is committed before it is processed, or after (GRP-7). */
  readonly delivery: Exclude<Delivery, 'exactly-once'>
  readonly resetPolicy: ResetPolicy
  readonly times: GroupTimes
  /** So long after the start its first members come; at once when missing. */
  readonly joinsAfterMs?: number
  /** Of its consumers, over the defaults: what bounds a fetch. */
  readonly fetch?: Partial<ConsumerOptions>
}

export function assignorOf({ protocol, assignors }: Pick<GroupPlan, 'protocol' | 'assignors'>): string {
  return assignors.join(',') || (protocol === 'consumer' ? 'uniform' : '')
}

/** What the first op of a history says of it. */
export function groupConfig(plan: GroupPlan): GroupConfig {
  const { group, protocol, assignors, topics, delivery, resetPolicy, times } = plan
  return {
    group,
    protocol,
    assignor: assignorOf(plan),
    topics,
    sessionTimeoutMs: times.sessionTimeoutMs,
    rebalanceTimeoutMs: times.rebalanceTimeoutMs,
    delivery,
    resetPolicy,
    cooperative: protocol === 'consumer' || assignors.every((name) => name === 'cooperative-sticky'),
  }
}

export function memberOptions(plan: GroupPlan, instanceId: string | undefined): Omit<GroupMemberOptions, 'listener'> {
  const { group, protocol, assignors, topics, resetPolicy, times, fetch } = plan
  return {
    group,
    protocol,
    topics,
    assignors,
    ...times,
    consumer: { ...consumerDefaults, ...fetch, resetPolicy },
    ...(instanceId !== undefined && { instanceId }),
  }
}

/** Whether it commits the end of all it reads: who begins at the end commits nothing where nothing more comes. */
export function drains({ resetPolicy }: Pick<GroupPlan, 'resetPolicy'>): boolean {
  return resetPolicy === 'earliest'
}

/**
 * How long a partition may be without an owner after the last change of members, or after the cluster was back: who is gone is
 * gone after its session; who asked to join a coordinator that is none any more waits a rebalance timeout for it; those that are
 * there have theirs to come, twice where they give up first what another is to have. And requests may be lost on connections that
 * are dead: to the old coordinator, to who is to name the new one, to join it, to share out.
 */
export function rebalanceBound(plans: readonly GroupPlan[], { requestTimeoutMs }: { readonly requestTimeoutMs: number }): number {
  const each = plans.map(({ times }) => times.sessionTimeoutMs + 3 * times.rebalanceTimeoutMs + times.metadataMaxAgeMs + 3 * times.heartbeatIntervalMs)
  return 4 * requestTimeoutMs + Math.max(0, ...each)
}
