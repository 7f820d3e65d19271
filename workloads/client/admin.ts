/**
 * The admin side of the wire client. Each call repeats its request until it succeeds, cannot succeed, or its time is over.
 * Changes go to the node Metadata names as controller and, when that one declines or is silent, to any other.
 */
import { apis } from '../../protocol/apis.ts'
import type { Api } from '../../protocol/apis.ts'
import { errorByCode, errorCode, errorName, isDefinite } from '../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../protocol/int64.ts'
import type { Message } from '../../protocol/message.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import type { BodyOf, RequestFailure, RequestResult } from './broker-connection.ts'
import { AdminRetry } from './admin-retry.ts'
import type { Attempt } from './admin-retry.ts'
import type {
  AdminResult,
  ClusterInfo,
  CommittedOffset,
  GroupDescription,
  NewTopic,
  OffsetAnswer,
  OffsetQuery,
  QuorumInfo,
  TopicPartition,
  WorkloadAdmin,
} from './client.ts'
import type { KafkaCluster, MetadataResponse } from './cluster.ts'
import { GroupDescriptions } from './group/group-descriptions.ts'
import { OffsetAccess } from './group/offset-access.ts'

interface TopicAnswer {
  readonly name: string | null
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** Kinds of a change of a feature's level. */
const upgrade = 1
const downgrade = 2

const metadataLog = { topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }

export class WireAdmin implements WorkloadAdmin {
  readonly #cluster: KafkaCluster
  readonly #retry: AdminRetry
  readonly #offsets: OffsetAccess
  readonly #groups: GroupDescriptions

  constructor(cluster: KafkaCluster, retryBackoffMs: number) {
    this.#cluster = cluster
    this.#retry = new AdminRetry(cluster.loop, retryBackoffMs)
    this.#offsets = new OffsetAccess(cluster, this.#retry, retryBackoffMs)
    this.#groups = new GroupDescriptions(cluster, this.#retry, retryBackoffMs)
  }

