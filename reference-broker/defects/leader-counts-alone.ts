import type { Defect } from './defect.ts'

export const leaderCountsAlone: Defect = {
  describes: 'Moves the high watermark with the leader alone, whoever else is in sync.',
  imitates: 'Kafka 0.8 before release, as Jepsen found it in 2013: the in-sync set shrank to the leader, which went on acknowledging.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  onProcesses: 'cut-links',
  decisions: { leaderHighWatermark: ({ leaderWritten, current }) => Math.max(current, leaderWritten) },
}
