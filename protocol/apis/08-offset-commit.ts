/**
 * OffsetCommit (key 8) stores how far a group has read.
 * v2 the first left. v5 without a retention of its own. v6 leader epochs (KIP-320). v7 static members (KIP-345). v8 flexible.
 * v9 members of the consumer protocol (KIP-848). v10 topic ids.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'OffsetCommitRequest',
  versions: '2-10',
  flexible: '8+',
  fields: {
    groupId: { string: '0+' },
    generationIdOrMemberEpoch: { int32: '1+', default: -1, ignorable: true },
    memberId: { string: '1+', ignorable: true },
    groupInstanceId: { string: '7+', nullable: '7+', default: null },
    retentionTimeMs: { int64: '2-4', default: -1n, ignorable: true },
    topics: {
      array: '0+',
      of: {
        name: { string: '0-9', ignorable: true },
        topicId: { uuid: '10+', ignorable: true },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            committedOffset: { int64: '0+' },
            committedLeaderEpoch: { int32: '6+', default: -1, ignorable: true },
            committedMetadata: { string: '0+', nullable: '0+' },
          },
        },
      },
    },
  },
} as const

const response = {
  name: 'OffsetCommitResponse',
  versions: '2-10',
  flexible: '8+',
  fields: {
    throttleTimeMs: { int32: '3+', default: 0, ignorable: true },
    topics: {
      array: '0+',
      of: {
        name: { string: '0-9', ignorable: true },
        topicId: { uuid: '10+', ignorable: true },
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

export const offsetCommit: Api<typeof request, typeof response> = api({
  key: 8,
  listeners: ['broker'],
  request,
  response,
})

export type OffsetCommitRequest = Decoded<typeof request>
export type OffsetCommitRequestInput = Encodable<typeof request>
export type OffsetCommitResponse = Decoded<typeof response>
export type OffsetCommitResponseInput = Encodable<typeof response>
