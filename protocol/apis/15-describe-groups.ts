/**
 * DescribeGroups (key 15) describes classic groups and their members.
 * v3 authorized operations. v4 static members (KIP-345). v5 flexible. v6 GROUP_ID_NOT_FOUND with a message (KIP-1043).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DescribeGroupsRequest',
  versions: '0-6',
  flexible: '5+',
  fields: {
    groups: { array: '0+', of: 'string' },
    includeAuthorizedOperations: { bool: '3+' },
  },
} as const

const response = {
  name: 'DescribeGroupsResponse',
  versions: '0-6',
  flexible: '5+',
  fields: {
    throttleTimeMs: { int32: '1+', default: 0, ignorable: true },
    groups: {
      array: '0+',
      of: {
        errorCode: { int16: '0+' },
        errorMessage: { string: '6+', nullable: '6+', default: null },
        groupId: { string: '0+' },
        groupState: { string: '0+' },
        protocolType: { string: '0+' },
        protocolData: { string: '0+' },
        members: {
          array: '0+',
          of: {
            memberId: { string: '0+' },
            groupInstanceId: { string: '4+', nullable: '4+', default: null, ignorable: true },
            clientId: { string: '0+' },
            clientHost: { string: '0+' },
            memberMetadata: { bytes: '0+' },
            memberAssignment: { bytes: '0+' },
          },
        },
        authorizedOperations: { int32: '3+', default: -2147483648 },
      },
    },
  },
} as const

export const describeGroups: Api<typeof request, typeof response> = api({
  key: 15,
  listeners: ['broker'],
  request,
  response,
})

export type DescribeGroupsRequest = Decoded<typeof request>
export type DescribeGroupsRequestInput = Encodable<typeof request>
export type DescribeGroupsResponse = Decoded<typeof response>
export type DescribeGroupsResponseInput = Encodable<typeof response>
