import type { Defect } from './defect.ts'

export const leaveOlderEpochOpen: Defect = {
  describes: 'Gives a producer to a new instance without aborting what the old one had open.',
  imitates: 'Redpanda #3232 and #3247: a transaction of an older epoch of the same producer was left open.',
  anomalies: ['G1a', 'stuck-transaction', 'lost-write'],
  race: 'older-epoch-open',
  decisions: { mustAbortBeforeTakingOver: () => false },
}
