/**
 * OffsetFetch (key 9) tells how far groups have read.
 * v2 null topics = all, top-level error. v5 leader epochs (KIP-320). v6 flexible. v7 only what no transaction can change (KIP-447).
 * v8 several groups (KIP-709). v9 members of the consumer protocol (KIP-848). v10 topic ids.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'OffsetFetchRequest',
  versions: '1-10',
  flexible: '6+',
  fields: {
    groupId: { string: '0-7' },
    topics: {
      array: '0-7', nullable: '2-7',
      of: {
        name: { string: '0-7' },
        partitionIndexes: { array: '0-7', of: 'int32' },
      },
    },
    groups: {
      array: '8+',
      of: {
        groupId: { string: '8+' },
        memberId: { string: '9+', nullable: '9+', default: null, ignorable: true },
        memberEpoch: { int32: '9+', default: -1, ignorable: true },
        topics: {
          array: '8+', nullable: '8+',
          of: {
            name: { string: '8-9', ignorable: true },
            topicId: { uuid: '10+', ignorable: true },
            partitionIndexes: { array: '8+', of: 'int32' },
          },
        },
      },
    },
    requireStable: { bool: '7+', default: false },
  },
} as const

const response = {
  name: 'OffsetFetchResponse',
  versions: '1-10',
  flexible: '6+',
  fields: {
    throttleTimeMs: { int32: '3+', default: 0, ignorable: true },
    topics: {
      array: '0-7',
      of: {
        name: { string: '0-7' },
        partitions: {
          array: '0-7',
          of: {
            partitionIndex: { int32: '0-7' },
            committedOffset: { int64: '0-7' },
            committedLeaderEpoch: { int32: '5-7', default: -1, ignorable: true },
            metadata: { string: '0-7', nullable: '0-7' },
            errorCode: { int16: '0-7' },
          },
        },
      },
    },
    errorCode: { int16: '2-7', default: 0, ignorable: true },
    groups: {
      array: '8+',
      of: {
        groupId: { string: '8+' },
        topics: {
          array: '8+',
          of: {
            name: { string: '8-9', ignorable: true },
            topicId: { uuid: '10+', ignorable: true },
            partitions: {
              array: '8+',
              of: {
                partitionIndex: { int32: '8+' },
                committedOffset: { int64: '8+' },
                committedLeaderEpoch: { int32: '8+', default: -1, ignorable: true },
                metadata: { string: '8+', nullable: '8+' },
                errorCode: { int16: '8+' },
              },
            },
          },
        },
        errorCode: { int16: '8+', default: 0 },
      },
    },
  },
} as const

export const offsetFetch: Api<typeof request, typeof response> = api({
  key: 9,
  listeners: ['broker'],
  request,
  response,
})

export type OffsetFetchRequest = Decoded<typeof request>
export type OffsetFetchRequestInput = Encodable<typeof request>
export type OffsetFetchResponse = Decoded<typeof response>
export type OffsetFetchResponseInput = Encodable<typeof response>
