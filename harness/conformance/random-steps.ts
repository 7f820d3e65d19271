/**
 * Random sequences of requests: small pools of names, versions, offsets and settings, with everything at the edges in them,
 * so that most requests mean something and many are wrong in one way. Plain fast-check arbitraries, so that a sequence
 * that shows a difference can be made smaller.
 */
import fc from 'fast-check'
import { apis, type AnyApi, type ApiName } from '../../protocol/apis.ts'
import type { Served, Versions } from './player.ts'
import { groupBodies } from './random-groups.ts'
import { few, leaderEpoch, newTopic, nullable, offset, partition, rarely, record, records, timestamp, topic, topicId } from './random-pools.ts'
import { transactionBodies } from './random-transactions.ts'
import type { Json, JsonObject, Step } from './step.ts'

/** Made before every sequence that names them. */
export const existing: JsonObject = {
  topics: [
    { name: '~a', numPartitions: 1, replicationFactor: 1 },
    { name: '~b', numPartitions: 3, replicationFactor: 1, configs: [{ name: 'cleanup.policy', value: 'compact' }] },
  ],
  timeoutMs: 5000,
}

const topicSettings = fc.constantFrom<readonly [string, ...(string | null)[]]>(
  ['retention.ms', '1000000', '-1', '-2', 'soon', '', null],
  ['cleanup.policy', 'compact', 'delete', 'compact,delete', 'delete,delete', '', 'other', ' compact ', null],
  ['min.insync.replicas', '1', '2', '0', null],
  ['max.message.bytes', '200', '0', '-1', null],
  ['compression.type', 'gzip', 'producer', 'uncompressed', 'none', 'GZIP', null],
  ['compression.gzip.level', '5', '0', '-1', '10'],
  ['message.timestamp.type', 'LogAppendTime', 'CreateTime', 'never'],
  ['message.timestamp.before.max.ms', '1000', '9223372036854775807', '-1'],
  ['message.timestamp.after.max.ms', '1', '9223372036854775808', '0'],
  ['segment.bytes', '1048576', '100', '2147483648'],
  ['segment.ms', '1', '0'],
  ['unclean.leader.election.enable', 'true', 'TRUE', 'yes', ''],
  ['flush.messages', '1', '0'],
  ['min.cleanable.dirty.ratio', '0.5', '1.1', '1', '.5', '1e-3', 'NaN'],
  ['min.compaction.lag.ms', '1', '9223372036854775807'],
  ['max.compaction.lag.ms', '0', '1'],
  ['preallocate', 'true', 'false'],
  ['leader.replication.throttled.replicas', '0:1', '*', 'bad', ''],
  ['remote.storage.enable', 'true', 'false'],
  ['local.retention.ms', '5', '-2', '-3'],
  ['local.retention.bytes', '-2', '5'],
  ['index.interval.bytes', '4096', '-1', ' 4096 '],
  ['segment.index.bytes', '3', '4', '1000'],
  ['message.format.version', '3.0'],
  ['no.such.setting', '1', null],
  ['', '1'],
)
const setting = topicSettings.chain(([name, ...choices]) => record({ name: fc.constant(name), value: fc.constantFrom(...choices) }))
const settings = rarely(fc.constant<JsonObject[]>([]), fc.array(setting, { maxLength: 2 }))
const brokerSettings = fc.constantFrom<readonly [string, ...string[]]>(
  ['min.insync.replicas', '1', '2', '0'],
  ['log.retention.ms', '1000000', '-1', 'soon'],
  ['message.max.bytes', '100', '-1'],
  ['log.cleanup.policy', 'compact', 'other'],
  ['unclean.leader.election.enable', 'true'],
  ['compression.type', 'gzip', 'none'],
  ['auto.create.topics.enable', 'false'],
  ['num.partitions', '3'],
  ['no.such.setting', '1'],
  ['broker.id', '7'],
  ['num.io.threads', '4', '9'],
  ['retention.ms', '5'],
)
const brokerSetting = brokerSettings.chain(([name, ...choices]) => record({ name: fc.constant(name), value: fc.constantFrom(...choices) }))
const resource = (model: (settings: fc.Arbitrary<JsonObject>) => Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    { weight: 8, arbitrary: record({ resourceType: fc.constant(2), resourceName: topic, ...model(setting) }) },
    { weight: 3, arbitrary: record({ resourceType: fc.constant(4), resourceName: fc.constantFrom('', '1', '9', 'x', '-1'), ...model(brokerSetting) }) },
    { weight: 1, arbitrary: record({ resourceType: fc.constantFrom(0, 1, 3, 8, 16, 32, 99), resourceName: fc.constantFrom('', '~a', 'x'), ...model(setting) }) },
  )
