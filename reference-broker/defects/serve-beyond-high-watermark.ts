import type { Defect } from './defect.ts'

export const serveBeyondHighWatermark: Defect = {
  describes: 'Lets consumers read what only the leader has.',
  imitates: 'Redpanda #14794: readers were shown records that were not yet on a majority, and that a new leader did not have.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read', 'phantom-record', 'read-beyond-high-watermark', 'nonmonotonic-poll', 'int-nonmonotonic-poll', 'poll-skip'],
  onProcesses: 'cut-links',
  decisions: { readBound: ({ logEndOffset }) => logEndOffset },
}
