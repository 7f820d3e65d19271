import type { Defect } from './defect.ts'

export const truncateByHighWatermark: Defect = {
  describes: 'Cuts a log at its own high watermark when it begins to follow, instead of where it parts from the leader.',
  imitates: 'Kafka before KIP-101 (KAFKA-1211): a follower that restarted lost what it had acknowledged but not yet known to be committed.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  onProcesses: 'crash-storm',
  decisions: { followFrom: ({ highWatermark }) => highWatermark },
}
