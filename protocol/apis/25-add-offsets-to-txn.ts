/**
 * AddOffsetsToTxn (key 25): a producer says that its transaction will commit offsets of a group.
 * v2 PRODUCER_FENCED. v3 flexible. v4 TRANSACTION_ABORTABLE (KIP-890).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'AddOffsetsToTxnRequest',
  versions: '0-4',
  flexible: '3+',
  fields: {
    transactionalId: { string: '0+' },
    producerId: { int64: '0+' },
    producerEpoch: { int16: '0+' },
    groupId: { string: '0+' },
  },
} as const

const response = {
  name: 'AddOffsetsToTxnResponse',
  versions: '0-4',
  flexible: '3+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
  },
} as const

export const addOffsetsToTxn: Api<typeof request, typeof response> = api({
  key: 25,
  listeners: ['broker'],
  request,
  response,
})

export type AddOffsetsToTxnRequest = Decoded<typeof request>
export type AddOffsetsToTxnRequestInput = Encodable<typeof request>
export type AddOffsetsToTxnResponse = Decoded<typeof response>
export type AddOffsetsToTxnResponseInput = Encodable<typeof response>
