/** Which partition a request means, and whether this broker is the one to ask: the checks all data APIs share. */
import type { ErrorName } from '../../../protocol/errors.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'

export type Found =
  | { readonly error: 'NONE'; readonly partition: Partition }
  | { readonly error: ErrorName; readonly partition: undefined }

export interface PartitionAsked {
  /** Empty when the version asks by id. */
  readonly topic: string
  /** The zero uuid when the version asks by name, `noTopicId` when it asks by id and gives none. */
  readonly topicId: string
  readonly index: number
}

/** No topic has it. */
export const noTopicId = ''

/** The topic as the request's version names it. */
export function topicAsked(
  asked: { readonly topic: string; readonly topicId: string },
  byId: boolean,
): { readonly topic: string; readonly topicId: string } {
  return byId && asked.topicId === zeroUuid ? { topic: asked.topic, topicId: noTopicId } : asked
}

export function topicIdAsked(node: BrokerNode, topic: string, topicId: string): string | undefined {
  return topicId === zeroUuid ? node.image.topicsByName.get(topic)?.id : topicId
}

/** The hosted replica, whatever its role. */
export function findReplica(node: BrokerNode, asked: PartitionAsked): Found {
  const byId = asked.topicId !== zeroUuid
  const topicId = topicIdAsked(node, asked.topic, asked.topicId)
  const topic = topicId === undefined ? undefined : node.image.topicsById.get(topicId)
  if (topic === undefined) return missing(byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  const image = topic.partitions[asked.index]
  if (image === undefined) return missing('UNKNOWN_TOPIC_OR_PARTITION')
  const partition = node.replicas.get(topic.id, asked.index)
  if (partition === undefined) return missing('NOT_LEADER_OR_FOLLOWER')
  return { error: 'NONE', partition }
}

/** The hosted replica if it agrees about the epoch, whatever its role. */
export function findAgreeing(node: BrokerNode, asked: PartitionAsked, currentLeaderEpoch: number): Found {
  const found = findReplica(node, asked)
  if (found.partition === undefined) return found
  const { image } = found.partition
  if (currentLeaderEpoch !== -1 && currentLeaderEpoch < image.leaderEpoch) return missing('FENCED_LEADER_EPOCH')
  return currentLeaderEpoch > image.leaderEpoch ? missing('UNKNOWN_LEADER_EPOCH') : found
}

/** The replica if it leads and agrees about the epoch; `currentLeaderEpoch` is -1 when the client does not say. */
export function findLeader(node: BrokerNode, asked: PartitionAsked, currentLeaderEpoch: number): Found {
  const found = findAgreeing(node, asked, currentLeaderEpoch)
  if (found.partition === undefined || found.partition.isLeading) return found
  return missing('NOT_LEADER_OR_FOLLOWER')
}

function missing(error: ErrorName): Found {
  return { error, partition: undefined }
}

/** Errors that tell a client to look for another leader: answers then carry a hint (KIP-951). */
export function wantsLeaderHint(error: ErrorName): boolean {
  return error === 'NOT_LEADER_OR_FOLLOWER' || error === 'FENCED_LEADER_EPOCH'
}

export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export function leaderHint(node: BrokerNode, asked: PartitionAsked): LeaderHint | undefined {
  const topicId = topicIdAsked(node, asked.topic, asked.topicId)
  const image = topicId === undefined ? undefined : node.image.partition(topicId, asked.index)
  return image === undefined ? undefined : { leaderId: image.leader, leaderEpoch: image.leaderEpoch }
}

/** Where the hinted leaders live, each once. */
export function hintedEndpoints(
  node: BrokerNode,
  hints: readonly LeaderHint[],
  listener: string,
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  const endpoints = []
  for (const nodeId of new Set(hints.map(({ leaderId }) => leaderId))) {
    const endpoint = node.endpointOf(nodeId, listener)
    const rack = node.image.brokers.get(nodeId)?.rack ?? null
    if (endpoint !== undefined) endpoints.push({ nodeId, host: endpoint.host, port: endpoint.port, rack })
  }
  return endpoints
}
