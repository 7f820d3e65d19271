/**
 * ConsumerGroupDescribe (key 69) describes groups of the consumer protocol (KIP-848).
 * v1 member types (KIP-1099).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ConsumerGroupDescribeRequest',
  versions: '0-1',
  flexible: '0+',
  fields: {
    groupIds: { array: '0+', of: 'string' },
    includeAuthorizedOperations: { bool: '0+' },
  },
} as const

const response = {
  name: 'ConsumerGroupDescribeResponse',
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    groups: {
      array: '0+',
      of: {
        errorCode: { int16: '0+' },
        errorMessage: { string: '0+', nullable: '0+', default: null },
        groupId: { string: '0+' },
        groupState: { string: '0+' },
        groupEpoch: { int32: '0+' },
        assignmentEpoch: { int32: '0+' },
        assignorName: { string: '0+' },
        members: {
          array: '0+',
          of: {
            memberId: { string: '0+' },
            instanceId: { string: '0+', nullable: '0+', default: null },
            rackId: { string: '0+', nullable: '0+', default: null },
            memberEpoch: { int32: '0+' },
            clientId: { string: '0+' },
            clientHost: { string: '0+' },
            subscribedTopicNames: { array: '0+', of: 'string' },
            subscribedTopicRegex: { string: '0+', nullable: '0+', default: null },
            assignment: {
              struct: '0+',
              fields: {
                topicPartitions: {
                  array: '0+',
                  of: {
                    topicId: { uuid: '0+' },
                    topicName: { string: '0+' },
                    partitions: { array: '0+', of: 'int32' },
                  },
                },
              },
            },
            targetAssignment: {
              struct: '0+',
              fields: {
                topicPartitions: {
                  array: '0+',
                  of: {
                    topicId: { uuid: '0+' },
                    topicName: { string: '0+' },
                    partitions: { array: '0+', of: 'int32' },
                  },
                },
              },
            },
            memberType: { int8: '1+', default: -1, ignorable: true },
          },
        },
        authorizedOperations: { int32: '0+', default: -2147483648 },
      },
    },
  },
} as const

export const consumerGroupDescribe: Api<typeof request, typeof response> = api({
  key: 69,
  listeners: ['broker'],
  request,
  response,
})

export type ConsumerGroupDescribeRequest = Decoded<typeof request>
export type ConsumerGroupDescribeRequestInput = Encodable<typeof request>
export type ConsumerGroupDescribeResponse = Decoded<typeof response>
export type ConsumerGroupDescribeResponseInput = Encodable<typeof response>
