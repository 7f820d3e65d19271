/** The story commands that are requests about the cluster: versions, metadata, topics, the quorum, other brokers' words. */
import { apiByKey, apis } from '../../../protocol/apis.ts'
import { errorCode, errorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { storyRequest, topicIdFor, type RequestSource, type StoryRequest } from './story-data-requests.ts'
import { optionNumber } from './story-records.ts'
import { imageOf, parsePartition, topicNamed } from './story-stage.ts'

/** `versions @1 only=Produce software=NAME,VERSION`, or `features=true` alone. */
export function versionsCommand(source: RequestSource): StoryRequest {
  const [clientSoftwareName = '', clientSoftwareVersion = ''] = (source.line.options.get('software') ?? 'story,1.0').split(',')
  const body = { clientSoftwareName, clientSoftwareVersion }
  return storyRequest(source, apis.ApiVersions, body, (answer) => {
    if (source.line.options.get('features') === 'true') return printFeatures(answer)
    const only = source.line.options.get('only')
    const list = answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => `${apiByKey(apiKey)?.name} ${minVersion}-${maxVersion}`)
    return [errorName(answer.errorCode), ...list.filter((each) => each.startsWith(only ?? ''))].join('\n')
  })
}

interface ToldFeatures {
  readonly supportedFeatures: readonly { readonly name: string; readonly minVersion: number; readonly maxVersion: number }[]
  readonly finalizedFeatures: readonly { readonly name: string; readonly maxVersionLevel: number }[]
}

function printFeatures({ supportedFeatures, finalizedFeatures }: ToldFeatures): string {
  const known = supportedFeatures.map(({ name, minVersion, maxVersion }) => `${name} ${minVersion}-${maxVersion}`)
  const levels = finalizedFeatures.map(({ name, maxVersionLevel }) => `${name} at ${maxVersionLevel}`)
  return `supported ${known.join(', ') || 'none'}; finalized ${levels.join(', ') || 'none'}`
}

/** `feature @1 NAME=LEVEL upgrade|safe|unsafe validate`: sets the level of a feature. */
export function featureCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const version = optionNumber(line, 'v', apis.UpdateFeatures.versions.max)
  const how = ['upgrade', 'safe', 'unsafe'].findIndex((kind) => line.words.includes(kind)) + 1
  const named = [...line.options].filter(([name]) => name.includes('.'))
  const featureUpdates = named.map(([feature, level]) => ({
    feature,
    maxVersionLevel: Number(level),
    ...(version === 0 ? { allowDowngrade: how > 1 } : { upgradeType: how === 0 ? 9 : how }),
  }))
  const body = { featureUpdates, ...(version > 0 && { validateOnly: line.words.includes('validate') }) }
  return storyRequest(source, apis.UpdateFeatures, body, (answer) => {
    const each = answer.results.map((result) => `\n${result.feature} ${errorName(result.errorCode)}`)
    return `${errorName(answer.errorCode)}${answer.errorMessage === null ? '' : `: ${answer.errorMessage}`}${each.join('')}`
  })
}

/** `metadata @1 t u` by name, `id:t` by id, no word for none, `*` for all; `create=true`. */
export function metadataCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const version = optionNumber(line, 'v', apis.Metadata.versions.max)
  const create = line.options.get('create') === 'true'
  const topics = line.words.map((word) => {
    const [topic = '', id] = word.split(':').toReversed()
    return id === 'id' ? { name: null, topicId: topicIdFor(source, topic) } : { name: topic }
  })
  const body = {
    topics: line.words.includes('*') ? null : topics,
    ...(version < 4 ? {} : { allowAutoTopicCreation: create }),
  }
  return storyRequest(source, apis.Metadata, body, (answer) => {
    const brokers = answer.brokers.map(({ nodeId, host, port }) => `${nodeId} at ${host}:${port}`).toSorted()
    return [`brokers ${brokers.join(', ') || 'none'}`, ...answer.topics.map((topic) => printTopic(source, topic))].join('\n')
  })
}

interface DescribedTopic {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly {
    readonly errorCode: number
    readonly partitionIndex: number
    readonly leaderId: number
    readonly leaderEpoch: number
    readonly replicaNodes: readonly number[]
    readonly isrNodes: readonly number[]
    readonly offlineReplicas: readonly number[]
  }[]
}

function printTopic({ stage }: RequestSource, topic: DescribedTopic): string {
  const { name, topicId } = topic
  const right = topicId === zeroUuid || topic.errorCode !== errorCode.NONE || name === null || topicNamed(stage, name)?.id === topicId
  const head = `${name === null || name === '' ? 'nameless' : name}${right ? '' : ' with a strange id'}${topic.isInternal ? ' (internal)' : ''}`
  if (topic.errorCode !== errorCode.NONE) return `${head} ${errorName(topic.errorCode)}`
  const partitions = topic.partitions.map((each) => {
    const error = each.errorCode === errorCode.NONE ? '' : ` ${errorName(each.errorCode)}`
    const offline = each.offlineReplicas.length === 0 ? '' : ` offline ${each.offlineReplicas}`
    const { partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes } = each
    return `${head}-${partitionIndex}${error} leader ${leaderId} epoch ${leaderEpoch} replicas ${replicaNodes} isr ${isrNodes}${offline}`
  })
  return partitions.length === 0 ? head : partitions.join('\n')
}

