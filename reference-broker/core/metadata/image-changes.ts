/** What became of the cluster between two images: for whoever is given a whole new one instead of the records in between. */
import type { ClusterImage, PartitionImage } from './image.ts'

export interface MetadataChanges {
  /** Topic id and partition index of each partition that changed. */
  readonly partitions: readonly { readonly topicId: string; readonly index: number }[]
  readonly removedTopics: readonly string[]
  /** Topics whose own settings changed. */
  readonly configuredTopics: readonly string[]
  /** Whether the defaults of all topics changed. */
  readonly clusterConfigs: boolean
}

export function changesBetween(before: ClusterImage, after: ClusterImage): MetadataChanges {
  const partitions: { topicId: string; index: number }[] = []
  const configuredTopics: string[] = []
  for (const [topicId, topic] of after.topicsById) {
    const old = before.topicsById.get(topicId)
    if (old !== undefined && !sameSettings(old.configs, topic.configs)) configuredTopics.push(topicId)
    for (const [index, partition] of topic.partitions.entries()) {
      if (hasChanged(old?.partitions[index], partition)) partitions.push({ topicId, index })
    }
  }
  return {
    partitions,
    removedTopics: [...before.topicsById.keys()].filter((topicId) => !after.topicsById.has(topicId)),
    configuredTopics,
    clusterConfigs: !sameSettings(before.clusterConfigs, after.clusterConfigs),
  }
}

/** Each change of a partition has a partitionEpoch of its own. */
function hasChanged(old: PartitionImage | undefined, partition: PartitionImage): boolean {
  return old?.partitionEpoch !== partition.partitionEpoch || old.leaderEpoch !== partition.leaderEpoch
}

function sameSettings(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
}
