/**
 * DescribeProducers (key 61): what partitions remember of their producers, open transactions among it (KIP-664).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DescribeProducersRequest',
  versions: '0',
  flexible: '0+',
  fields: {
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitionIndexes: { array: '0+', of: 'int32' },
      },
    },
  },
} as const

const response = {
  name: 'DescribeProducersResponse',
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            errorCode: { int16: '0+' },
            errorMessage: { string: '0+', nullable: '0+', default: null },
            activeProducers: {
              array: '0+',
              of: {
                producerId: { int64: '0+' },
                producerEpoch: { int32: '0+' },
                lastSequence: { int32: '0+', default: -1 },
                lastTimestamp: { int64: '0+', default: -1n },
                coordinatorEpoch: { int32: '0+' },
                currentTxnStartOffset: { int64: '0+', default: -1n },
              },
            },
          },
        },
      },
    },
  },
} as const

export const describeProducers: Api<typeof request, typeof response> = api({
  key: 61,
  listeners: ['broker'],
  request,
  response,
})

export type DescribeProducersRequest = Decoded<typeof request>
export type DescribeProducersRequestInput = Encodable<typeof request>
export type DescribeProducersResponse = Decoded<typeof response>
export type DescribeProducersResponseInput = Encodable<typeof response>