/** `create @1 t u partitions=1 replication=3 | replicas=1,2/2,3 validate=true timeout=MS` and topic settings by name. */
export function createCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const own = new Set(['partitions', 'replication', 'replicas', 'validate', 'timeout', 'v'])
  const configs = [...line.options].filter(([name]) => !own.has(name)).map(([name, value]) => ({ name, value: value === '~' ? null : value }))
  const lists = line.options.get('replicas')?.split('/') ?? []
  const body = {
    topics: line.words.map((name) => ({
      name,
      numPartitions: optionNumber(line, 'partitions', lists.length > 0 ? -1 : 1),
      replicationFactor: optionNumber(line, 'replication', -1),
      assignments: lists.map((ids, partitionIndex) => ({ partitionIndex, brokerIds: ids === '' ? [] : ids.split(',').map(Number) })),
      configs,
    })),
    timeoutMs: optionNumber(line, 'timeout', 5000),
    validateOnly: line.options.get('validate') === 'true',
  }
  return storyRequest(source, apis.CreateTopics, body, ({ topics }) => topics.map((each) => {
    const { name, numPartitions, replicationFactor } = each
    if (each.errorCode === errorCode.NONE) return `${name} partitions ${numPartitions} replication ${replicationFactor}`
    return `${name} ${errorName(each.errorCode)}${each.errorMessage === null ? '' : `: ${each.errorMessage}`}`
  }).join('\n'))
}

/** `delete @1 t u` by name, `id:t` by id, `both:t`, `neither`. */
export function deleteCommand(source: RequestSource): StoryRequest {
  const version = optionNumber(source.line, 'v', apis.DeleteTopics.versions.max)
  const topics = source.line.words.map((word) => {
    const [name = '', how] = word.split(':').toReversed()
    if (name === 'neither') return { name: null, topicId: zeroUuid }
    if (how === 'id') return { name: null, topicId: topicIdFor(source, name) }
    return { name, topicId: how === 'both' ? topicIdFor(source, name) : zeroUuid }
  })
  const timeoutMs = 5000
  const body = version < 6 ? { topicNames: topics.map(({ name }) => name ?? ''), timeoutMs } : { topics, timeoutMs }
  return storyRequest(source, apis.DeleteTopics, body, ({ responses }) =>
    responses.map((each) => `${each.name ?? 'nameless'} ${errorName(each.errorCode)}`).join('\n'))
}

/** `quorum @1 topic=NAME`. */
export function quorumCommand(source: RequestSource): StoryRequest {
  const topicName = source.line.options.get('topic') ?? '__cluster_metadata'
  const body = { topics: [{ topicName, partitions: [{ partitionIndex: 0 }] }] }
  return storyRequest(source, apis.DescribeQuorum, body, (answer) => {
    if (answer.errorCode !== errorCode.NONE) return errorName(answer.errorCode)
    return answer.topics.flatMap(({ partitions }) => partitions.map((each) => {
      if (each.errorCode !== errorCode.NONE) return errorName(each.errorCode)
      const voters = each.currentVoters.map(({ replicaId }) => replicaId)
      return `leader is a voter: ${voters.includes(each.leaderId)}; voters ${voters.toSorted()}`
    })).join('\n')
  })
}

/** `register @1:controller broker=2`: a process of another incarnation asks to be that broker. */
export function registerCommand(source: RequestSource): StoryRequest {
  const clusterId = [...source.stage.cluster.running.values()][0]!.raft!.options.clusterId
  const body = {
    brokerId: optionNumber(source.line, 'broker', 1),
    clusterId: source.line.options.get('cluster') ?? clusterId,
    incarnationId: 'YW5vdGhlciBwcm9jZXNzIQ',
    listeners: [{ name: 'PLAINTEXT', host: 'elsewhere', port: 9092, securityProtocol: 0 }],
    features: [],
    rack: null,
  }
  return storyRequest(source, apis.BrokerRegistration, body, (answer) => errorName(answer.errorCode))
}

/** `alter @1:controller t-0 broker=1 isr=1,2 leader-epoch partition-epoch`: epochs are the current ones unless given. */
export function alterCommand(source: RequestSource): StoryRequest {
  const { line, stage } = source
  const { topic, index } = parsePartition(line.words[0] ?? '')
  const current = topicNamed(stage, topic)?.partitions[index]
  const brokerId = optionNumber(line, 'broker', current?.leader ?? -1)
  const body = {
    brokerId,
    brokerEpoch: toBigInt(optionNumber(line, 'broker-epoch', imageOf(stage)?.brokers.get(brokerId)?.epoch ?? -1)),
    topics: [{
      topicId: topicIdFor(source, topic),
      partitions: [{
        partitionIndex: index,
        leaderEpoch: optionNumber(line, 'leader-epoch', current?.leaderEpoch ?? 0),
        partitionEpoch: optionNumber(line, 'partition-epoch', current?.partitionEpoch ?? 0),
        newIsrWithEpochs: (line.options.get('isr') ?? '').split(',').map((id) => ({ brokerId: Number(id) })),
      }],
    }],
  }
  return storyRequest(source, apis.AlterPartition, body, (answer) => {
    if (answer.errorCode !== errorCode.NONE) return errorName(answer.errorCode)
    return answer.topics.flatMap(({ partitions }) => partitions.map((each) => {
      const error = each.errorCode === errorCode.NONE ? 'taken' : errorName(each.errorCode)
      return `${error}: leader ${each.leaderId} epoch ${each.leaderEpoch} isr ${each.isr}`
    })).join('\n')
  })
}
