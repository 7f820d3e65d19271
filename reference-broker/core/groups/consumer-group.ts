/**
 * A group of the consumer protocol (KIP-848): data, folded from its records, and questions about it that change nothing. A member's
 * epoch says to which target assignment it has come; a partition is a member's own from the moment it is granted until the member
 * has said that it gave it up, or is fenced.
 */
import type { TimerId } from '../../../ports/events.ts'
import type { ConsumerCurrentValue, ConsumerGroupRecord, ConsumerMemberValue, TopicPartitions } from './consumer-records.ts'

/** A topic id, which has 22 characters, and a partition number. */
export type PartitionKey = string

const topicIdLength = 22

export function partitionKey(topicId: string, partition: number): PartitionKey {
  return `${topicId}${partition}`
}

export function topicIdOfKey(key: PartitionKey): string {
  return key.slice(0, topicIdLength)
}

export function partitionOfKey(key: PartitionKey): number {
  return Number(key.slice(topicIdLength))
}

export function keysOf(topics: TopicPartitions): Set<PartitionKey> {
  return new Set(topics.flatMap(({ topicId, partitions }) => partitions.map((partition) => partitionKey(topicId, partition))))
}

/** By topic, partitions ascending. */
export function topicsOf(keys: Iterable<PartitionKey>): { topicId: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const key of keys) {
    const topicId = topicIdOfKey(key)
    topics.set(topicId, [...(topics.get(topicId) ?? []), partitionOfKey(key)])
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions: partitions.toSorted((a, b) => a - b) }))
}

/** Its place in the list is its number in the log. */
export const memberStates = ['STABLE', 'UNREVOKED_PARTITIONS', 'UNRELEASED_PARTITIONS'] as const
export type ConsumerMemberState = (typeof memberStates)[number]

export interface ConsumerMember extends ConsumerMemberValue {
  readonly memberId: string
  /** 0: it has just joined; -2: a static member that left and will be back. */
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: ConsumerMemberState
  /** What it may own, with the member epoch at which each was granted. */
  readonly assigned: ReadonlyMap<PartitionKey, number>
  /** What it was told to give up and has not yet. */
  readonly pendingRevocation: ReadonlySet<PartitionKey>
}

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

const nothing: ReadonlySet<PartitionKey> = new Set()

export class ConsumerGroup {
  readonly kind = 'consumer'
  readonly protocolType = 'consumer'
  readonly groupId: string
  groupEpoch = 0
  assignmentEpoch = 0
  assignor = ''
  metadataHash = 0
  readonly members: Map<string, ConsumerMember> = new Map()
  readonly targets: Map<string, ReadonlySet<PartitionKey>> = new Map()
  /** Whose own a partition is. */
  readonly owners: Map<PartitionKey, string> = new Map()
  // Only while this broker coordinates
  readonly sessions: Map<string, TimerId> = new Map()
  /** Members that are to give up partitions in time. */
  readonly revocations: Map<string, TimerId> = new Map()
  lastAssignedMs: number = -Infinity

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    const isThere = ({ memberEpoch, state }: ConsumerMember): boolean => memberEpoch === this.assignmentEpoch && state === 'STABLE'
    return [...this.members.values()].every(isThere) ? 'Stable' : 'Reconciling'
  }

  targetOf(memberId: string): ReadonlySet<PartitionKey> {
    return this.targets.get(memberId) ?? nothing
  }

  memberOfInstance(instanceId: string): ConsumerMember | undefined {
    for (const member of this.members.values()) if (member.instanceId === instanceId) return member
    return undefined
  }

  apply(record: ConsumerGroupRecord): void {
    switch (record.kind) {
      case 'consumer-group':
        this.groupEpoch = record.value?.epoch ?? 0
        this.metadataHash = record.value?.metadataHash ?? 0
        return
      case 'consumer-member':
        return this.#applyMember(record.memberId, record.value)
      case 'consumer-target':
        this.assignmentEpoch = record.value?.assignmentEpoch ?? 0
        this.assignor = record.value?.assignor ?? ''
        return
      case 'consumer-target-member':
        if (record.value === null) this.targets.delete(record.memberId)
        else this.targets.set(record.memberId, keysOf(record.value.topicPartitions))
        return
      case 'consumer-current':
        return this.#applyCurrent(record.memberId, record.value)
    }
  }

  #applyMember(memberId: string, value: ConsumerMemberValue | null): void {
    if (value === null) {
      this.#disown(memberId)
      this.members.delete(memberId)
      return
    }
    const member = this.members.get(memberId) ?? newStanding(memberId)
    this.members.set(memberId, { ...member, ...value })
  }

  #applyCurrent(memberId: string, value: ConsumerCurrentValue | null): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.#disown(memberId)
    const next = { ...member, ...(value === null ? newStanding(memberId) : standingOf(value)) }
    this.members.set(memberId, next)
    for (const key of next.assigned.keys()) this.owners.set(key, memberId)
    for (const key of next.pendingRevocation) this.owners.set(key, memberId)
  }

  #disown(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    for (const key of [...member.assigned.keys(), ...member.pendingRevocation]) {
      if (this.owners.get(key) === memberId) this.owners.delete(key)
    }
  }
}

