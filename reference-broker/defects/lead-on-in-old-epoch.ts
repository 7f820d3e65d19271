import type { Defect } from './defect.ts'

export const leadOnInOldEpoch: Defect = {
  describes: 'After a restart goes on leading in the epoch its dead process led in, from a log that may be shorter.',
  imitates: 'canonical/raft #320: a leader whose log had lost an entry gave its index to another one in the same term, which no follower could tell apart.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { mayActOnOldMetadata: () => true },
}
