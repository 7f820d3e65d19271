import { completed } from '../core/transactions/end-txn.ts'
import { isEnding } from '../core/transactions/transaction.ts'
import type { Defect } from './defect.ts'

export const forgetMarkers: Defect = {
  describes: 'A new coordinator takes what was decided for done, and writes no markers.',
  imitates: 'Redpanda #17827: a transaction stayed in PrepareCommit for ever, and readers of committed records stood still.',
  anomalies: ['stuck-transaction', 'lost-write'],
  race: 'stuck-prepare',
  decisions: {
    recoveredTransaction: (found) => (isEnding(found) ? completed(found, found.lastUpdateMs) : found),
  },
}
