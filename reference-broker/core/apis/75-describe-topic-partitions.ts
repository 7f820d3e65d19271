/**
 * DescribeTopicPartitions v0 (KIP-966): topics in the order of their names, at most as many partitions as asked for (and
 * 2000), then a cursor that says where to go on. No names means all topics; then one that is gone by the next page is left
 * out. Beside the in-sync replicas it names the eligible ones, and who led last when nobody is left.
 */
import { apis } from '../../../protocol/apis.ts'
import type {
  DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponseInput,
} from '../../../protocol/apis/75-describe-topic-partitions.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { isLegalTopicName } from '../controller/topic-name.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { allTopicOperations } from './authorized-operations.ts'

type Response = DescribeTopicPartitionsResponseInput
type TopicAnswer = Response['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

/** Kafka's max.request.partition.size.limit. */
const partitionsMax = 2000

const unknown = { topicId: zeroUuid, partitions: [], topicAuthorizedOperations: allTopicOperations }

export function describeTopicPartitionsHandler(node: BrokerNode): Handler {
  return handler(apis.DescribeTopicPartitions, ({ listener }, request, respond) => {
    const { cursor } = request
    if (cursor !== null && (cursor.partitionIndex < 0 || isElsewhere(request))) return respond(refused(request))
    return respond(page(node, request, (partition, index) => partitionAnswer(node, listener, { partition, index })))
  })
}

/** Who names topics goes on at one of them. */
function isElsewhere({ topics, cursor }: DescribeTopicPartitionsRequest): boolean {
  return topics.length > 0 && !topics.some(({ name }) => name === cursor?.topicName)
}

function refused({ topics }: DescribeTopicPartitionsRequest): Response {
  const answers = topics.map(({ name }): TopicAnswer => ({ topicId: zeroUuid, partitions: [], errorCode: errorCode.INVALID_REQUEST, name }))
  return { topics: answers }
}

function page(
  { image }: BrokerNode,
  request: DescribeTopicPartitionsRequest,
  describe: (partition: PartitionImage, index: number) => PartitionAnswer,
): Response {
  const { cursor } = request
  const isAll = request.topics.length === 0
  let left = Math.max(1, Math.min(partitionsMax, request.responsePartitionLimit))
  const topics: TopicAnswer[] = []
  for (const name of namesFrom(isAll ? [...image.topicsByName.keys()] : request.topics.map(({ name }) => name), cursor?.topicName ?? '')) {
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const topic = image.topicsByName.get(name)
    if (topic === undefined) {
      topics.push(missing(name))
      continue
    }
    const start = name === cursor?.topicName ? cursor.partitionIndex : 0
    const partitions = topic.partitions.slice(start, start + left).map((partition, i) => describe(partition, start + i))
    topics.push({ ...found(topic), partitions })
    left -= partitions.length
    if (start + partitions.length < topic.partitions.length) {
      return { topics, nextCursor: { topicName: name, partitionIndex: start + partitions.length } }
    }
  }
  return { topics }
}

function namesFrom(names: readonly string[], first: string): string[] {
  return [...new Set(names)].filter((name) => name >= first).sort()
}

function missing(name: string): TopicAnswer {
  const code = isLegalTopicName(name) ? errorCode.UNKNOWN_TOPIC_OR_PARTITION : errorCode.INVALID_TOPIC_EXCEPTION
  return { ...unknown, errorCode: code, name }
}

function found({ name, id }: TopicImage): Omit<TopicAnswer, 'partitions'> {
  const isInternal = isInternalTopic(name)
  return { errorCode: errorCode.NONE, name, topicId: id, isInternal, topicAuthorizedOperations: allTopicOperations }
}

function partitionAnswer(
  node: BrokerNode,
  listener: string,
  { partition, index }: { readonly partition: PartitionImage; readonly index: number },
): PartitionAnswer {
  const { leader, leaderEpoch, replicas, inSyncReplicas, eligibleLeaderReplicas, lastKnownLeader } = partition
  const isFenced = (id: number): boolean => node.image.brokers.get(id)?.fenced ?? true
  const isReachable = leader >= 0 && !isFenced(leader) && node.endpointOf(leader, listener) !== undefined
  const isLost = leader < 0 && inSyncReplicas.length === 0 && eligibleLeaderReplicas.length === 0 && lastKnownLeader >= 0
  return {
    errorCode: errorCode.NONE,
    partitionIndex: index,
    leaderId: isReachable ? leader : -1,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: inSyncReplicas,
    eligibleLeaderReplicas,
    lastKnownElr: isLost ? [lastKnownLeader] : [],
    offlineReplicas: replicas.filter(isFenced),
  }
}
