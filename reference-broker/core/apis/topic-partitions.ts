/** Requests nest partitions in topics, and their answers do so in the same order. */
import { zeroUuid } from '../../../protocol/uuid.ts'
import type { ClusterImage } from '../metadata/image.ts'

/** Gives `results` back to the topics they were taken from, one for each of `sizes` in turn. */
export function regrouped<T>(sizes: readonly number[], results: readonly T[]): T[][] {
  let at = 0
  return sizes.map((size) => results.slice(at, (at += size)))
}

export interface NamedTopic {
  readonly name: string
  readonly topicId: string
}

/** Name and id of a topic asked for by either; undefined when there is none. */
export function topicMeant(image: ClusterImage, { name, topicId }: NamedTopic): NamedTopic | undefined {
  const topic = topicId === zeroUuid ? image.topicsByName.get(name) : image.topicsById.get(topicId)
  return topic === undefined ? undefined : { name: topic.name, topicId: topic.id }
}

/** Whether a topic that exists has such a partition. */
export function hasPartition(image: ClusterImage, { topicId }: NamedTopic, partition: number): boolean {
  return image.topicsById.get(topicId)?.partitions[partition] !== undefined
}
