/**
 * ConsumerGroupHeartbeat (key 68) is the whole of the consumer group protocol (KIP-848): a member joins, tells what it owns, is told
 * what it may own, and leaves.
 * v1 regular expressions, and member ids made by the client (KIP-1082).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ConsumerGroupHeartbeatRequest',
  versions: '0-1',
  flexible: '0+',
  fields: {
    groupId: { string: '0+' },
    memberId: { string: '0+' },
    memberEpoch: { int32: '0+' },
    instanceId: { string: '0+', nullable: '0+', default: null },
    rackId: { string: '0+', nullable: '0+', default: null },
    rebalanceTimeoutMs: { int32: '0+', default: -1 },
    subscribedTopicNames: { array: '0+', nullable: '0+', default: null, of: 'string' },
    subscribedTopicRegex: { string: '1+', nullable: '1+', default: null },
    serverAssignor: { string: '0+', nullable: '0+', default: null },
    topicPartitions: {
      array: '0+', nullable: '0+', default: null,
      of: {
        topicId: { uuid: '0+' },
        partitions: { array: '0+', of: 'int32' },
      },
    },
  },
} as const

const response = {
  name: 'ConsumerGroupHeartbeatResponse',
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    errorMessage: { string: '0+', nullable: '0+', default: null },
    memberId: { string: '0+', nullable: '0+', default: null },
    memberEpoch: { int32: '0+' },
    heartbeatIntervalMs: { int32: '0+' },
    assignment: {
      struct: '0+', nullable: '0+', default: null,
      fields: {
        topicPartitions: {
          array: '0+',
          of: {
            topicId: { uuid: '0+' },
            partitions: { array: '0+', of: 'int32' },
          },
        },
      },
    },
  },
} as const

export const consumerGroupHeartbeat: Api<typeof request, typeof response> = api({
  key: 68,
  listeners: ['broker'],
  request,
  response,
})

export type ConsumerGroupHeartbeatRequest = Decoded<typeof request>
export type ConsumerGroupHeartbeatRequestInput = Encodable<typeof request>
export type ConsumerGroupHeartbeatResponse = Decoded<typeof response>
export type ConsumerGroupHeartbeatResponseInput = Encodable<typeof response>
