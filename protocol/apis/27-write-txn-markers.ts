/**
 * WriteTxnMarkers (key 27): a transaction coordinator, or an administrator, ends transactions on the partitions of one leader.
 * v1 flexible. v2 the transaction version, which says how new the epoch must be (KIP-1228).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'WriteTxnMarkersRequest',
  versions: '1-2',
  flexible: '1+',
  fields: {
    markers: {
      array: '0+',
      of: {
        producerId: { int64: '0+' },
        producerEpoch: { int16: '0+' },
        /** True: commit. */
        transactionResult: { bool: '0+' },
        topics: {
          array: '0+',
          of: {
            name: { string: '0+' },
            partitionIndexes: { array: '0+', of: 'int32' },
          },
        },
        coordinatorEpoch: { int32: '0+' },
        transactionVersion: { int8: '2+', default: 0, ignorable: true },
      },
    },
  },
} as const

const response = {
  name: 'WriteTxnMarkersResponse',
  versions: '1-2',
  flexible: '1+',
  fields: {
    markers: {
      array: '0+',
      of: {
        producerId: { int64: '0+' },
        topics: {
          array: '0+',
          of: {
            name: { string: '0+' },
            partitions: {
              array: '0+',
              of: {
                partitionIndex: { int32: '0+' },
                errorCode: { int16: '0+' },
              },
            },
          },
        },
      },
    },
  },
} as const

export const writeTxnMarkers: Api<typeof request, typeof response> = api({
  key: 27,
  listeners: ['broker'],
  request,
  response,
})

export type WriteTxnMarkersRequest = Decoded<typeof request>
export type WriteTxnMarkersRequestInput = Encodable<typeof request>
export type WriteTxnMarkersResponse = Decoded<typeof response>
export type WriteTxnMarkersResponseInput = Encodable<typeof response>
