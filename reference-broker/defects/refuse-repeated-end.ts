import type { Defect } from './defect.ts'

export const refuseRepeatedEnd: Defect = {
  describes: 'Answers INVALID_TXN_STATE when the end of a transaction is asked for again.',
  imitates: 'Redpanda #3501: a commit that was asked again after its answer was lost was answered INVALID_TXN_STATE, although it had been done.',
  anomalies: ['wrong-answer', 'G1a'],
  race: 'lost-end-ack',
  decisions: { isRepeatedEnd: () => false },
}
