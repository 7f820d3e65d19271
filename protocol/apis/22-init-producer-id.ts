/**
 * InitProducerId (key 22) hands out a producer id, or the next epoch of a transactional id.
 * v2 flexible. v3 the producer's own id and epoch (KIP-360). v4 PRODUCER_FENCED. v5 TRANSACTION_ABORTABLE (KIP-890).
 * v6 (KIP-939) is unstable in Kafka and not served.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'InitProducerIdRequest',
  versions: '0-5',
  flexible: '2+',
  fields: {
    transactionalId: { string: '0+', nullable: '0+' },
    transactionTimeoutMs: { int32: '0+' },
    producerId: { int64: '3+', default: -1n },
    producerEpoch: { int16: '3+', default: -1 },
  },
} as const

const response = {
  name: 'InitProducerIdResponse',
  versions: '0-5',
  flexible: '2+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
    errorCode: { int16: '0+' },
    producerId: { int64: '0+', default: -1n },
    producerEpoch: { int16: '0+' },
  },
} as const

export const initProducerId: Api<typeof request, typeof response> = api({
  key: 22,
  listeners: ['broker'],
  request,
  response,
})

export type InitProducerIdRequest = Decoded<typeof request>
export type InitProducerIdRequestInput = Encodable<typeof request>
export type InitProducerIdResponse = Decoded<typeof response>
export type InitProducerIdResponseInput = Encodable<typeof response>
