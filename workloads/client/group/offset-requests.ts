/** Bodies of OffsetCommit and OffsetFetch at every version, and what their answers say, in the order asked. */
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { Decoded } from '../../../protocol/message.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import type { BodyOf, RequestLimits } from '../broker-connection.ts'
import type { CommittedOffset, GroupIdentity, TopicPartition } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'

type CommitRequest = typeof apis.OffsetCommit.request
type FetchRequest = typeof apis.OffsetFetch.request
type CommitAnswer = Decoded<typeof apis.OffsetCommit.response>
type FetchAnswer = Decoded<typeof apis.OffsetFetch.response>

/** Later versions name topics by id. */
const lastVersionByName = 9
const groupsSince = 8

/** Who asks when nobody does: an administrator, a consumer without a group. */
export const nobody: GroupIdentity = { memberId: '', generation: -1, instanceId: undefined }

/** Topic ids as far as they are known, and so which versions may be spoken. */
export class TopicIds {
  readonly #ids: ReadonlyMap<string, string>
  readonly limits: RequestLimits

  constructor(cluster: KafkaCluster, partitions: readonly TopicPartition[] | null) {
    const names = new Set((partitions ?? []).map(({ topic }) => topic))
    this.#ids = new Map([...names].map((name) => [name, cluster.topic(name)?.topicId ?? zeroUuid]))
    const isByName = partitions === null || [...this.#ids.values()].includes(zeroUuid)
    this.limits = isByName ? { maxVersion: lastVersionByName } : {}
  }

  of(topic: string): string {
    return this.#ids.get(topic) ?? zeroUuid
  }
}

function byTopic<T extends TopicPartition>(all: readonly T[]): Map<string, T[]> {
  const topics = new Map<string, T[]>()
  for (const each of all) {
    const known = topics.get(each.topic)
    if (known === undefined) topics.set(each.topic, [each])
    else known.push(each)
  }
  return topics
}

export function commitBody(
  group: string,
  identity: GroupIdentity,
  { offsets, ids }: { readonly offsets: readonly CommittedOffset[]; readonly ids: TopicIds },
): BodyOf<CommitRequest> {
  const topics = [...byTopic(offsets)].map(([name, ofTopic]) => ({
    name,
    topicId: ids.of(name),
    partitions: ofTopic.map(({ partition, offset, leaderEpoch }) => ({
      partitionIndex: partition,
      committedOffset: toBigInt(offset),
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: '',
    })),
  }))
  const { memberId, generation, instanceId = null } = identity
  return (version) => ({
    groupId: group,
    generationIdOrMemberEpoch: generation,
    memberId,
    ...(version >= 7 && { groupInstanceId: instanceId }),
    topics,
  })
}

function isTopic(told: { readonly name: string; readonly topicId: string }, topic: string, ids: TopicIds): boolean {
  return told.name === topic || (told.name === '' && told.topicId === ids.of(topic))
}

/** One error code each. */
export function committedCodes(answer: CommitAnswer, offsets: readonly TopicPartition[], ids: TopicIds): number[] {
  return offsets.map(({ topic, partition }) => {
    const ofTopic = answer.topics.find((told) => isTopic(told, topic, ids))
    const told = ofTopic?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    return told?.errorCode ?? errorCode.UNKNOWN_SERVER_ERROR
  })
}

export function fetchBody(
  group: string,
  identity: GroupIdentity,
  { partitions, ids }: { readonly partitions: readonly TopicPartition[] | null; readonly ids: TopicIds },
): BodyOf<FetchRequest> {
  const topics = partitions === null ? null : [...byTopic(partitions)].map(([name, ofTopic]) => ({
    name,
    topicId: ids.of(name),
    partitionIndexes: ofTopic.map(({ partition }) => partition),
  }))
  const { memberId, generation } = identity
  const asked = { groupId: group, memberId: memberId === '' ? null : memberId, memberEpoch: generation, topics }
  return (version) =>
    version >= groupsSince
      ? { groups: [asked], requireStable: true }
      : { groupId: group, topics: version < 2 ? (topics ?? []) : topics, ...(version >= 7 && { requireStable: true }) }
}

/** The answer for the whole group, and for each of its partitions, in the order asked where that was a list. */
export function fetchedOffsets(
  answer: FetchAnswer,
  version: number,
  { partitions, ids }: { readonly partitions: readonly TopicPartition[] | null; readonly ids: TopicIds },
): { readonly code: number; readonly offsets: readonly (CommittedOffset & { readonly code: number })[] } {
  const ofGroup = version >= groupsSince ? answer.groups[0] : answer
  if (ofGroup === undefined) return { code: errorCode.UNKNOWN_SERVER_ERROR, offsets: [] }
  const told = ofGroup.topics.flatMap((topic) => topic.partitions.map((each) => ({
    name: topic.name,
    topicId: 'topicId' in topic ? topic.topicId : zeroUuid,
    partition: each.partitionIndex,
    offset: toNumber(each.committedOffset),
    leaderEpoch: each.committedLeaderEpoch,
    code: each.errorCode,
  })))
  if (partitions === null) return { code: ofGroup.errorCode, offsets: told.map(({ name, ...each }) => ({ topic: name, ...each })) }
  const offsets = partitions.map(({ topic, partition }) => {
    const found = told.find((each) => each.partition === partition && isTopic(each, topic, ids))
    const { offset, leaderEpoch, code } = found ?? { offset: -1, leaderEpoch: -1, code: errorCode.UNKNOWN_TOPIC_OR_PARTITION }
    return { topic, partition, offset, leaderEpoch, code }
  })
  return { code: ofGroup.errorCode, offsets }
}
