/**
 * Metadata v0-13: which brokers are alive, where partitions live and who leads them, as this broker knows it. Another
 * broker may know more; clients are built for that.
 *
 * Version notes: v0 an empty list means all topics; v1+ null does, empty means none; v4 allowAutoTopicCreation; v7 leader
 * epochs; v10 topic ids; v12 queries by id. A topic that is being made for the asker is answered UNKNOWN_TOPIC_OR_PARTITION
 * now, and found when asked again.
 */
import { apis } from '../../../protocol/apis.ts'
import type { MetadataRequest, MetadataResponseInput } from '../../../protocol/apis/03-metadata.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { isLegalTopicName } from '../controller/topic-name.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler, type RequestContext } from '../server/server.ts'
import { allClusterOperations, allTopicOperations, operationsNotAsked } from './authorized-operations.ts'

type TopicAnswer = MetadataResponseInput['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

/** Requests of v10 and v11 have the field already, and it must not be used (KIP-516). */
const byIdSinceVersion = 12

export function metadataHandler(node: BrokerNode): Handler {
  return handler(apis.Metadata, (context, request, respond) => {
    if (isOfLaterVersion(context, request)) return respond(refusedWhole(request))
    const { image } = node
    const brokers = [...image.brokers.values()].flatMap(({ id, fenced, rack }) => {
      const endpoint = fenced ? undefined : node.endpointOf(id, context.listener)
      return endpoint === undefined ? [] : [{ nodeId: id, host: endpoint.host, port: endpoint.port, rack }]
    })
    return respond({
      brokers,
      clusterId: node.clusterId,
      controllerId: brokers.some(({ nodeId }) => nodeId === node.config.nodeId) ? node.config.nodeId : (brokers[0]?.nodeId ?? -1),
      topics: topicsAsked(node, context, request).map((topic) => withOperations(topic, request)),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? allClusterOperations : operationsNotAsked,
    })
  })
}

function asksById(topics: NonNullable<MetadataRequest['topics']>): boolean {
  return topics.some(({ name, topicId }) => name === null || topicId !== zeroUuid)
}

function isOfLaterVersion({ apiVersion }: RequestContext, { topics }: MetadataRequest): boolean {
  return apiVersion < byIdSinceVersion && topics !== null && asksById(topics)
}

/** Nothing is told but the error, topic by topic: these versions have no other place for it. */
function refusedWhole({ topics }: MetadataRequest): MetadataResponseInput {
  const refused = (topics ?? []).map(({ name, topicId }) => missingTopic('INVALID_REQUEST', name ?? '', topicId))
  return { brokers: [], topics: refused }
}

function topicsAsked(node: BrokerNode, context: RequestContext, request: MetadataRequest): TopicAnswer[] {
  const { topics } = request
  const { image } = node
  const describe = (topic: TopicImage): TopicAnswer => topicAnswer(node, context, topic)
  if (topics === null || (context.apiVersion === 0 && topics.length === 0)) {
    return [...image.topicsByName.values()].map(describe)
  }
  const byId = asksById(topics)
  if (byId) return askedById(node, topics).map((asked) => (typeof asked === 'string' ? missingTopic('UNKNOWN_TOPIC_ID', null, asked) : describe(asked)))
  return [...new Set(topics.map(({ name }) => name!))].map((name) => {
    const topic = image.topicsByName.get(name)
    if (topic !== undefined) return describe(topic)
    if (!isLegalTopicName(name)) return missingTopic('INVALID_TOPIC_EXCEPTION', name, zeroUuid)
    const mayCreate = context.apiVersion < 4 || request.allowAutoTopicCreation
    if (mayCreate && node.config.autoCreateTopicsEnable) autoCreate(node, name)
    return missingTopic('UNKNOWN_TOPIC_OR_PARTITION', name, zeroUuid)
  })
}

/** Where one topic is asked for by its id, names are not looked at. Ids that no topic has stay ids. */
function askedById({ image }: BrokerNode, topics: MetadataRequest['topics']): (TopicImage | string)[] {
  const ids = new Set(topics?.map(({ topicId }) => topicId))
  ids.delete(zeroUuid)
  return [...ids].map((id) => image.topicsById.get(id) ?? id)
}

/** An id that no topic has is nothing anybody could be allowed to use. */
function withOperations(topic: TopicAnswer, { includeTopicAuthorizedOperations }: MetadataRequest): TopicAnswer {
  const isTold = includeTopicAuthorizedOperations && topic.errorCode !== errorCode.UNKNOWN_TOPIC_ID
  return { ...topic, topicAuthorizedOperations: isTold ? allTopicOperations : operationsNotAsked }
}

function autoCreate(node: BrokerNode, name: string): void {
  if (isInternalTopic(name)) return node.internalTopics.create(name)
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
  const body = { topics: [topic], timeoutMs: node.config.requestTimeoutMs }
  return node.channel.request(apis.CreateTopics, body, (answer) => {
    const made = answer.ok ? answer.body.topics[0] : undefined
    node.logger('info', 'topic created because a client asked for it', { name, errorCode: made?.errorCode ?? -1 })
  })
}

function missingTopic(error: ErrorName, name: string | null, topicId: string): TopicAnswer {
  return { errorCode: errorCode[error], name, topicId, partitions: [] }
}

function topicAnswer(node: BrokerNode, context: RequestContext, topic: TopicImage): TopicAnswer {
  return {
    errorCode: errorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition, index) => partitionAnswer(node, context, { partition, index })),
  }
}

function partitionAnswer(
  node: BrokerNode,
  context: RequestContext,
  { partition, index }: { readonly partition: PartitionImage; readonly index: number },
): PartitionAnswer {
  const { leader, leaderEpoch, replicas, inSyncReplicas } = partition
  return {
    errorCode: errorCode[leaderError(node, context, leader)],
    partitionIndex: index,
    leaderId: leader,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: inSyncReplicas,
    offlineReplicas: replicas.filter((id) => node.image.brokers.get(id)?.fenced ?? true),
  }
}

function leaderError(node: BrokerNode, context: RequestContext, leader: number): ErrorName {
  if (leader < 0) return 'LEADER_NOT_AVAILABLE'
  if (node.endpointOf(leader, context.listener) !== undefined) return 'NONE'
  return context.apiVersion >= 6 ? 'LISTENER_NOT_FOUND' : 'LEADER_NOT_AVAILABLE'
}
