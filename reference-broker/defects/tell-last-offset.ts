import type { Defect } from './defect.ts'

export const tellLastOffset: Defect = {
  describes: 'An offset query is told the record before the one that was committed.',
  imitates: 'zendesk/ruby-kafka #249: the offset before the committed one was read from.',
  anomalies: ['reprocessed-record'],
  scenario: 'group-churn',
  decisions: { toldOffset: (committed) => (committed > 0n ? committed - 1n : committed) },
}
