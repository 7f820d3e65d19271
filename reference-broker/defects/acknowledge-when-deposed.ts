import type { Defect } from './defect.ts'

export const acknowledgeWhenDeposed: Defect = {
  describes: 'A leader that is deposed answers its waiting producers as if all in-sync replicas had what they sent.',
  imitates: 'Redpanda #3003, found by Jepsen: replication was reported as successful around a change of term, and then cut away.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { deposedAnswer: () => 'NONE' },
}
