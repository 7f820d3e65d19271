import type { Defect } from './defect.ts'

export const refuseLateGenerations: Defect = {
  describes: 'A group that has rebalanced often refuses the generation it is in.',
  imitates: 'KAFKA-8104, where a member could not come back into its group after a rebalance.',
  anomalies: ['stuck-rebalance'],
  scenario: 'group-churn',
  decisions: { isCurrentGeneration: ({ asked, current }) => asked === current && current < 3 },
}
