/**
 * What the loss, return or departure of a broker does to partitions: pure functions from image to records.
 *
 * Eligible leader replicas (KIP-966): while fewer than min.insync.replicas are in sync, the high watermark stands still,
 * so whoever leaves the in-sync set then still has everything that is committed, and may lead. A broker that comes back
 * from an unclean stop may have lost what it had not synced: it is neither in sync nor eligible until it has caught up.
 */
import type { Decisions, Elected } from '../decisions.ts'
import type { ClusterImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import type { PartitionRecord } from '../metadata/records.ts'

export interface ElectionContext {
  readonly image: ClusterImage
  readonly decisions: Decisions
  readonly uncleanAllowed: (topic: TopicImage) => boolean
  readonly minInSyncReplicas: (topic: TopicImage) => number
}

export interface Change {
  readonly leader: number
  readonly inSyncReplicas: readonly number[]
  /** Has lost data, or may have: not eligible. */
  readonly damaged?: number
  /** The leader was elected uncleanly: nobody is eligible any more, because the others may have what it has not. */
  readonly unclean?: boolean
}

/** The record that gives a partition new members and, where it differs, a new leader: everything else follows. */
export function partitionRecord(context: ElectionContext, topic: TopicImage, index: number, change: Change): PartitionRecord {
  const before = topic.partitions[index]!
  const inSyncReplicas = [...change.inSyncReplicas]
  const enough = inSyncReplicas.length >= Math.min(context.minInSyncReplicas(topic), before.replicas.length)
  const complete = [...before.eligibleLeaderReplicas, ...before.inSyncReplicas]
  const eligible = (id: number): boolean => !inSyncReplicas.includes(id) && id !== change.damaged
  const lastLeader = before.leader >= 0 ? before.leader : before.lastKnownLeader
  return {
    kind: 'partition',
    topicId: topic.id,
    partitionIndex: index,
    replicas: [...before.replicas],
    inSyncReplicas,
    leader: change.leader,
    leaderEpoch: before.leaderEpoch + (change.leader === before.leader ? 0 : 1),
    partitionEpoch: before.partitionEpoch + 1,
    eligibleLeaderReplicas: enough || change.unclean === true ? [] : [...new Set(complete)].filter(eligible),
    lastKnownLeader: change.leader >= 0 ? change.leader : lastLeader,
  }
}

/**
 * The broker is gone (fenced, or shutting down): it is in no in-sync set and leads nothing. `unclean`: what it had
 * written may be gone, too.
 */
export function withoutBroker(context: ElectionContext, brokerId: number, unclean = false): PartitionRecord[] {
  const { image } = context
  const isLive = (id: number): boolean => id !== brokerId && image.isLive(id)
  return eachPartition(image, (topic, partition, index) => {
    const isMember = partition.inSyncReplicas.includes(brokerId)
    const isEligible = unclean && partition.eligibleLeaderReplicas.includes(brokerId)
    if (!isMember && !isEligible && partition.leader !== brokerId) return undefined
    const inSyncReplicas = partition.inSyncReplicas.filter((id) => id !== brokerId)
    const gone = unclean ? { damaged: brokerId } : {}
    const left = partitionRecord(context, topic, index, { leader: partition.leader, inSyncReplicas, ...gone })
    if (partition.leader >= 0 && partition.leader !== brokerId) return left
    const elected = elect(context, topic, left, isLive)
    return partitionRecord(context, topic, index, { ...elected, ...gone })
  })
}

/** The broker is back: partitions without a leader may have one again. */
export function withBroker(context: ElectionContext, brokerId: number): PartitionRecord[] {
  const { image } = context
  const isLive = (id: number): boolean => id === brokerId || image.isLive(id)
  return eachPartition(image, (topic, partition, index) => {
    if (partition.leader >= 0 || !partition.replicas.includes(brokerId)) return undefined
    const elected = elect(context, topic, partition, isLive)
    return elected.leader < 0 ? undefined : partitionRecord(context, topic, index, elected)
  })
}

type Electorate = Pick<PartitionImage, 'replicas' | 'inSyncReplicas' | 'eligibleLeaderReplicas' | 'lastKnownLeader'>

function elect(
  context: ElectionContext,
  topic: TopicImage,
  { replicas, inSyncReplicas, eligibleLeaderReplicas, lastKnownLeader }: Electorate,
  isLive: (brokerId: number) => boolean,
): Elected {
  const uncleanAllowed = context.uncleanAllowed(topic)
  const view = { replicas, inSyncReplicas, eligibleLeaderReplicas, lastKnownLeader, isLive, uncleanAllowed }
  return context.decisions.electLeader(view)
}

function eachPartition(
  image: ClusterImage,
  change: (topic: TopicImage, partition: PartitionImage, index: number) => PartitionRecord | undefined,
): PartitionRecord[] {
  const records: PartitionRecord[] = []
  for (const topic of image.topicsById.values()) {
    for (const [index, partition] of topic.partitions.entries()) {
      const record = change(topic, partition, index)
      if (record !== undefined) records.push(record)
    }
  }
  return records
}
