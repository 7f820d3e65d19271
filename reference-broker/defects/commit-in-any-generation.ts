import { soundGroupDecisions } from '../core/groups/group-decisions.ts'
import type { Defect } from './defect.ts'

export const commitInAnyGeneration: Defect = {
  describes: 'Whoever was a member once may commit.',
  imitates: 'the zombie of KIP-447: a member that had lost its partitions committed over its successor.',
  anomalies: ['unfenced-zombie'],
  scenario: 'group-churn',
  decisions: {
    mayCommit: (view) => soundGroupDecisions.mayCommit({ ...view, generationId: view.currentGenerationId, memberError: 'NONE' }),
    memberCommitError: () => 'NONE',
  },
}
