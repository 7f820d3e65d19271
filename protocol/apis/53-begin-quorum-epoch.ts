/**
 * BeginQuorumEpoch (key 53): a new quorum leader tells the voters its epoch (KIP-595).
 * v1 flexible, directory ids and endpoints (KIP-853).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'BeginQuorumEpochRequest',
  versions: '0-1',
  flexible: '1+',
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
            voterDirectoryId: { uuid: '1+', ignorable: true },
            leaderId: { int32: '0+' },
            leaderEpoch: { int32: '0+' },
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
  name: 'BeginQuorumEpochResponse',
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

export const beginQuorumEpoch: Api<typeof request, typeof response> = api({
  key: 53,
  listeners: ['controller'],
  request,
  response,
})

export type BeginQuorumEpochRequest = Decoded<typeof request>
export type BeginQuorumEpochRequestInput = Encodable<typeof request>
export type BeginQuorumEpochResponse = Decoded<typeof response>
export type BeginQuorumEpochResponseInput = Encodable<typeof response>
