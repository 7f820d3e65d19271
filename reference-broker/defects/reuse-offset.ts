import type { Defect } from './defect.ts'

export const reuseOffset: Defect = {
  describes: 'A new leader goes on at its own high watermark and gives out again the offsets of what it had beyond it.',
  imitates: 'Redpanda #3003, as Jepsen saw it in 2022 (inconsistent-offsets): around a change of term, offsets that had been acknowledged were cut away and given to other records.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  onProcesses: 'pause-leader',
  decisions: { leadFrom: ({ highWatermark }) => highWatermark },
}
