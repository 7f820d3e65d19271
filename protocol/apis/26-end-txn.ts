/**
 * EndTxn (key 26): commits or aborts a transaction.
 * v2 PRODUCER_FENCED. v3 flexible. v4 TRANSACTION_ABORTABLE. v5 tells the id and epoch of the next transaction (KIP-890).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'EndTxnRequest',
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactionalId: { string: '0+' },
    producerId: { int64: '0+' },
    producerEpoch: { int16: '0+' },
    committed: { bool: '0+' },
  },
} as const

const response = {
  name: 'EndTxnResponse',
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    producerId: { int64: '5+', default: -1n, ignorable: true },
    producerEpoch: { int16: '5+', default: -1, ignorable: true },
  },
} as const

export const endTxn: Api<typeof request, typeof response> = api({
  key: 26,
  listeners: ['broker'],
  request,
  response,
})

export type EndTxnRequest = Decoded<typeof request>
export type EndTxnRequestInput = Encodable<typeof request>
export type EndTxnResponse = Decoded<typeof response>
export type EndTxnResponseInput = Encodable<typeof response>
