/**
 * The records that fold into a given image, starting from nothing: what a snapshot holds. Whatever the image knows must be
 * here, in the order of its maps, so that the same image is always the same bytes.
 */
import { toBigInt } from '../../../protocol/int64.ts'
import type { BrokerImage, ClusterImage, PartitionImage, TopicImage } from './image.ts'
import type { MetadataRecord } from './records.ts'

export function imageRecords(image: ClusterImage): MetadataRecord[] {
  return [
    { kind: 'producer-ids', nextProducerId: toBigInt(image.nextProducerId) },
    { kind: 'cluster-configs', configs: listed(image.clusterConfigs) },
    ...Array.from(image.features, ([name, level]): MetadataRecord => ({ kind: 'feature-level', name, level })),
    ...Array.from(image.brokers.values(), brokerRecord),
    ...[...image.topicsById.values()].flatMap(topicRecords),
  ]
}

function brokerRecord({ id, epoch, intactSince, listeners, ...broker }: BrokerImage): MetadataRecord {
  const offsets = { brokerEpoch: toBigInt(epoch), intactSince: toBigInt(intactSince) }
  return { kind: 'broker', brokerId: id, ...broker, ...offsets, listeners: [...listeners] }
}

function topicRecords({ name, id: topicId, configs, partitions }: TopicImage): MetadataRecord[] {
  return [
    { kind: 'topic-created', name, topicId, configs: listed(configs) },
    ...partitions.map((partition, index) => partitionRecord(topicId, index, partition)),
  ]
}

function partitionRecord(topicId: string, partitionIndex: number, partition: PartitionImage): MetadataRecord {
  const { replicas, inSyncReplicas, eligibleLeaderReplicas } = partition
  const lists = { replicas: [...replicas], inSyncReplicas: [...inSyncReplicas], eligibleLeaderReplicas: [...eligibleLeaderReplicas] }
  return { kind: 'partition', topicId, partitionIndex, ...partition, ...lists }
}

function listed(settings: ReadonlyMap<string, string>): { name: string; value: string }[] {
  return Array.from(settings, ([name, value]) => ({ name, value }))
}
