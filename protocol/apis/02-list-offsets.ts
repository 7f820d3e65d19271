/**
 * ListOffsets (key 2) finds offsets by timestamp or by name: -1 latest, -2 earliest, -3 offset of the largest timestamp.
 * v2 isolation level. v4 leader epochs (KIP-320). v6 flexible. v7 -3 (KIP-734). v8 -4 and v9 -5 (KIP-405, KIP-1005).
 * v10 timeout (KIP-1075). v11 -6.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ListOffsetsRequest',
  versions: '1-11',
  flexible: '6+',
  fields: {
    replicaId: { int32: '0+' },
    isolationLevel: { int8: '2+' },
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            currentLeaderEpoch: { int32: '4+', default: -1, ignorable: true },
            timestamp: { int64: '0+' },
          },
        },
      },
    },
    timeoutMs: { int32: '10+', ignorable: true },
  },
} as const

const response = {
  name: 'ListOffsetsResponse',
  versions: '1-11',
  flexible: '6+',
  fields: {
    throttleTimeMs: { int32: '2+', default: 0, ignorable: true },
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            errorCode: { int16: '0+' },
            timestamp: { int64: '0+', default: -1n },
            offset: { int64: '0+', default: -1n },
            leaderEpoch: { int32: '4+', default: -1 },
          },
        },
      },
    },
  },
} as const

export const listOffsets: Api<typeof request, typeof response> = api({
  key: 2,
  listeners: ['broker'],
  request,
  response,
})

export type ListOffsetsRequest = Decoded<typeof request>
export type ListOffsetsRequestInput = Encodable<typeof request>
export type ListOffsetsResponse = Decoded<typeof response>
export type ListOffsetsResponseInput = Encodable<typeof response>
