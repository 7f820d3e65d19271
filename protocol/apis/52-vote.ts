/**
 * Vote (key 52) asks for a vote in the quorum of the metadata log (KIP-595).
 * v1 directory ids and endpoints (KIP-853). v2 pre-vote (KIP-996).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'VoteRequest',
  versions: '0-2',
  flexible: '0+',
  fields: {
    clusterId: { string: '0+', nullable: '0+', default: null },
    voterId: { int32: '1+', default: -1, ignorable: true },
    topics: {
      array: '0+',
      of: {
        topicName: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            replicaEpoch: { int32: '0+' },
            replicaId: { int32: '0+' },
            replicaDirectoryId: { uuid: '1+', ignorable: true },
            voterDirectoryId: { uuid: '1+', ignorable: true },
            lastOffsetEpoch: { int32: '0+' },
            lastOffset: { int64: '0+' },
            preVote: { bool: '2+' },
          },
        },
      },
    },
  },
} as const

const response = {
  name: 'VoteResponse',
  versions: '0-2',
  flexible: '0+',
  fields: {
    errorCode: { int16: '0+' },
    topics: {
      array: '0+',
      of: {
        topicName: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            errorCode: { int16: '0+' },
            leaderId: { int32: '0+' },
            leaderEpoch: { int32: '0+' },
            voteGranted: { bool: '0+' },
          },
        },
      },
    },
    nodeEndpoints: {
      array: '1+', tag: 0,
      of: {
        nodeId: { int32: '0+' },
        host: { string: '0+' },
        port: { uint16: '0+' },
      },
    },
  },
} as const

export const vote: Api<typeof request, typeof response> = api({
  key: 52,
  listeners: ['controller'],
  request,
  response,
})

export type VoteRequest = Decoded<typeof request>
export type VoteRequestInput = Encodable<typeof request>
export type VoteResponse = Decoded<typeof response>
export type VoteResponseInput = Encodable<typeof response>
