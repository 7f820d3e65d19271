import type { Defect } from './defect.ts'

export const keepStaleLeader: Defect = {
  describes: 'A leader that is deposed serves on with the followers it has left to wait for, and does not follow its successor.',
  imitates: 'KAFKA-2729: a broker that had lost its session went on as leader with an in-sync set of its own, and did not follow its successor until it was restarted.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read', 'stuck', 'two-leaders'],
  onProcesses: 'pause-leader',
  decisions: { givesWay: () => false, membersThatCount: ({ proposed }) => proposed },
}
