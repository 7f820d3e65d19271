/** What the loss, return or departure of a broker does to partitions: pure functions from image to records. */
import type { Decisions } from '../decisions.ts'
import type { ClusterImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import type { PartitionRecord } from '../metadata/records.ts'

export interface ElectionContext {
  readonly image: ClusterImage
  readonly decisions: Decisions
  readonly uncleanAllowed: (topic: TopicImage) => boolean
}

/** The record that gives a partition new members and, where it differs, a new leader: epochs follow from what changed. */
export function partitionRecord(
  topicId: string,
  index: number,
  before: PartitionImage,
  after: { readonly leader: number; readonly inSyncReplicas: readonly number[] },
): PartitionRecord {
  return {
    kind: 'partition',
    topicId,
    partitionIndex: index,
    replicas: [...before.replicas],
    inSyncReplicas: [...after.inSyncReplicas],
    leader: after.leader,
    leaderEpoch: before.leaderEpoch + (after.leader === before.leader ? 0 : 1),
    partitionEpoch: before.partitionEpoch + 1,
  }
}

/** The broker is gone (fenced, or shutting down): it leaves every in-sync set it is not the last of, and leads nothing. */
export function withoutBroker(context: ElectionContext, brokerId: number): PartitionRecord[] {
  const { image, decisions } = context
  const isLive = (id: number): boolean => id !== brokerId && image.isLive(id)
  return eachPartition(image, (topic, partition, index) => {
    const isMember = partition.inSyncReplicas.includes(brokerId)
    if (!isMember && partition.leader !== brokerId) return undefined
    const others = partition.inSyncReplicas.filter((id) => id !== brokerId)
    const inSyncReplicas = others.length > 0 ? others : partition.inSyncReplicas
    const elected =
      partition.leader !== brokerId && partition.leader >= 0
        ? { leader: partition.leader, inSyncReplicas }
        : decisions.electLeader({
            replicas: partition.replicas,
            inSyncReplicas,
            isLive,
            uncleanAllowed: context.uncleanAllowed(topic),
          })
    const same = elected.leader === partition.leader && elected.inSyncReplicas.length === partition.inSyncReplicas.length
    return same ? undefined : partitionRecord(topic.id, index, partition, elected)
  })
}

/** The broker is back: partitions without a leader may have one again. */
export function withBroker(context: ElectionContext, brokerId: number): PartitionRecord[] {
  const { image, decisions } = context
  const isLive = (id: number): boolean => id === brokerId || image.isLive(id)
  return eachPartition(image, (topic, partition, index) => {
    if (partition.leader >= 0 || !partition.replicas.includes(brokerId)) return undefined
    const elected = decisions.electLeader({
      replicas: partition.replicas,
      inSyncReplicas: partition.inSyncReplicas,
      isLive,
      uncleanAllowed: context.uncleanAllowed(topic),
    })
    return elected.leader < 0 ? undefined : partitionRecord(topic.id, index, partition, elected)
  })
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
