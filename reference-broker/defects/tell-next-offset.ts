import type { Defect } from './defect.ts'

export const tellNextOffset: Defect = {
  describes: 'An offset query is told one more than was committed.',
  imitates: 'confluentinc/parallel-consumer #62: off by one, and the first record after a restart was skipped.',
  anomalies: ['skipped-record', 'wrong-start'],
  scenario: 'group-churn',
  decisions: { toldOffset: (committed) => committed + 1n },
}
