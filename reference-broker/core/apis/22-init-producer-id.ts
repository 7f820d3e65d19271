/**
 * InitProducerId v0-5 without a transactional id: a fresh producer id, epoch 0, whatever was sent in. Transactional ids
 * have no coordinator here (FindCoordinator is not served), so asking for one is answered COORDINATOR_NOT_AVAILABLE.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

export function initProducerIdHandler(node: BrokerNode): Handler {
  return handler(apis.InitProducerId, (_context, request, respond) => {
    const refuse = (error: ErrorName): void => respond({ errorCode: errorCode[error], producerId: -1n, producerEpoch: -1 })
    if (request.transactionalId === '') return refuse('INVALID_REQUEST')
    if ((request.producerId === -1n) !== (request.producerEpoch === -1)) return refuse('INVALID_REQUEST')
    if (request.transactionalId !== null) return refuse('COORDINATOR_NOT_AVAILABLE')
    return node.producerIds.take((producerId) => {
      if (producerId === undefined) refuse('COORDINATOR_LOAD_IN_PROGRESS')
      else respond({ errorCode: errorCode.NONE, producerId: toBigInt(producerId), producerEpoch: 0 })
    })
  })
}
