import type { Defect } from './defect.ts'

export const loadCommittedOnly: Defect = {
  describes: 'A new coordinator reads its log up to the high watermark it knows, which lags behind.',
  imitates: 'apache/kafka #2436 (KAFKA-4704 beside it), where offsets were not properly loaded when a coordinator took over.',
  anomalies: ['lost-commit', 'offset-regression'],
  scenario: 'group-churn',
  decisions: { coordinatorLoadEnd: ({ highWatermark }) => highWatermark },
}
