/**
 * EndTxn v0-5: answered as soon as the outcome is committed; the markers follow, and until they are all written the next
 * transaction of this producer is told CONCURRENT_TRANSACTIONS. What is decided when is in transactions/end-txn.ts.
 * Version notes: v2 PRODUCER_FENCED; v5 transaction version 2, which tells the id and epoch of the next transaction.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { endTxn, nextProducer } from '../transactions/end-txn.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { fencedFor } from './transaction-errors.ts'

const fencedSinceVersion = 2
const raisingSinceVersion = 5

export function endTxnHandler(node: BrokerNode): Handler {
  return handler(apis.EndTxn, ({ apiVersion }, request, respond) => {
    const give = (error: ErrorName, transaction?: Transaction): void => {
      const next = transaction === undefined ? undefined : nextProducer(transaction)
      respond({
        errorCode: errorCode[fencedFor(error, apiVersion >= fencedSinceVersion)],
        ...(apiVersion >= raisingSinceVersion && error === 'NONE' && next !== undefined && {
          producerId: toBigInt(next.producerId),
          producerEpoch: next.producerEpoch,
        }),
      })
    }
    const { transactionalId, committed, producerEpoch } = request
    if (transactionalId === '') return give('INVALID_REQUEST')
    const asked = {
      producerId: toNumber(request.producerId),
      producerEpoch,
      committed,
      transactionVersion: apiVersion >= raisingSinceVersion ? 2 : 0,
      nowMs: node.loop.ports.clock.wallNow(),
    }
    return node.transactions.decide(
      transactionalId,
      (known, freshProducerId) => endTxn(known, { ...asked, freshProducerId }, node.decisions),
      give,
    )
  })
}
