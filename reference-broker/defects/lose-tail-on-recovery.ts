import type { Defect } from './defect.ts'

export const loseTailOnRecovery: Defect = {
  describes: 'Cuts the last records off a log that was not closed in order, although they are sound.',
  imitates: 'rocksdb-js #723: after an unclean stop the recovered log ended before its last sound entries, which had been acknowledged.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  onProcesses: 'crash-storm',
  decisions: { recoveredEnd: (logEndOffset) => Math.max(0, logEndOffset - 5) },
}
