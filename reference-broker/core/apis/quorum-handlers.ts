/**
 * What quorum members say to each other: Vote (52), BeginQuorumEpoch (53), EndQuorumEpoch (54).
 * KIP-595; pre-vote: KIP-996. Every answer names the leader and epoch known here, so that whoever asks learns it.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import type { VoteRequest } from '../../../protocol/apis/52-vote.ts'
import type { QuorumNode } from '../node.ts'
import { metadataTopic } from '../raft/metadata-topic.ts'
import type { Raft } from '../raft/raft.ts'
import { handler, type Handler } from '../server/server.ts'

type AskedVote = VoteRequest['topics'][number]['partitions'][number]

export function quorumHandlers(node: QuorumNode): Handler[] {
  return [voteHandler(node), beginQuorumEpochHandler(node), endQuorumEpochHandler(node)]
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
    ownLastEpoch: Math.max(0, raft.lastEpoch),
    ownEndOffset: raft.log.logEndOffset,
  })
  if (asked.preVote) {
    const content = raft.role === 'leader' || (raft.following?.hearsLeader() ?? false)
    return answer(upToDate && !content)
  }
  const free = raft.options.decisions.mayVoteFor({ votedId: raft.votedId, candidateId: asked.replicaId })
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
