import type { Defect } from './defect.ts'

export const raiseEpochTwice: Defect = {
  describes: 'Raises the epoch by two when it aborts over the head of a producer.',
  imitates: 'KAFKA-19367: the epoch was raised twice at 32766, beyond all there are.',
  anomalies: ['broker-failure', 'stuck-transaction'],
  race: 'epoch-exhaustion',
  decisions: { fencingEpoch: (producerEpoch) => producerEpoch + 2 },
}
