import type { Defect } from './defect.ts'

export const commitUnsyncedMetadata: Defect = {
  describes: 'Counts metadata records before they are synced.',
  imitates: 'Raft implementations without the fsync their proof asks for: a power loss takes back what was committed.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read', 'stuck', 'broker-failure'],
  decisions: { quorumStoredOffset: ({ logEndOffset }) => logEndOffset },
}
