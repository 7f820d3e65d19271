import { soundGroupDecisions } from '../core/groups/group-decisions.ts'
import type { Defect } from './defect.ts'

export const refuseLateCommits: Defect = {
  describes: 'A classic group that has rebalanced often takes no commits any more.',
  imitates: 'librdkafka #2214, where members went on reading, and could never commit again.',
  anomalies: ['undrained-lag'],
  scenario: 'group-churn',
  decisions: {
    mayCommit: (view) => (view.generationId > 3 ? 'REBALANCE_IN_PROGRESS' : soundGroupDecisions.mayCommit(view)),
  },
}
