import type { Defect } from './defect.ts'

export const grantBeforeRelease: Defect = {
  describes: 'A partition is granted before the member that had it has given it up (KIP-848).',
  imitates: 'KAFKA-14639, where one rebalance took a partition from one member and gave it to another.',
  anomalies: ['double-owner'],
  scenario: 'group-churn',
  decisions: { mayGrant: () => true },
}
