/** The voter's memory: in which epoch it is, whom it voted for, who leads. On disk before anything it implies is said. */

export interface QuorumState {
  readonly leaderEpoch: number
  /** -1: nobody yet in this epoch. */
  readonly votedId: number
  /** -1: not known. */
  readonly leaderId: number
}

export const quorumStateFile = 'quorum-state'
export const firstQuorumState: QuorumState = { leaderEpoch: 0, votedId: -1, leaderId: -1 }
const dataVersion = 1

export function renderQuorumState(state: QuorumState): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ ...state, dataVersion })}\n`)
}

/** Throws when the file is not ours: guessing here could vote twice. */
export function parseQuorumState(bytes: Uint8Array): QuorumState {
  const read: unknown = JSON.parse(new TextDecoder().decode(bytes))
  const { leaderEpoch, votedId, leaderId, dataVersion: version } = read as Record<string, unknown>
  if (version !== dataVersion) throw new Error(`quorum-state has data version ${String(version)}, expected ${dataVersion}`)
  for (const number of [leaderEpoch, votedId, leaderId]) {
    if (!Number.isInteger(number)) throw new Error('quorum-state is unreadable')
  }
  return { leaderEpoch: leaderEpoch as number, votedId: votedId as number, leaderId: leaderId as number }
}
