import type { Defect } from './defect.ts'

export const answerOffsetZero: Defect = {
  describes: 'Now and then answers offset 0 for a batch that is somewhere else.',
  imitates: 'Bufstream 0.1.0: acknowledgements carried a spurious offset 0.',
  anomalies: ['inconsistent-offsets', 'duplicate', 'stale-offset-ack', 'nonmonotonic-send'],
  onProcesses: 'kill-leader',
  decisions: { answeredOffset: (baseOffset) => (baseOffset % 50 === 49 ? 0 : baseOffset) },
}