/** Where a member stands that has just joined. */
function newStanding(memberId: string): Omit<ConsumerMember, keyof ConsumerMemberValue> {
  return { memberId, memberEpoch: 0, previousMemberEpoch: -1, state: 'STABLE', assigned: new Map(), pendingRevocation: nothing }
}

/** One that nobody knows yet. */
export function newConsumerMember(memberId: string): ConsumerMember {
  return {
    ...newStanding(memberId),
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    subscribedTopicRegex: '',
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
  }
}

function standingOf(value: ConsumerCurrentValue): Pick<ConsumerMember, 'memberEpoch' | 'previousMemberEpoch' | 'state' | 'assigned' | 'pendingRevocation'> {
  const assigned = value.assigned.flatMap(({ topicId, partitions, epochs }) =>
    partitions.map((partition, i) => [partitionKey(topicId, partition), epochs[i]!] as const))
  return {
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: memberStates[value.state] ?? 'STABLE',
    assigned: new Map(assigned),
    pendingRevocation: keysOf(value.pendingRevocation),
  }
}

export function currentRecord(group: string, member: ConsumerMember): ConsumerGroupRecord {
  const assigned = topicsOf(member.assigned.keys()).map(({ topicId, partitions }) => ({
    topicId,
    partitions,
    epochs: partitions.map((partition) => member.assigned.get(partitionKey(topicId, partition))!),
  }))
  return {
    kind: 'consumer-current',
    group,
    memberId: member.memberId,
    value: {
      memberEpoch: member.memberEpoch,
      previousMemberEpoch: member.previousMemberEpoch,
      state: memberStates.indexOf(member.state),
      assigned,
      pendingRevocation: topicsOf(member.pendingRevocation),
    },
  }
}

export function memberRecord(group: string, member: ConsumerMember): ConsumerGroupRecord {
  const { memberId, instanceId, rackId, clientId, clientHost, subscribedTopicRegex, rebalanceTimeoutMs, serverAssignor } = member
  const subscribedTopicNames = [...member.subscribedTopicNames]
  const value = { instanceId, rackId, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex, rebalanceTimeoutMs, serverAssignor }
  return { kind: 'consumer-member', group, memberId, value }
}

export function targetRecord(group: string, memberId: string, keys: Iterable<PartitionKey>): ConsumerGroupRecord {
  return { kind: 'consumer-target-member', group, memberId, value: { topicPartitions: topicsOf(keys) } }
}

/** All that the log has of a member, gone. */
export function memberTombstones(group: string, memberId: string): ConsumerGroupRecord[] {
  return [
    { kind: 'consumer-current', group, memberId, value: null },
    { kind: 'consumer-target-member', group, memberId, value: null },
    { kind: 'consumer-member', group, memberId, value: null },
  ]
}

/** All that the log has of a group without members, gone. */
export function groupTombstones(group: string): ConsumerGroupRecord[] {
  return [{ kind: 'consumer-target', group, value: null }, { kind: 'consumer-group', group, value: null }]
}
