/**
 * DeleteRecords (key 21) moves the start of partitions forward: everything below the given offsets is gone (KIP-107).
 * v2 flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DeleteRecordsRequest',
  versions: '0-2',
  flexible: '2+',
  fields: {
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            offset: { int64: '0+' },
          },
        },
      },
    },
    timeoutMs: { int32: '0+' },
  },
} as const

const response = {
  name: 'DeleteRecordsResponse',
  versions: '0-2',
  flexible: '2+',
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
            lowWatermark: { int64: '0+' },
            errorCode: { int16: '0+' },
          },
        },
      },
    },
  },
} as const

export const deleteRecords: Api<typeof request, typeof response> = api({
  key: 21,
  listeners: ['broker'],
  request,
  response,
})

export type DeleteRecordsRequest = Decoded<typeof request>
export type DeleteRecordsRequestInput = Encodable<typeof request>
export type DeleteRecordsResponse = Decoded<typeof response>
export type DeleteRecordsResponseInput = Encodable<typeof response>
