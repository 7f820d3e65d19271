/** Which brokers get the replicas of new partitions, of new topics and of old ones alike, and how such a partition starts. */
import type { ErrorName } from '../../../protocol/errors.ts'
import type { BrokerImage, ClusterImage, PartitionImage } from '../metadata/image.ts'
import type { PartitionRecord } from '../metadata/records.ts'
import type { Controller } from './controller.ts'
import { placeReplicas } from './placement.ts'

export interface Refusal {
  readonly error: ErrorName
  readonly message: string | null
}
/** One list of brokers a partition; the first is its preferred leader. */
export type Assigned = { readonly replicas: readonly number[][] } | Refusal

/** As in Kafka: more at once could be more than one batch of the metadata log should carry. */
export const partitionsMax = 10_000

/**
 * Spreads partitions over the live brokers. Where they are too few each partition gets all of them and some of the others,
 * because it must begin with somebody to lead it.
 */
export function spreadReplicas(
  controller: Controller,
  shape: { readonly partitions: number; readonly replicationFactor: number },
): Assigned {
  const { image, options } = controller
  const { partitions, replicationFactor } = shape
  if (partitions > partitionsMax) {
    return { error: 'POLICY_VIOLATION', message: `${partitions} partitions are more than the ${partitionsMax} of one request.` }
  }
  const registered = [...image.brokers.values()].filter((broker) => !broker.inControlledShutdown)
  if (replicationFactor > registered.length || !registered.some(({ fenced }) => !fenced)) {
    const message = `The replication factor is ${replicationFactor}, but ${registered.length} brokers are registered.`
    return { error: 'INVALID_REPLICATION_FACTOR', message }
  }
  const { random } = options.loop.ports
  const place = (brokers: readonly BrokerImage[], count: number): number[][] =>
    placeReplicas(brokers, { ...shape, replicationFactor: count }, random)
  const live = registered.filter(({ fenced }) => !fenced)
  if (live.length >= replicationFactor) return { replicas: place(live, replicationFactor) }
  const others = place(registered.filter(({ fenced }) => fenced), replicationFactor - live.length)
  return { replicas: place(live, live.length).map((ids, i) => [...ids, ...others[i]!]) }
}

/** Why partition `index` cannot have these `count` brokers, which somebody chose by hand. */
export function assignmentError(
  image: ClusterImage,
  brokerIds: readonly number[],
  { index, count }: { readonly index: number; readonly count: number },
): string | undefined {
  if (brokerIds.length === 0 || new Set(brokerIds).size !== brokerIds.length) return 'Each partition needs distinct brokers.'
  if (brokerIds.length !== count) return 'All partitions need as many replicas.'
  if (brokerIds.some((id) => !image.brokers.has(id))) return 'A broker of the assignment is not registered.'
  if (!brokerIds.some((id) => image.isLive(id))) return `No live broker for partition ${index}.`
  return undefined
}

/** As it is when it begins: every live replica is in sync, because there is nothing yet. */
export function newPartition(image: ClusterImage, replicas: readonly number[]): PartitionImage {
  const inSyncReplicas = replicas.filter((id) => image.isLive(id))
  const leader = inSyncReplicas[0]!
  const epochs = { leaderEpoch: 0, partitionEpoch: 0 }
  return { replicas, inSyncReplicas, leader, ...epochs, eligibleLeaderReplicas: [], lastKnownLeader: leader }
}

export function newPartitionRecord(topicId: string, partitionIndex: number, partition: PartitionImage): PartitionRecord {
  const { replicas, inSyncReplicas } = partition
  const lists = { replicas: [...replicas], inSyncReplicas: [...inSyncReplicas], eligibleLeaderReplicas: [] }
  return { kind: 'partition', topicId, partitionIndex, ...partition, ...lists }
}
