import type { Defect } from './defect.ts'

export const leaveUneven: Defect = {
  describes: 'A newcomer gets what is free, and nothing that others have (KIP-848).',
  imitates: 'librdkafka #4044, where a member that came was left with less than its share.',
  anomalies: ['unbalanced-assignment'],
  scenario: 'group-churn',
  decisions: { isUneven: () => false },
}
