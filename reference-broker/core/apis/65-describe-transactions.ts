/** DescribeTransactions v0 (KIP-664): what this coordinator knows of transactional ids; TRANSACTIONAL_ID_NOT_FOUND of others. */
import { apis } from '../../../protocol/apis.ts'
import type { DescribeTransactionsResponseInput } from '../../../protocol/apis/65-describe-transactions.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { refused, unchanged } from '../transactions/verdict.ts'

type Described = DescribeTransactionsResponseInput['transactionStates'][number]

export function describeTransactionsHandler(node: BrokerNode): Handler {
  return handler(apis.DescribeTransactions, (_context, { transactionalIds }, respond) => {
    const transactionStates: Described[] = []
    let open = transactionalIds.length + 1
    const settled = (): void => {
      open--
      if (open === 0) respond({ transactionStates })
    }
    for (const [i, transactionalId] of transactionalIds.entries()) {
      describe(node, transactionalId, (described) => {
        transactionStates[i] = described
        settled()
      })
    }
    settled()
  })
}

function describe(node: BrokerNode, transactionalId: string, done: (described: Described) => void): void {
  if (transactionalId === '') return done(undescribed(transactionalId, 'INVALID_REQUEST'))
  return node.transactions.decide(
    transactionalId,
    (known) => (known === undefined ? refused('TRANSACTIONAL_ID_NOT_FOUND') : unchanged(known)),
    (error, transaction) => {
      if (error !== 'NONE' || transaction === undefined) done(undescribed(transactionalId, error))
      else done(described(transaction))
    },
  )
}

function undescribed(transactionalId: string, error: ErrorName): Described {
  return {
    errorCode: errorCode[error],
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0n,
    producerId: 0n,
    producerEpoch: 0,
    topics: [],
  }
}

function described(transaction: Transaction): Described {
  return {
    errorCode: errorCode.NONE,
    transactionalId: transaction.transactionalId,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: toBigInt(transaction.startMs),
    producerId: toBigInt(transaction.producerId),
    producerEpoch: transaction.producerEpoch,
    topics: [...transaction.partitions].map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
  }
}
