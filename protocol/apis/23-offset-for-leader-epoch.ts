/**
 * OffsetForLeaderEpoch (key 23) tells where a leader epoch ends, so that a reader can find where its log diverged (KIP-320).
 * v3 replica id. v4 flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'OffsetForLeaderEpochRequest',
  versions: '2-4',
  flexible: '4+',
  fields: {
    replicaId: { int32: '3+', default: -2, ignorable: true },
    topics: {
      array: '0+',
      of: {
        topic: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partition: { int32: '0+' },
            currentLeaderEpoch: { int32: '0+', default: -1, ignorable: true },
            leaderEpoch: { int32: '0+' },
          },
        },
      },
    },
  },
} as const

const response = {
  name: 'OffsetForLeaderEpochResponse',
  versions: '2-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
    topics: {
      array: '0+',
      of: {
        topic: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            errorCode: { int16: '0+' },
            partition: { int32: '0+' },
            leaderEpoch: { int32: '0+', default: -1, ignorable: true },
            endOffset: { int64: '0+', default: -1n },
          },
        },
      },
    },
  },
} as const

export const offsetForLeaderEpoch: Api<typeof request, typeof response> = api({
  key: 23,
  listeners: ['broker'],
  request,
  response,
})

export type OffsetForLeaderEpochRequest = Decoded<typeof request>
export type OffsetForLeaderEpochRequestInput = Encodable<typeof request>
export type OffsetForLeaderEpochResponse = Decoded<typeof response>
export type OffsetForLeaderEpochResponseInput = Encodable<typeof response>
