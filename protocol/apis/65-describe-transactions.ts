/**
 * DescribeTransactions (key 65): what a coordinator knows of transactions (KIP-664).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DescribeTransactionsRequest',
  versions: '0',
  flexible: '0+',
  fields: {
    transactionalIds: { array: '0+', of: 'string' },
  },
} as const

const response = {
  name: 'DescribeTransactionsResponse',
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    transactionStates: {
      array: '0+',
      of: {
        errorCode: { int16: '0+' },
        transactionalId: { string: '0+' },
        transactionState: { string: '0+' },
        transactionTimeoutMs: { int32: '0+' },
        transactionStartTimeMs: { int64: '0+' },
        producerId: { int64: '0+' },
        producerEpoch: { int16: '0+' },
        topics: {
          array: '0+',
          of: {
            topic: { string: '0+' },
            partitions: { array: '0+', of: 'int32' },
          },
        },
      },
    },
  },
} as const

export const describeTransactions: Api<typeof request, typeof response> = api({
  key: 65,
  listeners: ['broker'],
  request,
  response,
})

export type DescribeTransactionsRequest = Decoded<typeof request>
export type DescribeTransactionsRequestInput = Encodable<typeof request>
export type DescribeTransactionsResponse = Decoded<typeof response>
export type DescribeTransactionsResponseInput = Encodable<typeof response>
