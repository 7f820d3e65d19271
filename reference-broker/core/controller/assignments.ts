/** Which brokers get the replicas of new partitions, of new topics and of old ones alike, and how such a partition starts. */
import type { ErrorName } from '../../../protocol/errors.ts'
import type { ClusterImage, PartitionImage } from '../metadata/image.ts'
import type { PartitionRecord } from '../metadata/records.ts'
import type { Controller } from './controller.ts'
import { placeReplicas } from './placement.ts'

export interface Refusal {
  readonly error: ErrorName
  readonly message: string
}
/** One list of brokers a partition; the first is its preferred leader. */
export type Assigned = { readonly replicas: readonly number[][] } | Refusal

/** Spreads partitions over the live brokers; over all registered ones where the live are too few. */
export function spreadReplicas(
  controller: Controller,
  shape: { readonly partitions: number; readonly replicationFactor: number },
): Assigned {
  const { image, options } = controller
  const { replicationFactor } = shape
  const registered = [...image.brokers.values()].filter((broker) => !broker.inControlledShutdown)
  if (replicationFactor > registered.length || !registered.some(({ fenced }) => !fenced)) {
    const message = `The replication factor is ${replicationFactor}, but ${registered.length} brokers are registered.`
    return { error: 'INVALID_REPLICATION_FACTOR', message }
  }
  const live = registered.filter(({ fenced }) => !fenced)
  const candidates = live.length >= replicationFactor ? live : registered
  const replicas = placeReplicas(candidates, shape, options.loop.ports.random)
  return { replicas: replicas.map((ids) => liveFirst(ids, (id) => image.isLive(id))) }
}

/** A partition must start with somebody to lead it. */
function liveFirst(ids: readonly number[], isLive: (id: number) => boolean): number[] {
  return [...ids.filter(isLive), ...ids.filter((id) => !isLive(id))]
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
