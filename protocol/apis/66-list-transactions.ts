/**
 * ListTransactions (key 66): the transactions of a coordinator (KIP-664).
 * v1 by duration (KIP-994). v2 by a pattern of transactional ids (KIP-1152).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ListTransactionsRequest',
  versions: '0-2',
  flexible: '0+',
  fields: {
    stateFilters: { array: '0+', of: 'string' },
    producerIdFilters: { array: '0+', of: 'int64' },
    durationFilter: { int64: '1+', default: -1n },
    transactionalIdPattern: { string: '2+', nullable: '2+', default: null },
  },
} as const

const response = {
  name: 'ListTransactionsResponse',
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    unknownStateFilters: { array: '0+', of: 'string' },
    transactionStates: {
      array: '0+',
      of: {
        transactionalId: { string: '0+' },
        producerId: { int64: '0+' },
        transactionState: { string: '0+' },
      },
    },
  },
} as const

export const listTransactions: Api<typeof request, typeof response> = api({
  key: 66,
  listeners: ['broker'],
  request,
  response,
})

export type ListTransactionsRequest = Decoded<typeof request>
export type ListTransactionsRequestInput = Encodable<typeof request>
export type ListTransactionsResponse = Decoded<typeof response>
export type ListTransactionsResponseInput = Encodable<typeof response>
