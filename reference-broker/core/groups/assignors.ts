/**
 * The server's assignors (KIP-848). Both give every partition of every subscribed topic to exactly one member that subscribes to
 * it, if there is one. Pure.
 */
import { soundConsumerDecisions, type ConsumerDecisions } from './consumer-decisions.ts'
import { partitionKey, topicIdOfKey, type PartitionKey } from './consumer-group.ts'

export interface AssignedTopic {
  readonly topicId: string
  readonly partitions: number
}

export interface Subscriber {
  readonly memberId: string
  /** Of topics that exist. */
  readonly topicIds: ReadonlySet<string>
  /** What it was to own so far. */
  readonly before: ReadonlySet<PartitionKey>
}

export type AssignorName = 'uniform' | 'range'

/** Subscribers in an order of their own; topics in theirs. */
export type Assignor = (
  subscribers: readonly Subscriber[],
  topics: readonly AssignedTopic[],
  decisions?: Pick<ConsumerDecisions, 'isUneven'>,
) => Map<string, Set<PartitionKey>>

/** Each topic is cut into ranges as equal as can be, the first members having the longer ones. */
const range: Assignor = (subscribers, topics) => {
  const assignment = new Map(subscribers.map(({ memberId }) => [memberId, new Set<PartitionKey>()]))
  for (const { topicId, partitions } of topics) {
    const readers = subscribers.filter(({ topicIds }) => topicIds.has(topicId))
    let next = 0
    for (const [i, { memberId }] of readers.entries()) {
      const end = next + Math.floor(partitions / readers.length) + (i < partitions % readers.length ? 1 : 0)
      for (; next < end; next++) assignment.get(memberId)!.add(partitionKey(topicId, next))
    }
  }
  return assignment
}

/** As even as can be, moving as little as that allows: first everybody keeps what it had, then the poorest takes. */
const uniform: Assignor = (subscribers, topics, decisions = soundConsumerDecisions) => {
  const shares = subscribers.map(({ memberId, topicIds, before }) => ({ memberId, topicIds, before, keys: new Set<PartitionKey>() }))
  const free: PartitionKey[] = []
  for (const { topicId, partitions } of topics) {
    for (let partition = 0; partition < partitions; partition++) {
      const key = partitionKey(topicId, partition)
      const keeper = shares.find(({ topicIds, before }) => topicIds.has(topicId) && before.has(key))
      if (keeper === undefined) free.push(key)
      else keeper.keys.add(key)
    }
  }
  for (const key of free) poorest(shares, topicIdOfKey(key))?.keys.add(key)
  while (levelOut(shares, decisions)) continue
  return new Map(shares.map(({ memberId, keys }) => [memberId, keys]))
}

interface Share {
  readonly memberId: string
  readonly topicIds: ReadonlySet<string>
  readonly keys: Set<PartitionKey>
}

function poorest(shares: readonly Share[], topicId: string): Share | undefined {
  let found: Share | undefined
  for (const share of shares) {
    if (share.topicIds.has(topicId) && (found === undefined || share.keys.size < found.keys.size)) found = share
  }
  return found
}

/** Moves one partition from a member to one that has at least two less. false: there is none. */
function levelOut(shares: readonly Share[], decisions: Pick<ConsumerDecisions, 'isUneven'>): boolean {
  for (const rich of shares.toSorted((a, b) => b.keys.size - a.keys.size)) {
    for (const key of [...rich.keys].toReversed()) {
      const poor = poorest(shares, topicIdOfKey(key))!
      if (!decisions.isUneven({ rich: rich.keys.size, poor: poor.keys.size })) continue
      rich.keys.delete(key)
      poor.keys.add(key)
      return true
    }
  }
  return false
}

export const assignors: Readonly<Record<AssignorName, Assignor>> = { range, uniform }

export function isAssignorName(name: string): name is AssignorName {
  return Object.hasOwn(assignors, name)
}
