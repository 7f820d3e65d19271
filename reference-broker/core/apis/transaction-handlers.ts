/** What clients and brokers ask the coordinators of transactions, and the partitions about them. */
import type { BrokerNode } from '../node.ts'
import type { Handler } from '../server/server.ts'
import { initProducerIdHandler } from './22-init-producer-id.ts'
import { addPartitionsToTxnHandler } from './24-add-partitions-to-txn.ts'
import { addOffsetsToTxnHandler } from './25-add-offsets-to-txn.ts'
import { endTxnHandler } from './26-end-txn.ts'
import { writeTxnMarkersHandler } from './27-write-txn-markers.ts'
import { txnOffsetCommitHandler } from './28-txn-offset-commit.ts'
import { describeProducersHandler } from './61-describe-producers.ts'
import { describeTransactionsHandler } from './65-describe-transactions.ts'
import { listTransactionsHandler } from './66-list-transactions.ts'

export function transactionHandlers(node: BrokerNode): readonly Handler[] {
  return [
    initProducerIdHandler(node),
    addPartitionsToTxnHandler(node),
    addOffsetsToTxnHandler(node),
    endTxnHandler(node),
    writeTxnMarkersHandler(node),
    txnOffsetCommitHandler(node),
    describeProducersHandler(node),
    describeTransactionsHandler(node),
    listTransactionsHandler(node),
  ]
}
