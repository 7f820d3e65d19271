import type { Defect } from './defect.ts'

export const refuseLateGenerations: Defect = {
  describes: 'A group that has rebalanced often refuses the generation it is in.',
  imitates: 'librdkafka #3396, where members never came back into their group after its coordinator had moved.',
  anomalies: ['stuck-rebalance'],
  scenario: 'group-churn',
  decisions: { isCurrentGeneration: ({ asked, current }) => asked === current && current < 3 },
}
