/** When a consumer group needs a new target assignment, and making it: over all members, by the assignor most of them ask for. */
import { javaStringHash } from '../coordinator/key-partition.ts'
import type { ClusterImage, TopicImage } from '../metadata/image.ts'
import { assignors, isAssignorName, type Subscriber } from './assignors.ts'
import type { ConsumerDecisions } from './consumer-decisions.ts'
import { targetRecord, type ConsumerGroup, type ConsumerMember, type PartitionKey } from './consumer-group.ts'
import type { GroupRecord } from './records.ts'
import { compileTopicPattern } from './topic-pattern.ts'

/** The topics a member reads, as far as they exist: by name, and by its pattern. */
export function topicsRead(image: ClusterImage, { subscribedTopicNames, subscribedTopicRegex }: ConsumerMember): TopicImage[] {
  const named = new Set(subscribedTopicNames)
  const pattern = subscribedTopicRegex === '' ? undefined : compileTopicPattern(subscribedTopicRegex)
  if (pattern === undefined) return [...named].flatMap((name) => image.topicsByName.get(name) ?? [])
  return [...image.topicsByName.values()].filter(({ name }) => named.has(name) || pattern.matches(name))
}

function allTopicsRead(image: ClusterImage, members: Iterable<ConsumerMember>): TopicImage[] {
  const topics = new Map<string, TopicImage>()
  for (const member of members) for (const topic of topicsRead(image, member)) topics.set(topic.id, topic)
  return [...topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Another number when a topic that is read appeared, went or grew. */
export function metadataHash(image: ClusterImage, members: Iterable<ConsumerMember>): number {
  const parts = allTopicsRead(image, members).map(({ name, id, partitions }) => `${name}:${id}:${partitions.length}`)
  return javaStringHash(parts.join(','))
}

export interface TargetOptions {
  readonly image: ClusterImage
  /** Of the settings; the first is used where members ask for none. */
  readonly assignorNames: readonly string[]
  readonly groupEpoch: number
  readonly decisions: ConsumerDecisions
}

export interface Target {
  readonly byMember: ReadonlyMap<string, ReadonlySet<PartitionKey>>
  readonly records: readonly GroupRecord[]
}

export function newTarget(group: ConsumerGroup, members: ReadonlyMap<string, ConsumerMember>, options: TargetOptions): Target {
  const { image, groupEpoch } = options
  const assignor = preferredAssignor(members, options.assignorNames)
  const ordered = [...members.values()].sort((a, b) => ((a.instanceId ?? a.memberId) < (b.instanceId ?? b.memberId) ? -1 : 1))
  const subscribers = ordered.map((member): Subscriber => ({
    memberId: member.memberId,
    topicIds: new Set(topicsRead(image, member).map(({ id }) => id)),
    before: group.targetOf(member.memberId),
  }))
  const topics = allTopicsRead(image, ordered).map(({ id, partitions }) => ({ topicId: id, partitions: partitions.length }))
  const byMember = assignors[assignor](subscribers, topics, options.decisions)
  const { groupId } = group
  const changed = [...byMember].filter(([memberId, keys]) => !sameKeys(keys, group.targets.get(memberId)))
  return {
    byMember,
    records: [
      ...changed.map(([memberId, keys]) => targetRecord(groupId, memberId, keys)),
      { kind: 'consumer-target', group: groupId, value: { assignmentEpoch: groupEpoch, assignor } },
    ],
  }
}

function sameKeys(a: ReadonlySet<PartitionKey>, b: ReadonlySet<PartitionKey> | undefined): boolean {
  return b !== undefined && a.size === b.size && [...a].every((key) => b.has(key))
}

function preferredAssignor(members: ReadonlyMap<string, ConsumerMember>, names: readonly string[]): 'uniform' | 'range' {
  const votes = new Map<string, number>()
  for (const { serverAssignor } of members.values()) {
    if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1)
  }
  let best = names[0] ?? 'uniform'
  for (const [name, count] of votes) if (count > (votes.get(best) ?? 0)) best = name
  return isAssignorName(best) ? best : 'uniform'
}
