import type { Defect } from './defect.ts'

export const leadOnInOldEpoch: Defect = {
  describes: 'After a restart goes on leading in the epoch its dead process led in, from a log that may be shorter.',
  imitates: 'A bug of this broker that its own simulator found: two records at one offset in one leaderEpoch, which no truncation by epoch can tell apart.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { mayActOnOldMetadata: () => true },
}
