/** What Fetch of the metadata log and FetchSnapshot answer to who asks the wrong node, or in the wrong epoch. */
import type { ErrorName } from '../../../protocol/errors.ts'
import type { Raft } from '../raft/raft.ts'

/** Why a request made in `leaderEpoch` (-1: not known) is not for this node, or undefined. */
export function refusal(raft: Raft, leaderEpoch: number): ErrorName | undefined {
  if (leaderEpoch > raft.epoch) return 'UNKNOWN_LEADER_EPOCH'
  if (raft.leadership === undefined) return 'NOT_LEADER_OR_FOLLOWER'
  if (leaderEpoch >= 0 && leaderEpoch < raft.epoch) return 'FENCED_LEADER_EPOCH'
  return undefined
}

/** Leader and epoch as known here, so that whoever asks learns them. */
export function currentLeader(raft: Raft): { leaderId: number; leaderEpoch: number } {
  const leaderId = raft.role === 'leader' || raft.role === 'follower' ? raft.leaderId : -1
  return { leaderId, leaderEpoch: raft.epoch }
}