  createTopics(topics: readonly NewTopic[], timeoutMs: number, done: (result: AdminResult<null>) => void): void {
    let left = topics
    let isUnsure = false
    this.#retry.run(timeoutMs, done, (attempt) => {
      const body: BodyOf<typeof apis.CreateTopics.request> = () => ({
        topics: left.map((each) => ({
          name: each.name,
          numPartitions: each.assignments === undefined ? each.partitions : -1,
          replicationFactor: each.assignments === undefined ? each.replicationFactor : -1,
          assignments: (each.assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
          configs: Object.entries(each.configs ?? {}).map(([name, value]) => ({ name, value })),
        })),
        timeoutMs: this.#cluster.options.requestTimeoutMs,
      })
      this.#askController(attempt.isFirst, apis.CreateTopics, body, (result) => {
        if (!result.ok) {
          isUnsure ||= result.mayHaveHappened
          return attempt.lost(result)
        }
        const failed = result.body.topics.filter(
          (each) => each.errorCode !== 0 && !(isUnsure && each.errorCode === errorCode.TOPIC_ALREADY_EXISTS),
        )
        left = left.filter(({ name }) => failed.some((each) => each.name === name))
        this.#judgeTopics('CreateTopics', failed, attempt)
      })
    })
  }

  deleteTopics(names: readonly string[], timeoutMs: number, done: (result: AdminResult<null>) => void): void {
    let left = names
    let isUnsure = false
    this.#retry.run(timeoutMs, done, (attempt) => {
      const body: BodyOf<typeof apis.DeleteTopics.request> = (version) => ({
        ...(version >= 6 ? { topics: left.map((name) => ({ name, topicId: zeroUuid })) } : { topicNames: left }),
        timeoutMs: this.#cluster.options.requestTimeoutMs,
      })
      this.#askController(attempt.isFirst, apis.DeleteTopics, body, (result) => {
        if (!result.ok) {
          isUnsure ||= result.mayHaveHappened
          return attempt.lost(result)
        }
        const failed = result.body.responses.filter(
          (each) => each.errorCode !== 0 && !(isUnsure && each.errorCode === errorCode.UNKNOWN_TOPIC_OR_PARTITION),
        )
        left = left.filter((name) => failed.some((each) => each.name === name))
        this.#judgeTopics('DeleteTopics', failed, attempt)
      })
    })
  }

  createPartitions(topic: string, count: number, timeoutMs: number, done: (result: AdminResult<null>) => void): void {
    let isUnsure = false
    this.#retry.run<null>(timeoutMs, done, (attempt) => {
      const { requestTimeoutMs } = this.#cluster.options
      const body: BodyOf<typeof apis.CreatePartitions.request> = () => ({
        topics: [{ name: topic, count, assignments: null }],
        timeoutMs: requestTimeoutMs,
        validateOnly: false,
      })
      this.#askController(attempt.isFirst, apis.CreatePartitions, body, (result) => {
        if (!result.ok) {
          isUnsure ||= result.mayHaveHappened
          return attempt.lost(result)
        }
        const failed = result.body.results.filter(
          (each) => each.errorCode !== 0 && !(isUnsure && each.errorCode === errorCode.INVALID_PARTITIONS),
        )
        this.#judgeTopics('CreatePartitions', failed, attempt)
      })
    })
  }

  commitOffsets(group: string, offsets: readonly CommittedOffset[], timeoutMs: number, done: (result: AdminResult<null>) => void): void {
    this.#offsets.commit(group, offsets, timeoutMs, done)
  }

  fetchOffsets(
    group: string,
    partitions: readonly TopicPartition[] | null,
    timeoutMs: number,
    done: (result: AdminResult<readonly CommittedOffset[]>) => void,
  ): void {
    this.#offsets.fetch(group, partitions, timeoutMs, done)
  }

  resetOffsets(
    group: string,
    queries: readonly OffsetQuery[],
    timeoutMs: number,
    done: (result: AdminResult<readonly CommittedOffset[]>) => void,
  ): void {
    const deadlineMs = this.#cluster.loop.now() + timeoutMs
    this.listOffsets(queries, timeoutMs, (listed) => {
      if (!listed.ok) return done(listed)
      return this.#offsets.commit(group, listed.value, deadlineMs - this.#cluster.loop.now(), (result) => {
        done(result.ok ? { ok: true, value: listed.value } : result)
      })
    })
  }

  deleteGroup(group: string, timeoutMs: number, done: (result: AdminResult<null>) => void): void {
    this.#offsets.deleteGroup(group, timeoutMs, done)
  }

  updateFeatures(levels: Readonly<Record<string, number>>, timeoutMs: number, done: (result: AdminResult<null>) => void): void {
    const updates = Object.entries(levels)
    const alreadyThere = new Set<string>()
    this.#retry.run(timeoutMs, done, (attempt) => {
      const body: BodyOf<typeof apis.UpdateFeatures.request> = (version) => ({
        timeoutMs: this.#cluster.options.requestTimeoutMs,
        featureUpdates: updates.map(([feature, maxVersionLevel]) => {
          const isUpgrade = alreadyThere.has(feature)
          const how = version === 0 ? { allowDowngrade: !isUpgrade } : { upgradeType: isUpgrade ? upgrade : downgrade }
          return { feature, maxVersionLevel, ...how }
        }),
      })
      this.#askController(attempt.isFirst, apis.UpdateFeatures, body, (result) => {
        if (!result.ok) return attempt.lost(result)
        const { errorCode: code, errorMessage } = result.body
        if (code === errorCode.NONE) return attempt.succeed(null)
        // Going down to a level above the present one is refused: then it is a way up.
        if (code === errorCode.INVALID_UPDATE_VERSION && alreadyThere.size === 0) {
          for (const [feature] of updates) alreadyThere.add(feature)
          return attempt.again(errorName(code), errorMessage ?? '')
        }
        if (!isDefinite('UpdateFeatures', code)) attempt.isDefinite = false
        if (errorByCode(code)?.retriable === true) return attempt.again(errorName(code), errorMessage ?? '')
        return attempt.fail(errorName(code), errorMessage ?? '')
      })
    })
  }

  metadata(
    topics: readonly string[] | null,
    timeoutMs: number,
    done: (result: AdminResult<ClusterInfo>) => void,
  ): void {
    this.#retry.run<ClusterInfo>(timeoutMs, done, (attempt) => {
      const body: BodyOf<typeof apis.Metadata.request> = (version) => ({
        topics: topics?.map((name) => ({ name })) ?? (version === 0 ? [] : null),
        allowAutoTopicCreation: version < 4,
      })
      this.#cluster.requestAny(apis.Metadata, body, (result) => {
        if (!result.ok) return attempt.lost(result)
        this.#cluster.applyMetadata(result.body)
        const failed = topics === null ? undefined : result.body.topics.find((each) => each.errorCode !== 0)
        if (failed !== undefined) return attempt.again(errorName(failed.errorCode), failed.name ?? '')
        attempt.succeed(clusterInfo(result.body))
      })
    })
  }

  listOffsets(
    queries: readonly OffsetQuery[],
    timeoutMs: number,
    done: (result: AdminResult<readonly OffsetAnswer[]>) => void,
  ): void {
    const answers: (OffsetAnswer | undefined)[] = queries.map(() => undefined)
    for (const { topic } of queries) this.#cluster.addTopic(topic)
    this.#retry.run<readonly OffsetAnswer[]>(timeoutMs, done, (attempt) => {
      const byLeader = new Map<number, number[]>()
      for (const [at, { topic, partition }] of queries.entries()) {
        if (answers[at] !== undefined) continue
        const leader = this.#cluster.partition(topic, partition)?.leader ?? -1
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), at])
      }
      let open = byLeader.size
      const landed = (error: string): void => {
        if (error !== '') this.#cluster.refresh()
        if (--open > 0) return
        if (answers.every((each) => each !== undefined)) attempt.succeed(answers)
        else attempt.again(error === '' ? 'LEADER_NOT_AVAILABLE' : error, '')
      }
      for (const [leader, at] of byLeader) this.#listFrom(leader, { queries, at, answers }, landed)
    })
  }

  describeGroup(
    group: string,
    protocol: 'classic' | 'consumer',
    timeoutMs: number,
    done: (result: AdminResult<GroupDescription>) => void,
  ): void {
    this.#groups.describe(group, protocol, timeoutMs, done)
  }

  describeQuorum(timeoutMs: number, done: (result: AdminResult<QuorumInfo>) => void): void {
    this.#retry.run<QuorumInfo>(timeoutMs, done, (attempt) => {
      const body = (): { topics: (typeof metadataLog)[] } => ({ topics: [metadataLog] })
      this.#cluster.requestAny(apis.DescribeQuorum, body, (result) => {
        if (!result.ok) return attempt.lost(result)
        const partition = result.body.topics[0]?.partitions[0]
        const code = result.body.errorCode === 0 ? partition?.errorCode : result.body.errorCode
        if (partition === undefined || code !== errorCode.NONE) {
          return attempt.again(errorName(code ?? errorCode.UNKNOWN_SERVER_ERROR), '')
        }
        const { leaderId, leaderEpoch, currentVoters } = partition
        const voters = currentVoters.map((each) => each.replicaId)
        attempt.succeed({ leaderId, leaderEpoch, highWatermark: toNumber(partition.highWatermark), voters })
      })
    })
  }

  close(): void {
    this.#retry.close()
    this.#offsets.close()
    this.#groups.close()
  }

  #askController<Req extends Message, Res extends Message>(
    isFirst: boolean,
    api: Api<Req, Res>,
    body: BodyOf<NoInfer<Req>>,
    done: (result: RequestResult<NoInfer<Res>>) => void,
  ): void {
    const link = isFirst ? this.#cluster.linkTo(this.#cluster.controllerId) : undefined
    if (link === undefined) this.#cluster.requestAny(api, body, done)
    else link.request(api, body, done)
  }

  #judgeTopics(api: string, failed: readonly TopicAnswer[], attempt: Attempt<null>): void {
    const worst = failed.find((each) => errorByCode(each.errorCode)?.retriable !== true) ?? failed[0]
    if (worst === undefined) return attempt.succeed(null)
    const message = `${worst.name ?? ''}: ${worst.errorMessage ?? ''}`
    if (!isDefinite(api, worst.errorCode)) attempt.isDefinite = false
    if (errorByCode(worst.errorCode)?.retriable === true) attempt.again(errorName(worst.errorCode), message)
    else attempt.fail(errorName(worst.errorCode), message)
  }

  #listFrom(
    leader: number,
    what: { queries: readonly OffsetQuery[]; at: readonly number[]; answers: (OffsetAnswer | undefined)[] },
    landed: (error: string) => void,
  ): void {
    const { queries, at, answers } = what
    const link = this.#cluster.linkTo(leader)
    if (link === undefined) {
      this.#cluster.loop.after(0, () => landed('LEADER_NOT_AVAILABLE'))
      return
    }
    const topics = [...new Set(at.map((each) => queries[each]!.topic))].map((name) => ({
      name,
      partitions: at
        .map((each) => queries[each]!)
        .filter(({ topic }) => topic === name)
        .map(({ partition, timestamp }) => ({ partitionIndex: partition, timestamp: toBigInt(timestamp) })),
    }))
    const body: BodyOf<typeof apis.ListOffsets.request> = () => ({ replicaId: -1, isolationLevel: 0, topics })
    link.request(apis.ListOffsets, body, (result) => {
      let error = result.ok ? '' : wordOf(result)
      for (const each of result.ok ? at : []) {
        const { topic, partition } = queries[each]!
        const ofTopic = result.ok ? result.body.topics.find(({ name }) => name === topic) : undefined
        const answer = ofTopic?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
        if (answer === undefined) error = 'UNKNOWN_TOPIC_OR_PARTITION'
        else if (answer.errorCode !== 0) error = errorName(answer.errorCode)
        else answers[each] = { topic, partition, offset: toNumber(answer.offset), leaderEpoch: answer.leaderEpoch }
      }
      landed(error)
    })
  }
}

function wordOf(failure: RequestFailure): string {
  return failure.reason.toUpperCase().replace('-', '_')
}

function clusterInfo(body: MetadataResponse): ClusterInfo {
  return {
    clusterId: body.clusterId,
    controllerId: body.controllerId,
    nodes: body.brokers.map(({ nodeId, host, port }) => ({ node: nodeId, host, port })),
    topics: body.topics.map((topic) => ({
      name: topic.name ?? '',
      topicId: topic.topicId,
      partitions: topic.partitions
        .map((each) => ({
          partition: each.partitionIndex,
          leader: each.leaderId,
          leaderEpoch: each.leaderEpoch,
          replicas: each.replicaNodes,
          inSyncReplicas: each.isrNodes,
        }))
        .sort((a, b) => a.partition - b.partition),
    })),
  }
}
