/**
 * EndQuorumEpoch (key 54): a resigning quorum leader names its preferred successors (KIP-595).
 * v1 flexible, directory ids and endpoints (KIP-853).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'EndQuorumEpochRequest',
  versions: '0-1',
  flexible: '1+',
  fields: {
    clusterId: { string: '0+', nullable: '0+', default: null },
    topics: {
      array: '0+',
      of: {
        topicName: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            leaderId: { int32: '0+' },
            leaderEpoch: { int32: '0+' },
            preferredSuccessors: { array: '0', ignorable: true, of: 'int32' },
            preferredCandidates: {
              array: '1+', ignorable: true,
              of: {
                candidateId: { int32: '0+' },
                candidateDirectoryId: { uuid: '0+' },
              },
            },
          },
        },
      },
    },
    leaderEndpoints: {
      array: '1+', ignorable: true,
      of: {
        name: { string: '0+' },
        host: { string: '0+' },
        port: { uint16: '0+' },
      },
    },
  },
} as const

const response = {
  name: 'EndQuorumEpochResponse',
  versions: '0-1',
  flexible: '1+',
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

export const endQuorumEpoch: Api<typeof request, typeof response> = api({
  key: 54,
  listeners: ['controller'],
  request,
  response,
})

export type EndQuorumEpochRequest = Decoded<typeof request>
export type EndQuorumEpochRequestInput = Encodable<typeof request>
export type EndQuorumEpochResponse = Decoded<typeof response>
export type EndQuorumEpochResponseInput = Encodable<typeof response>
