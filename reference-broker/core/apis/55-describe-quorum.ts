/**
 * DescribeQuorum v0-2 (KIP-595): leader, epoch, and how far each replica of the metadata log has come. Only the leader
 * knows; a broker forwards to it. Voters that never fetched from this leader have no times (-1), observers are forgotten
 * when they have been silent for five minutes.
 *
 * Version notes: v1 times (KIP-836), on the leader's wall clock; v2 nodes (KIP-853).
 */
import { apis } from '../../../protocol/apis.ts'
import type { DescribeQuorumRequest, DescribeQuorumResponseInput } from '../../../protocol/apis/55-describe-quorum.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import type { Leadership, Progress } from '../raft/leadership.ts'
import { metadataTopic } from '../raft/metadata-topic.ts'
import { handler, type Handler } from '../server/server.ts'
import { forwardedHandler } from './forwarded.ts'

const nodesSinceVersion = 2

type PartitionAnswer = DescribeQuorumResponseInput['topics'][number]['partitions'][number]
type ReplicaState = PartitionAnswer['currentVoters'][number]

export function describeQuorumHandler(node: QuorumNode): Handler {
  return handler(apis.DescribeQuorum, ({ apiVersion }, request, respond) => {
    if (!asksForMetadata(request)) return respond(unknownPartitions(request))
    const { raft } = node
    const { leadership } = raft
    const isKnown = raft.role === 'leader' || raft.role === 'follower'
    const base = {
      partitionIndex: 0,
      leaderId: isKnown ? raft.leaderId : -1,
      leaderEpoch: raft.epoch,
      highWatermark: toBigInt(raft.highWatermark),
    }
    const partition: PartitionAnswer =
      leadership === undefined
        ? { ...base, errorCode: errorCode.NOT_LEADER_OR_FOLLOWER, currentVoters: [], observers: [] }
        : { ...base, errorCode: errorCode.NONE, ...replicaStates(node, leadership) }
    const topics = [{ topicName: metadataTopic.name, partitions: [partition] }]
    const knowsNodes = leadership !== undefined && apiVersion >= nodesSinceVersion
    return respond({ errorCode: errorCode.NONE, topics, nodes: knowsNodes ? nodes(node) : [] })
  })
}

function asksForMetadata({ topics }: DescribeQuorumRequest): boolean {
  const [topic] = topics
  const [partition] = topic?.partitions ?? []
  const isOne = topics.length === 1 && topic!.partitions.length === 1
  return isOne && topic!.topicName === metadataTopic.name && partition!.partitionIndex === 0
}

function unknownPartitions({ topics }: DescribeQuorumRequest): DescribeQuorumResponseInput {
  const error: ErrorName = 'UNKNOWN_TOPIC_OR_PARTITION'
  const errorMessage = 'There is no such partition in the quorum.'
  const nobody = { errorMessage, leaderId: 0, leaderEpoch: 0, highWatermark: 0n, currentVoters: [], observers: [] }
  const answers = topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCode[error], ...nobody })),
  }))
  return { errorCode: errorCode.NONE, topics: answers, nodes: [] }
}

/** What this node last heard on its monotonic clock is told on its wall clock. */
function replicaStates(
  { raft, config, loop }: QuorumNode,
  { progress, observers }: Leadership,
): { currentVoters: ReplicaState[]; observers: ReplicaState[] } {
  const now = loop.now()
  const wallNow = loop.ports.clock.wallNow()
  const onWall = (ms: number): bigint => (ms === -Infinity ? -1n : toBigInt(Math.round(wallNow - (now - ms))))
  const state = (replicaId: number, { endOffset, lastFetchMs, lastCaughtUpMs }: Progress): ReplicaState => ({
    replicaId,
    logEndOffset: toBigInt(endOffset),
    lastFetchTimestamp: onWall(lastFetchMs),
    lastCaughtUpTimestamp: onWall(lastCaughtUpMs),
  })
  const times = { lastFetchMs: now, lastCaughtUpMs: now, heardMs: now }
  const itself = state(config.nodeId, { endOffset: raft.log.syncedOffset, ...times })
  return {
    currentVoters: [itself, ...[...progress].map(([id, of]) => state(id, of))],
    observers: [...observers].map(([id, of]) => state(id, of)),
  }
}

function nodes({ config }: QuorumNode): DescribeQuorumResponseInput['nodes'] {
  const name = config.controllerListenerNames[0]!
  return config.quorumVoters.map(({ id, host, port }) => ({ nodeId: id, listeners: [{ name, host, port }] }))
}

export function describeQuorumForwarded(node: BrokerNode): Handler {
  return forwardedHandler(node, {
    api: apis.DescribeQuorum,
    timeoutMs: () => node.config.requestTimeoutMs,
    wasNotController: ({ topics }) => topics[0]?.partitions[0]?.errorCode === errorCode.NOT_LEADER_OR_FOLLOWER,
    failed: (_request, error) => ({ errorCode: error, topics: [], nodes: [] }),
  })
}
