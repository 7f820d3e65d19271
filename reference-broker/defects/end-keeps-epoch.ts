import { classifyMarker } from '../core/log/producer-state.ts'
import type { Defect } from './defect.ts'

export const endKeepsEpoch: Defect = {
  describes: 'Ends a transaction of version 2 without raising the epoch of its producer.',
  imitates: 'KAFKA-17754: a late EndTxn ended the next transaction, as with every broker before KIP-890 part 2.',
  anomalies: ['zombie-write', 'G1a'],
  race: 'late-end-txn',
  decisions: {
    epochAfterEnd: ({ producerEpoch }) => producerEpoch,
    classifyMarker: (entry, marker) => classifyMarker(entry, { ...marker, transactionVersion: 0 }),
  },
}
