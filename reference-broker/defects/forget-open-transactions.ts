import { noPartitions } from '../core/transactions/transaction.ts'
import type { Defect } from './defect.ts'

export const forgetOpenTransactions: Defect = {
  describes: 'A new coordinator knows nothing of transactions that were open under the last one.',
  imitates: 'Redpanda #6019: the next request silently began another transaction, whose commit kept the offsets and lost the records.',
  anomalies: ['torn-transaction', 'stuck-transaction', 'lost-write'],
  race: 'forgotten-transaction',
  decisions: {
    recoveredTransaction: (found) => (found.state === 'Ongoing' ? { ...found, state: 'Empty', partitions: noPartitions } : found),
  },
}