const configNames = fc.array(fc.constantFrom('retention.ms', 'cleanup.policy', 'no.such.setting', 'min.insync.replicas'), { maxLength: 2 })
const brokerIds = fc.array(rarely(fc.constant(1), fc.constantFrom(2, -1)), { maxLength: 2 })
const timeoutMs = rarely(fc.constant(5000), fc.constantFrom(5000, 30_000))
const bool = fc.boolean()

const bodies: Partial<Record<ApiName, fc.Arbitrary<JsonObject>>> = {
  Produce: record({
    transactionalId: rarely<string | null>(fc.constant(null), fc.constant<string | null>(null)),
    acks: rarely(fc.constantFrom(-1, 1), fc.constantFrom(0, 2, -2)),
    timeoutMs: rarely(fc.constant(5000), fc.constantFrom(0, -1)),
    topicData: few(record({ name: topic, topicId, partitionData: few(record({ index: partition, records })) })),
  }).map(withoutAmbiguity),
  Fetch: record({
    replicaId: rarely(fc.constant(-1), fc.constant(-2)),
    maxWaitMs: fc.constantFrom(0, 1),
    minBytes: fc.constantFrom(0, 1, 1000),
    maxBytes: rarely(fc.constant(1_000_000), fc.constantFrom(0, 1, 100, -1)),
    isolationLevel: rarely(fc.constantFrom(0, 1), fc.constant(2)),
    sessionEpoch: rarely(fc.constant(-1), fc.constantFrom(0, 1)),
    sessionId: rarely(fc.constant(0), fc.constant(77)),
    topics: few(record({
      topic, topicId,
      partitions: few(record({
        partition, currentLeaderEpoch: leaderEpoch, fetchOffset: offset, lastFetchedEpoch: leaderEpoch,
        partitionMaxBytes: rarely(fc.constant(1_000_000), fc.constantFrom(0, 1, 100, -1)),
      })),
    })),
    rackId: fc.constant(''),
  }),
  ListOffsets: record({
    replicaId: rarely(fc.constant(-1), fc.constantFrom(-2, 1)),
    isolationLevel: rarely(fc.constantFrom(0, 1), fc.constant(2)),
    topics: few(record({ name: topic, partitions: few(record({ partitionIndex: partition, currentLeaderEpoch: leaderEpoch, timestamp })) })),
    timeoutMs,
  }),
  Metadata: record({
    topics: nullable(few(fc.oneof(record({ name: topic }), record({ topicId, name: fc.constant(null) }), record({ topicId, name: topic })))),
    allowAutoTopicCreation: rarely(fc.constant(false), fc.constant(true)),
    includeClusterAuthorizedOperations: bool,
    includeTopicAuthorizedOperations: bool,
  }),
  ApiVersions: record({
    clientSoftwareName: fc.constantFrom('tribunal', '', 'a b', '-x'),
    clientSoftwareVersion: fc.constantFrom('1', '', '1 2'),
  }),
  CreateTopics: record({
    topics: few(record({
      name: newTopic,
      numPartitions: rarely(fc.constantFrom(1, 2), fc.constantFrom(-1, 0, -2)),
      replicationFactor: rarely(fc.constantFrom(1, -1), fc.constantFrom(0, 2, -2)),
      assignments: rarely<JsonObject[]>(fc.constant([]), fc.array(record({ partitionIndex: fc.constantFrom(0, 1, 2, -1), brokerIds }), { maxLength: 2 })),
      configs: settings,
    })),
    timeoutMs,
    validateOnly: rarely(fc.constant(false), fc.constant(true)),
  }),
  DeleteTopics: record({
    topics: few(fc.oneof(record({ name: topic }), record({ topicId }), record({ name: topic, topicId }))),
    topicNames: few(topic),
    timeoutMs,
  }),
  DeleteRecords: record({
    topics: few(record({ name: topic, partitions: few(record({ partitionIndex: partition, offset })) })),
    timeoutMs,
  }),
  InitProducerId: record({
    transactionalId: rarely<string | null>(fc.constant(null), fc.constant('')),
    transactionTimeoutMs: rarely(fc.constant(60_000), fc.constantFrom(0, -1, 2147483647)),
    producerId: rarely<number | string>(fc.constant(-1), fc.constantFrom<number | string>('p0', 5, -2)),
    producerEpoch: rarely(fc.constant(-1), fc.constantFrom(0, 5, -2)),
  }),
  OffsetForLeaderEpoch: record({
    replicaId: rarely(fc.constant(-1), fc.constantFrom(-2, 1)),
    topics: few(record({
      topic, partitions: few(record({ partition, currentLeaderEpoch: leaderEpoch, leaderEpoch: fc.constantFrom(-2, -1, 0, 1, 5) })),
    })),
  }),
  DescribeConfigs: record({
    resources: few(resource(() => ({ configurationKeys: nullable(configNames) }))),
    includeSynonyms: bool,
    includeDocumentation: bool,
  }),
  AlterConfigs: record({
    resources: few(resource((each) => ({ configs: fc.array(each, { maxLength: 2 }) }))),
    validateOnly: bool,
  }),
  IncrementalAlterConfigs: record({
    resources: few(resource((each) => ({
      configs: fc.array(
        fc.tuple(each, rarely(fc.constantFrom(0, 0, 1, 2, 3), fc.constantFrom(4, -1))).map(([given, configOperation]) => ({ ...given, configOperation })),
        { maxLength: 2 },
      ),
    }))),
    validateOnly: bool,
  }),
  DescribeLogDirs: record({ topics: nullable(few(record({ topic, partitions: fc.array(partition, { maxLength: 2 }) }))) }),
  CreatePartitions: record({
    topics: few(record({
      name: topic,
      count: rarely(fc.constantFrom(2, 4), fc.constantFrom(0, -1, 1, 3)),
      assignments: rarely<unknown>(fc.constant(null), fc.array(record({ brokerIds }), { maxLength: 2 })),
    })),
    timeoutMs,
    validateOnly: rarely(fc.constant(false), fc.constant(true)),
  }),
  ElectLeaders: record({
    electionType: rarely(fc.constantFrom(0, 1), fc.constantFrom(2, -1)),
    topicPartitions: nullable(few(record({ topic, partitions: fc.array(partition, { maxLength: 2 }) }))),
    timeoutMs,
  }),
  DescribeCluster: record({
    includeClusterAuthorizedOperations: bool,
    endpointType: rarely(fc.constant(1), fc.constantFrom(0, 2, 3)),
    includeFencedBrokers: bool,
  }),
  DescribeQuorum: record({
    topics: few(record({ topicName: rarely(fc.constant('__cluster_metadata'), fc.constantFrom('', '~a')), partitions: few(record({ partitionIndex: fc.constantFrom(0, 1) })) })),
  }),
  ListConfigResources: record({ resourceTypes: fc.array(fc.constantFrom(2, 4, 8, 16, 32, 99), { maxLength: 2 }) }),
  DescribeTopicPartitions: record({
    topics: few(record({ name: topic })),
    responsePartitionLimit: rarely(fc.constant(2000), fc.constantFrom(1, 2, 0, -1)),
    cursor: rarely<unknown>(fc.constant(null), record({ topicName: topic, partitionIndex: fc.constantFrom(0, 1, 5, -1) })),
  }),
}

