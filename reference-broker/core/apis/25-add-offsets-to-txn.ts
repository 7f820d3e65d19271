/**
 * AddOffsetsToTxn v0-4: puts the partition of `__consumer_offsets` that holds a group into a transaction, so that the offsets
 * committed there in its name end with it.
 * Version notes: v2 PRODUCER_FENCED.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import { offsetsTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { addPartitions } from '../transactions/add-partitions.ts'
import { fencedFor } from './transaction-errors.ts'

const fencedSinceVersion = 2

export function addOffsetsToTxnHandler(node: BrokerNode): Handler {
  return handler(apis.AddOffsetsToTxn, ({ apiVersion }, request, respond) => {
    const give = (error: ErrorName): void => respond({ errorCode: errorCode[fencedFor(error, apiVersion >= fencedSinceVersion)] })
    const { transactionalId, producerEpoch } = request
    if (transactionalId === '') return give('INVALID_REQUEST')
    const index = node.groups.partitionOf(request.groupId)
    if (index === undefined) {
      node.internalTopics.create(offsetsTopic)
      return give('COORDINATOR_NOT_AVAILABLE')
    }
    const asked = {
      producerId: toNumber(request.producerId),
      producerEpoch,
      partitions: new Map([[offsetsTopic, [index]]]),
      transactionVersion: 0,
      nowMs: node.loop.ports.clock.wallNow(),
    }
    return node.transactions.decide(transactionalId, (known) => addPartitions(known, asked, node.decisions), give)
  })
}
