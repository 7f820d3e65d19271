/**
 * InitProducerId v0-5. Without a transactional id: a fresh producer id, epoch 0, from any broker, whatever was sent in. With
 * one, the coordinator decides (transactions/init-producer-id.ts).
 * Version notes: v3 the producer's own id and epoch (KIP-360); v4 PRODUCER_FENCED, INVALID_PRODUCER_EPOCH before.
 */
import { apis } from '../../../protocol/apis.ts'
import type { InitProducerIdRequest } from '../../../protocol/apis/22-init-producer-id.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { initProducerId } from '../transactions/init-producer-id.ts'
import { fencedFor } from './transaction-errors.ts'

const fencedSinceVersion = 4

type Give = (error: ErrorName, producerId: number, producerEpoch: number) => void

export function initProducerIdHandler(node: BrokerNode): Handler {
  return handler(apis.InitProducerId, ({ apiVersion }, request, respond) => {
    const give: Give = (error, producerId, producerEpoch) => {
      const told = fencedFor(error, apiVersion >= fencedSinceVersion)
      respond({ errorCode: errorCode[told], producerId: toBigInt(producerId), producerEpoch })
    }
    const error = requestError(node, request)
    if (error !== 'NONE') return give(error, -1, -1)
    if (request.transactionalId !== null) return decide(node, { ...request, transactionalId: request.transactionalId }, give)
    return node.producerIds.take((producerId) => {
      if (producerId === undefined) give('COORDINATOR_LOAD_IN_PROGRESS', -1, -1)
      else give('NONE', producerId, 0)
    })
  })
}

function requestError(node: BrokerNode, request: InitProducerIdRequest): ErrorName {
  if (request.transactionalId === '') return 'INVALID_REQUEST'
  if ((request.producerId === -1n) !== (request.producerEpoch === -1)) return 'INVALID_REQUEST'
  if (request.transactionalId !== null && (request.producerId < -1n || request.producerEpoch < -1)) return 'INVALID_REQUEST'
  const { transactionTimeoutMs: timeoutMs } = request
  const isAllowed = request.transactionalId === null || (timeoutMs > 0 && timeoutMs <= node.config.transactionMaxTimeoutMs)
  return isAllowed ? 'NONE' : 'INVALID_TRANSACTION_TIMEOUT'
}

function decide(node: BrokerNode, request: InitProducerIdRequest & { transactionalId: string }, give: Give): void {
  const { transactionalId, transactionTimeoutMs: timeoutMs, producerEpoch } = request
  const producerId = toNumber(request.producerId)
  const nowMs = node.loop.ports.clock.wallNow()
  node.transactions.decide(
    transactionalId,
    (known, freshProducerId) =>
      initProducerId(known, { transactionalId, timeoutMs, producerId, producerEpoch, nowMs, freshProducerId }, node.decisions),
    (error, transaction) => {
      if (error !== 'NONE' || transaction === undefined) give(error, -1, -1)
      else give('NONE', transaction.producerId, transaction.producerEpoch)
    },
  )
}