/**
 * Of a partition that is named twice, once with what is no batch, Kafka appends the batch and answers with the error of the
 * other. What such a sequence leads to can be told of no other broker, so it names each partition once.
 */
function withoutAmbiguity(body: JsonObject): JsonObject {
  const topics = body['topicData'] as readonly JsonObject[]
  const isSound = topics.every(({ partitionData }) => (partitionData as readonly JsonObject[]).every((each) => isBatch(each['records'] ?? null)))
  if (isSound) return body
  const seen = new Set<Json>()
  return {
    ...body,
    topicData: topics.map((each) => ({
      ...each,
      partitionData: (each['partitionData'] as readonly JsonObject[]).filter(({ index }) => seen.size < seen.add(index ?? null).size),
    })),
  }
}

function isBatch(records: Json): boolean {
  return Array.isArray(records) && records.length === 1 && (records[0] as JsonObject)['spoiled'] === undefined
}

/** Requests that bring a sequence on come more often. */
const weights: Partial<Record<ApiName, number>> = { Produce: 8, Fetch: 5, ListOffsets: 4, InitProducerId: 3, CreateTopics: 3, IncrementalAlterConfigs: 2 }

/** The versions that both serve and we can speak. */
export function commonVersions(api: AnyApi, a: Served, b: Served): Versions | undefined {
  const [ofA, ofB] = [a.get(api.key), b.get(api.key)]
  if (ofA === undefined || ofB === undefined) return undefined
  const min = Math.max(ofA.min, ofB.min, api.versions.min)
  const max = Math.min(ofA.max, ofB.max, api.versions.max)
  return min > max ? undefined : { min, max }
}

