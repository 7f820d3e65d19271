import type { Defect } from './defect.ts'

export const keepFirstCommit: Defect = {
  describes: 'Of the commits of a partition the first counts.',
  imitates: 'streamnative/kop #1289, where a member that joined began at an offset its group had left behind.',
  anomalies: ['offset-regression'],
  scenario: 'group-churn',
  decisions: { replacesCommit: () => false },
}
