import type { Defect } from './defect.ts'

export const tellNextOffset: Defect = {
  describes: 'An offset query is told one more than was committed.',
  imitates: 'no bug that was published: the last record where the next one is meant, off by one.',
  anomalies: ['skipped-record'],
  scenario: 'group-churn',
  decisions: { toldOffset: (committed) => committed + 1n },
}
