import type { Defect } from './defect.ts'

export const acknowledgeBeforeReplication: Defect = {
  describes: 'Answers acks=all as soon as the leader itself has written.',
  imitates: 'Redpanda #3003 and #14794: success was reported, and shown to readers, before a majority had the record.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets'],
  onProcesses: 'cut-links',
  decisions: { mayAcknowledge: ({ leaderWritten, endOffset }) => leaderWritten >= endOffset },
}
