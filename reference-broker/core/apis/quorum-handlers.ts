/**
 * What quorum members say to each other: Vote (52), BeginQuorumEpoch (53), EndQuorumEpoch (54), DescribeQuorum (55).
 * KIP-595; pre-vote: KIP-996. Every answer names the leader and epoch known here, so that whoever asks learns it.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { VoteRequest } from '../../../protocol/apis/52-vote.ts'
import type { QuorumNode } from '../node.ts'
import { metadataTopic } from '../raft/metadata-topic.ts'
import type { Raft } from '../raft/raft.ts'
import { handler, type Handler } from '../server/server.ts'

type AskedVote = VoteRequest['topics'][number]['partitions'][number]

export function quorumHandlers(node: QuorumNode): Handler[] {
  return [voteHandler(node), beginQuorumEpochHandler(node), endQuorumEpochHandler(node), describeQuorumHandler(node)]
}

function known(raft: Raft): { partitionIndex: number; leaderId: number; leaderEpoch: number } {
  const leaderId = raft.role === 'leader' || raft.role === 'follower' ? raft.leaderId : -1
  return { partitionIndex: 0, leaderId, leaderEpoch: raft.epoch }
}

function voteHandler(node: QuorumNode): Handler {
  return handler(apis.Vote, (_context, request, respond) => {
    const { raft, clusterId } = node
    const asked = request.topics[0]?.partitions[0]
    if (request.clusterId !== clusterId) return respond({ errorCode: errorCode.INCONSISTENT_CLUSTER_ID, topics: [] })
    if (asked === undefined) return respond({ errorCode: errorCode.INVALID_REQUEST, topics: [] })
    const answer = (error: ErrorName, voteGranted: boolean): void => {
      const partition = { ...known(raft), errorCode: errorCode[error], voteGranted }
      respond({ errorCode: errorCode.NONE, topics: [{ topicName: metadataTopic.name, partitions: [partition] }] })
    }
    if (asked.replicaEpoch < raft.epoch) return answer('FENCED_LEADER_EPOCH', false)
    if (!raft.voterIds.includes(asked.replicaId)) return answer('INCONSISTENT_VOTER_SET', false)
    return vote(raft, asked, (granted) => answer('NONE', granted))
  })
}

function vote(raft: Raft, asked: AskedVote, answer: (granted: boolean) => void): void {
  raft.observe(asked.replicaEpoch, -1)
  const upToDate = raft.options.decisions.logIsUpToDate({
    candidateLastEpoch: asked.lastOffsetEpoch,
    candidateEndOffset: toNumber(asked.lastOffset),
    ownLastEpoch: Math.max(0, raft.log.epochs.latest),
    ownEndOffset: raft.log.logEndOffset,
  })
  if (asked.preVote) {
    const content = raft.role === 'leader' || (raft.following?.hearsLeader() ?? false)
    return answer(upToDate && !content)
  }
  const free = raft.votedId === -1 || raft.votedId === asked.replicaId
  if (!upToDate || !free || raft.role === 'leader' || raft.role === 'follower') return answer(false)
  raft.votedId = asked.replicaId
  return raft.persist(() => answer(true))
}

function beginQuorumEpochHandler(node: QuorumNode): Handler {
  return handler(apis.BeginQuorumEpoch, (_context, request, respond) => {
    const { raft, clusterId } = node
    const asked = request.topics[0]?.partitions[0]
    if (request.clusterId !== clusterId) return respond({ errorCode: errorCode.INCONSISTENT_CLUSTER_ID, topics: [] })
    if (asked === undefined) return respond({ errorCode: errorCode.INVALID_REQUEST, topics: [] })
    const old = asked.leaderEpoch < raft.epoch
    if (!old) raft.observe(asked.leaderEpoch, asked.leaderId)
    const partition = { ...known(raft), errorCode: old ? errorCode.FENCED_LEADER_EPOCH : errorCode.NONE }
    return respond({ errorCode: errorCode.NONE, topics: [{ topicName: metadataTopic.name, partitions: [partition] }] })
  })
}

/** The leader leaves on purpose. The first of its preferred candidates stands at once, the others after their timeout. */
function endQuorumEpochHandler(node: QuorumNode): Handler {
  return handler(apis.EndQuorumEpoch, (_context, request, respond) => {
    const { raft, clusterId, config } = node
    const asked = request.topics[0]?.partitions[0]
    if (request.clusterId !== clusterId) return respond({ errorCode: errorCode.INCONSISTENT_CLUSTER_ID, topics: [] })
    if (asked === undefined) return respond({ errorCode: errorCode.INVALID_REQUEST, topics: [] })
    const old = asked.leaderEpoch < raft.epoch
    if (!old && raft.role !== 'leader' && raft.isVoter) {
      raft.becomeUnattached(asked.leaderEpoch)
      const candidates = asked.preferredCandidates.map(({ candidateId }) => candidateId)
      const first = (candidates[0] ?? asked.preferredSuccessors[0]) === config.nodeId
      if (first) raft.becomeProspective()
    }
    const partition = { ...known(raft), errorCode: old ? errorCode.FENCED_LEADER_EPOCH : errorCode.NONE }
    return respond({ errorCode: errorCode.NONE, topics: [{ topicName: metadataTopic.name, partitions: [partition] }] })
  })
}

function describeQuorumHandler(node: QuorumNode): Handler {
  return handler(apis.DescribeQuorum, ({ apiVersion }, _request, respond) => {
    const { raft, config } = node
    const { leadership } = raft
    const base = { ...known(raft), highWatermark: toBigInt(raft.highWatermark) }
    const topic = (partition: Parameters<typeof respond>[0] extends infer B ? B : never): void => respond(partition)
    if (leadership === undefined) {
      const partition = { ...base, errorCode: errorCode.NOT_LEADER_OR_FOLLOWER, currentVoters: [], observers: [] }
      return topic({ errorCode: errorCode.NONE, topics: [{ topicName: metadataTopic.name, partitions: [partition] }], nodes: [] })
    }
    const currentVoters = [
      { replicaId: config.nodeId, logEndOffset: toBigInt(raft.log.syncedOffset) },
      ...[...leadership.progress].map(([replicaId, { endOffset }]) => ({ replicaId, logEndOffset: toBigInt(endOffset) })),
    ]
    const partition = { ...base, errorCode: errorCode.NONE, currentVoters, observers: [] }
    const nodes = config.quorumVoters.map(({ id, host, port }) => ({
      nodeId: id,
      listeners: [{ name: config.controllerListenerNames[0] ?? 'CONTROLLER', host, port }],
    }))
    const topics = [{ topicName: metadataTopic.name, partitions: [partition] }]
    return topic({ errorCode: errorCode.NONE, topics, ...(apiVersion >= 2 && { nodes }) })
  })
}
