import type { Defect } from './defect.ts'

export const neverEndSession: Defect = {
  describes: 'Members that are not heard of stay members.',
  imitates: 'KAFKA-9752, where a group could wait for a member that was gone.',
  anomalies: ['orphan-partition', 'stuck-rebalance'],
  scenario: 'group-churn',
  decisions: { sessionIsOver: () => false },
}
