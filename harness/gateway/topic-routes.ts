/** Clusters, topics, partitions and offsets: v2 as plain documents, v3 as linked resources. */
import type { FastifyInstance } from 'fastify'
import type { AdminResult, ClusterInfo, NewTopic, OffsetAnswer, PartitionInfo, TopicInfo, WorkloadAdmin } from '../../workloads/client/client.ts'
import { objectOf } from './json-body.ts'
import { ofKafka, RestError } from './rest-error.ts'
import type { TopicDirectory } from './topic-directory.ts'

export interface TopicContext {
  readonly admin: WorkloadAdmin
  readonly directory: TopicDirectory
  readonly timeoutMs: number
  readonly clusterId: () => Promise<string>
}

interface TopicRoute {
  Params: { readonly clusterId: string; readonly topic: string; readonly partition: string }
}

const earliest = -2
const latest = -1
const partitionsMax = 10_000

export function addTopicRoutes(server: FastifyInstance, context: TopicContext): void {
  addV2(server, context)
  addClusters(server, context)
  addV3Topics(server, context)
}

function addV2(server: FastifyInstance, { admin, directory, timeoutMs }: TopicContext): void {
  server.get('/topics', async () => (await directory.cluster()).topics.map(({ name }) => name).sort())
  server.get<TopicRoute>('/topics/:topic', async ({ params }) => {
    const { name, partitions } = await directory.topic(params.topic)
    return { name, configs: {}, partitions: partitions.map(partitionOf) }
  })
  server.get<TopicRoute>('/topics/:topic/partitions', async ({ params }) => (await directory.topic(params.topic)).partitions.map(partitionOf))
  server.get<TopicRoute>('/topics/:topic/partitions/:partition', async ({ params }) => partitionOf(await partitionNamed(directory, params)))
  server.get<TopicRoute>('/topics/:topic/partitions/:partition/offsets', async ({ params }) => {
    const { partition } = await partitionNamed(directory, params)
    // Kafka refuses a request that names a partition twice.
    const offsetAt = async (timestamp: number): Promise<number> => {
      const query = { topic: params.topic, partition, timestamp }
      const [answer] = await answered<readonly OffsetAnswer[]>((done) => admin.listOffsets([query], timeoutMs, done))
      return answer!.offset
    }
    return { beginning_offset: await offsetAt(earliest), end_offset: await offsetAt(latest) }
  })
}

/** Throws RestError. */
async function partitionNamed(directory: TopicDirectory, { topic, partition }: TopicRoute['Params']): Promise<PartitionInfo> {
  const { partitions } = await directory.topic(topic)
  const found = partitions.find((each) => String(each.partition) === partition)
  if (found === undefined) throw new RestError(40_402, 'Partition not found.')
  return found
}

function partitionOf({ partition, leader, replicas, inSyncReplicas }: PartitionInfo): unknown {
  const each = replicas.map((broker) => ({ broker, leader: broker === leader, in_sync: inSyncReplicas.includes(broker) }))
  return { partition, leader, replicas: each }
}

function answered<T>(ask: (done: (result: AdminResult<T>) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => ask((result) => (result.ok ? resolve(result.value) : reject(ofKafka(result.error)))))
}

function addClusters(server: FastifyInstance, { directory }: TopicContext): void {
  server.get('/v3/clusters', async (request) => {
    const self = `${request.protocol}://${request.host}/v3/clusters`
    const info = await directory.cluster()
    return { kind: 'KafkaClusterList', metadata: { self, next: null }, data: [clusterOf(info, self)] }
  })
  server.get<TopicRoute>('/v3/clusters/:clusterId', async (request) => {
    const info = await directory.cluster()
    if (request.params.clusterId !== info.clusterId) throw noCluster(request.params.clusterId)
    return clusterOf(info, `${request.protocol}://${request.host}/v3/clusters`)
  })
}

function noCluster(id: string): RestError {
  return new RestError(404, `Cluster ${id} cannot be found.`)
}

function clusterOf({ clusterId, controllerId }: ClusterInfo, clusters: string): unknown {
  const self = `${clusters}/${clusterId}`
  return {
    kind: 'KafkaCluster',
    metadata: { self, resource_name: `crn:///kafka=${clusterId}` },
    cluster_id: clusterId,
    controller: controllerId < 0 ? null : { related: `${self}/brokers/${controllerId}` },
    topics: { related: `${self}/topics` },
  }
}

