/**
 * DescribeTopicPartitions (key 75) describes topics page by page, with the replicas that may lead beside the in-sync ones
 * (KIP-966). An answer that is cut at the partition limit says by its cursor where to go on.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DescribeTopicPartitionsRequest',
  versions: '0',
  flexible: '0+',
  fields: {
    topics: {
      array: '0+',
      of: { name: { string: '0+' } },
    },
    responsePartitionLimit: { int32: '0+', default: 2000 },
    cursor: {
      struct: '0+', nullable: '0+', default: null,
      fields: {
        topicName: { string: '0+' },
        partitionIndex: { int32: '0+' },
      },
    },
  },
} as const

const response = {
  name: 'DescribeTopicPartitionsResponse',
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
    topics: {
      array: '0+',
      of: {
        errorCode: { int16: '0+' },
        name: { string: '0+', nullable: '0+' },
        topicId: { uuid: '0+', ignorable: true },
        isInternal: { bool: '0+', default: false, ignorable: true },
        partitions: {
          array: '0+',
          of: {
            errorCode: { int16: '0+' },
            partitionIndex: { int32: '0+' },
            leaderId: { int32: '0+' },
            leaderEpoch: { int32: '0+', default: -1, ignorable: true },
            replicaNodes: { array: '0+', of: 'int32' },
            isrNodes: { array: '0+', of: 'int32' },
            eligibleLeaderReplicas: { array: '0+', nullable: '0+', default: null, of: 'int32' },
            lastKnownElr: { array: '0+', nullable: '0+', default: null, of: 'int32' },
            offlineReplicas: { array: '0+', ignorable: true, of: 'int32' },
          },
        },
        topicAuthorizedOperations: { int32: '0+', default: -2147483648 },
      },
    },
    nextCursor: {
      struct: '0+', nullable: '0+', default: null,
      fields: {
        topicName: { string: '0+' },
        partitionIndex: { int32: '0+' },
      },
    },
  },
} as const

export const describeTopicPartitions: Api<typeof request, typeof response> = api({
  key: 75,
  listeners: ['broker'],
  request,
  response,
})

export type DescribeTopicPartitionsRequest = Decoded<typeof request>
export type DescribeTopicPartitionsRequestInput = Encodable<typeof request>
export type DescribeTopicPartitionsResponse = Decoded<typeof response>
export type DescribeTopicPartitionsResponseInput = Encodable<typeof response>
