/**
 * What the assignors of classic groups have in common. An assignor is a pure function that the leader of a group runs: every
 * partition of every topic somebody reads goes to exactly one member that reads it.
 */
import type { TopicPartition } from '../../client.ts'

export interface AssignedMember {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly topics: readonly string[]
  /** What it had last, by its own word. */
  readonly owned: readonly TopicPartition[]
  /** The generation in which it had that; -1 when it does not say. */
  readonly generation: number
}

/** By topic; a topic that is not there does not exist. */
export type PartitionCounts = ReadonlyMap<string, number>

/** Every member is in it. */
export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>

export interface ClassicAssignor {
  readonly name: string
  /** Members keep what they have while the group rebalances (KIP-429). */
  readonly isCooperative: boolean
  assign(members: readonly AssignedMember[], counts: PartitionCounts): Assignment
}

export function noPartitions(members: readonly AssignedMember[]): Map<string, TopicPartition[]> {
  return new Map(members.map(({ memberId }) => [memberId, []]))
}

/** Static members first, by instance id; the others by member id. */
export function inOrder(members: readonly AssignedMember[]): AssignedMember[] {
  const key = ({ instanceId, memberId }: AssignedMember): string => (instanceId === undefined ? `1${memberId}` : `0${instanceId}`)
  return members.toSorted((a, b) => compare(key(a), key(b)))
}

export function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Topics somebody reads that exist, by name. */
export function topicsRead(members: readonly AssignedMember[], counts: PartitionCounts): string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))].filter((topic) => counts.has(topic)).sort(compare)
}

export function partitionsOf(topic: string, counts: PartitionCounts): TopicPartition[] {
  return Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition }))
}
