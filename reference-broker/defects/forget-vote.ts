import type { Defect } from './defect.ts'

export const forgetVote: Defect = {
  describes: 'A voter forgets whom it voted for, as after a crash before the vote was synced: the next candidate of the epoch gets a vote as well.',
  imitates: 'RobustMQ #2039: votes counted before they were synced, so that after a crash a voter voted again in the same term and two leaders were elected; etcd #2461: a vote was forgotten within its term.',
  anomalies: ['broker-failure', 'stuck', 'lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { mayVoteFor: () => true },
}
