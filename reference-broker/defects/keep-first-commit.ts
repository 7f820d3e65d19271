import type { Defect } from './defect.ts'

export const keepFirstCommit: Defect = {
  describes: 'Of the commits of a partition the first counts.',
  imitates: 'KAFKA-13636, after which a group went on from an offset it had left behind.',
  anomalies: ['offset-regression'],
  scenario: 'group-churn',
  decisions: { replacesCommit: () => false },
}
