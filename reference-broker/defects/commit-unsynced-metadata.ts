import type { Defect } from './defect.ts'

export const commitUnsyncedMetadata: Defect = {
  describes: 'Counts metadata records that are not synced, and syncs none.',
  imitates: 'RobustMQ #2039 and d-engine #447: the quorum counted log entries that were not synced yet, and a loss of power took back what was committed.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read', 'leader-epoch-regression', 'stuck', 'broker-failure'],
  decisions: { quorumStoredOffset: ({ logEndOffset }) => logEndOffset },
}
