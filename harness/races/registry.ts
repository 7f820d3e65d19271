/** All races there are: the list is the registry. */
import type { Race } from './race.ts'
import { droppedProduceAck } from './scripts/dropped-produce-ack.ts'
import { hangingTransaction } from './scripts/hanging-transaction.ts'
import { lateEndTxn } from './scripts/late-end-txn.ts'

export const races: readonly Race[] = [
  lateEndTxn,
  hangingTransaction,
  droppedProduceAck,
]
