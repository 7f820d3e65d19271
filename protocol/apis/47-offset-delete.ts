/**
 * OffsetDelete (key 47) forgets offsets of a group for topics it does not read (KIP-496).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'OffsetDeleteRequest',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: { string: '0+' },
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
          },
        },
      },
    },
  },
} as const

const response = {
  name: 'OffsetDeleteResponse',
  versions: '0',
  flexible: 'none',
  fields: {
    errorCode: { int16: '0+' },
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
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
} as const

export const offsetDelete: Api<typeof request, typeof response> = api({
  key: 47,
  listeners: ['broker'],
  request,
  response,
})

export type OffsetDeleteRequest = Decoded<typeof request>
export type OffsetDeleteRequestInput = Encodable<typeof request>
export type OffsetDeleteResponse = Decoded<typeof response>
export type OffsetDeleteResponseInput = Encodable<typeof response>
