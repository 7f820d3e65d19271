/**
 * Metadata (key 3) lists brokers, topics and partition leaders.
 * v0 takes an empty list for all topics; from v1 null means all and empty none. v4 auto-creation can be refused.
 * v7 leader epochs (KIP-320). v8 authorized operations (KIP-430). v9 flexible. v10 topic ids in the answer, v12 in the
 * request (KIP-516). v13 top-level error (KIP-1102).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'MetadataRequest',
  versions: '0-13',
  flexible: '9+',
  fields: {
    topics: {
      array: '0+', nullable: '1+',
      of: {
        topicId: { uuid: '10+', ignorable: true },
        name: { string: '0+', nullable: '10+' },
      },
    },
    allowAutoTopicCreation: { bool: '4+', default: true },
    includeClusterAuthorizedOperations: { bool: '8-10' },
    includeTopicAuthorizedOperations: { bool: '8+' },
  },
} as const

const response = {
  name: 'MetadataResponse',
  versions: '0-13',
  flexible: '9+',
  fields: {
    throttleTimeMs: { int32: '3+', default: 0, ignorable: true },
    brokers: {
      array: '0+',
      of: {
        nodeId: { int32: '0+' },
        host: { string: '0+' },
        port: { int32: '0+' },
        rack: { string: '1+', nullable: '1+', default: null, ignorable: true },
      },
    },
    clusterId: { string: '2+', nullable: '2+', default: null, ignorable: true },
    controllerId: { int32: '1+', default: -1, ignorable: true },
    topics: {
      array: '0+',
      of: {
        errorCode: { int16: '0+' },
        name: { string: '0+', nullable: '12+' },
        topicId: { uuid: '10+', ignorable: true },
        isInternal: { bool: '1+', default: false, ignorable: true },
        partitions: {
          array: '0+',
          of: {
            errorCode: { int16: '0+' },
            partitionIndex: { int32: '0+' },
            leaderId: { int32: '0+' },
            leaderEpoch: { int32: '7+', default: -1, ignorable: true },
            replicaNodes: { array: '0+', of: 'int32' },
            isrNodes: { array: '0+', of: 'int32' },
            offlineReplicas: { array: '5+', ignorable: true, of: 'int32' },
          },
        },
        topicAuthorizedOperations: { int32: '8+', default: -2147483648 },
      },
    },
    clusterAuthorizedOperations: { int32: '8-10', default: -2147483648 },
    errorCode: { int16: '13+', ignorable: true },
  },
} as const

export const metadata: Api<typeof request, typeof response> = api({
  key: 3,
  listeners: ['broker'],
  request,
  response,
})

export type MetadataRequest = Decoded<typeof request>
export type MetadataRequestInput = Encodable<typeof request>
export type MetadataResponse = Decoded<typeof response>
export type MetadataResponseInput = Encodable<typeof response>
