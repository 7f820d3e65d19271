import type { Defect } from './defect.ts'

export const commitBelowMinimum: Defect = {
  describes: 'Moves the high watermark although fewer than min.insync.replicas are in sync, so that eligible replicas lack what is committed.',
  imitates: 'Kafka before KIP-966: what a too small in-sync set committed could be lost with its last member.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: {
    leaderHighWatermark: ({ current, leaderWritten, followerEnds }) => Math.max(current, Math.min(leaderWritten, ...followerEnds)),
  },
}
