/**
 * TxnOffsetCommit (key 28): offsets of a group that count when the transaction does.
 * v2 leader epochs. v3 flexible, member id and generation. v5 makes the group's partition part of the transaction by itself
 * (KIP-890). v6, with topic ids, is newer than what is served.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'TxnOffsetCommitRequest',
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactionalId: { string: '0+' },
    groupId: { string: '0+' },
    producerId: { int64: '0+' },
    producerEpoch: { int16: '0+' },
    generationIdOrMemberEpoch: { int32: '3+', default: -1 },
    memberId: { string: '3+', default: '' },
    groupInstanceId: { string: '3+', nullable: '3+', default: null },
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            committedOffset: { int64: '0+' },
            committedLeaderEpoch: { int32: '2+', default: -1, ignorable: true },
            committedMetadata: { string: '0+', nullable: '0+' },
          },
        },
      },
    },
  },
} as const

const response = {
  name: 'TxnOffsetCommitResponse',
  versions: '0-5',
  flexible: '3+',
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
          },
        },
      },
    },
  },
} as const

export const txnOffsetCommit: Api<typeof request, typeof response> = api({
  key: 28,
  listeners: ['broker'],
  request,
  response,
})

export type TxnOffsetCommitRequest = Decoded<typeof request>
export type TxnOffsetCommitRequestInput = Encodable<typeof request>
export type TxnOffsetCommitResponse = Decoded<typeof response>
export type TxnOffsetCommitResponseInput = Encodable<typeof response>