type Bodies = Partial<Record<ApiName, fc.Arbitrary<JsonObject>>>

/** What a sequence is about: the log, groups, or transactions, with those requests of the others that show what came of it. */
const themes: readonly { readonly weight: number; readonly bodies: Bodies; readonly weights: Partial<Record<ApiName, number>> }[] = [
  { weight: 4, bodies, weights },
  {
    weight: 3,
    bodies: { ...groupBodies, Produce: bodies.Produce!, DeleteTopics: bodies.DeleteTopics! },
    weights: { JoinGroup: 6, SyncGroup: 4, OffsetCommit: 5, OffsetFetch: 4, ConsumerGroupHeartbeat: 6, ConsumerGroupDescribe: 2, DescribeGroups: 2, LeaveGroup: 2 },
  },
  {
    weight: 3,
    bodies: {
      ...transactionBodies, JoinGroup: groupBodies.JoinGroup!, OffsetFetch: groupBodies.OffsetFetch!, Fetch: bodies.Fetch!, ListOffsets: bodies.ListOffsets!,
    },
    weights: { InitProducerId: 8, AddPartitionsToTxn: 5, Produce: 8, EndTxn: 6, AddOffsetsToTxn: 3, TxnOffsetCommit: 4, OffsetFetch: 2, Fetch: 3, ListOffsets: 2, DescribeTransactions: 2, DescribeProducers: 2 },
  },
]

/** Smaller means a later version first, then fewer requests. */
export function randomSteps(a: Served, b: Served, only?: readonly string[]): fc.Arbitrary<Step[]> {
  const about = themes.flatMap((theme) => {
    const choices = (Object.keys(theme.bodies) as ApiName[]).flatMap((name) => {
      const versions = commonVersions(apis[name], a, b)
      if (versions === undefined || (only !== undefined && !only.includes(name))) return []
      const { min, max } = versions
      const step = fc
        .tuple(rarely(fc.constant(0), fc.nat(max - min)), theme.bodies[name]!)
        .map(([older, body]): Step => ({ api: name, version: max - older, body }))
      return [{ weight: theme.weights[name] ?? 1, arbitrary: step }]
    })
    if (choices.length === 0) return []
    return [{ weight: theme.weight, arbitrary: fc.array(fc.oneof(...choices), { minLength: 1, maxLength: 12 }) }]
  })
  return fc.oneof(...about)
}

/** The sequence with the making of the topics it takes for granted. */
export function withTopics(steps: readonly Step[], versions: Versions): Step[] {
  const text = JSON.stringify(steps)
  const topics = (existing['topics'] as readonly JsonObject[]).filter(({ name }) => text.includes(`${String(name)}"`))
  if (topics.length === 0) return [...steps]
  return [{ api: 'CreateTopics', version: versions.max, body: { ...existing, topics } }, ...steps]
}