const topicsPath = '/v3/clusters/:clusterId/topics'

function addV3Topics(server: FastifyInstance, context: TopicContext): void {
  const { admin, directory, timeoutMs } = context
  const clusterOfPath = async ({ clusterId }: TopicRoute['Params']): Promise<void> => {
    if (clusterId !== await context.clusterId()) throw noCluster(clusterId)
  }
  server.get<TopicRoute>(topicsPath, async ({ params, protocol, host, url }) => {
    await clusterOfPath(params)
    const { topics } = await directory.cluster()
    const self = `${protocol}://${host}${url}`
    return { kind: 'KafkaTopicList', metadata: { self, next: null }, data: topics.map((topic) => topicOf(topic, params.clusterId, self)) }
  })
  server.post<TopicRoute>(topicsPath, async ({ params, body, protocol, host, url }, reply) => {
    await clusterOfPath(params)
    const topic = newTopicOf(body)
    await answered((done) => admin.createTopics([topic], timeoutMs, done))
    const self = `${protocol}://${host}${url}`
    return reply.code(201).send(topicOf(await directory.topic(topic.name), params.clusterId, self))
  })
  server.get<TopicRoute>(`${topicsPath}/:topic`, async ({ params, protocol, host }) => {
    await clusterOfPath(params)
    const self = `${protocol}://${host}/v3/clusters/${params.clusterId}/topics`
    return topicOf(await directory.topic(params.topic), params.clusterId, self)
  })
  server.delete<TopicRoute>(`${topicsPath}/:topic`, async ({ params }, reply) => {
    await clusterOfPath(params)
    await directory.topic(params.topic)
    await answered((done) => admin.deleteTopics([params.topic], timeoutMs, done))
    directory.forget(params.topic)
    return reply.code(204).send()
  })
  server.get<TopicRoute>(`${topicsPath}/:topic/partitions`, async ({ params, protocol, host, url }) => {
    await clusterOfPath(params)
    const { partitions } = await directory.topic(params.topic)
    const self = `${protocol}://${host}${url}`
    const data = partitions.map(({ partition, leader }) => ({
      kind: 'KafkaPartition',
      metadata: { self: `${self}/${partition}` },
      cluster_id: params.clusterId,
      topic_name: params.topic,
      partition_id: partition,
      leader: leader < 0 ? null : { related: `${self}/${partition}/replicas/${leader}` },
    }))
    return { kind: 'KafkaPartitionList', metadata: { self, next: null }, data }
  })
}

function topicOf({ name, partitions }: TopicInfo, clusterId: string, topics: string): unknown {
  const self = `${topics}/${name}`
  return {
    kind: 'KafkaTopic',
    metadata: { self, resource_name: `crn:///kafka=${clusterId}/topic=${name}` },
    cluster_id: clusterId,
    topic_name: name,
    is_internal: name.startsWith('__'),
    replication_factor: partitions[0]?.replicas.length ?? 0,
    partitions_count: partitions.length,
    partitions: { related: `${self}/partitions` },
  }
}

/** Throws RestError. */
function newTopicOf(body: unknown): NewTopic {
  const { topic_name: name, partitions_count: partitions = 1, replication_factor: replicationFactor = 1, configs = [] } = objectOf(body)
  if (typeof name !== 'string' || name === '') throw new RestError(400, 'Bad Request: topic_name is a name')
  if (!isCount(partitions)) throw new RestError(400, 'Bad Request: partitions_count is a whole number from 1')
  if (!isCount(replicationFactor)) throw new RestError(400, 'Bad Request: replication_factor is a whole number from 1')
  if (!Array.isArray(configs)) throw new RestError(400, 'Bad Request: configs is a list')
  const pairs = configs.map((each) => {
    const { name, value } = objectOf(each)
    if (typeof name !== 'string' || typeof value !== 'string') throw new RestError(400, 'Bad Request: a config has a name and a value')
    return [name, value] as const
  })
  return { name, partitions, replicationFactor, configs: Object.fromEntries(pairs) }
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= partitionsMax
}
