/**
 * DescribeQuorum (key 55) shows the quorum: leader, epoch, and how far each replica has fetched (KIP-595).
 * v1 fetch timestamps (KIP-836). v2 directory ids, error messages and nodes (KIP-853).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DescribeQuorumRequest',
  versions: '0-2',
  flexible: '0+',
  fields: {
    topics: {
      array: '0+',
      of: {
        topicName: { string: '0+' },
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
  name: 'DescribeQuorumResponse',
  versions: '0-2',
  flexible: '0+',
  fields: {
    errorCode: { int16: '0+' },
    errorMessage: { string: '2+', nullable: '2+', ignorable: true },
    topics: {
      array: '0+',
      of: {
        topicName: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            errorCode: { int16: '0+' },
            errorMessage: { string: '2+', nullable: '2+', ignorable: true },
            leaderId: { int32: '0+' },
            leaderEpoch: { int32: '0+' },
            highWatermark: { int64: '0+' },
            currentVoters: {
              array: '0+',
              of: {
                replicaId: { int32: '0+' },
                replicaDirectoryId: { uuid: '2+' },
                logEndOffset: { int64: '0+' },
                lastFetchTimestamp: { int64: '1+', default: -1n, ignorable: true },
                lastCaughtUpTimestamp: { int64: '1+', default: -1n, ignorable: true },
              },
            },
            observers: {
              array: '0+',
              of: {
                replicaId: { int32: '0+' },
                replicaDirectoryId: { uuid: '2+' },
                logEndOffset: { int64: '0+' },
                lastFetchTimestamp: { int64: '1+', default: -1n, ignorable: true },
                lastCaughtUpTimestamp: { int64: '1+', default: -1n, ignorable: true },
              },
            },
          },
        },
      },
    },
    nodes: {
      array: '2+',
      of: {
        nodeId: { int32: '0+' },
        listeners: {
          array: '0+',
          of: {
            name: { string: '0+' },
            host: { string: '0+' },
            port: { uint16: '0+' },
          },
        },
      },
    },
  },
} as const

export const describeQuorum: Api<typeof request, typeof response> = api({
  key: 55,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type DescribeQuorumRequest = Decoded<typeof request>
export type DescribeQuorumRequestInput = Encodable<typeof request>
export type DescribeQuorumResponse = Decoded<typeof response>
export type DescribeQuorumResponseInput = Encodable<typeof response>
