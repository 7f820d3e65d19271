import type { Defect } from './defect.ts'

export const commitOffsetsAtOnce: Defect = {
  describes: 'Offsets that are sent in a transaction count at once, whatever becomes of it.',
  imitates: 'Redpanda #6019, where offsets were committed without the records of their transaction.',
  anomalies: ['exactly-once-violation'],
  race: 'abort-does-not-rewind',
  decisions: { offsetsWaitForTransaction: () => false },
}
