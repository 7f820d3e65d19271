/**
 * JoinGroup (key 11) makes a client a member of a classic group and is answered when the next generation has formed.
 * v1 rebalance timeout. v4 MEMBER_ID_REQUIRED (KIP-394). v5 static members (KIP-345). v6 flexible. v7 protocol type in the answer
 * (KIP-559). v8 reason (KIP-800). v9 skipAssignment (KIP-814).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'JoinGroupRequest',
  versions: '0-9',
  flexible: '6+',
  fields: {
    groupId: { string: '0+' },
    sessionTimeoutMs: { int32: '0+' },
    rebalanceTimeoutMs: { int32: '1+', default: -1, ignorable: true },
    memberId: { string: '0+' },
    groupInstanceId: { string: '5+', nullable: '5+', default: null },
    protocolType: { string: '0+' },
    protocols: {
      array: '0+',
      of: {
        name: { string: '0+' },
        metadata: { bytes: '0+' },
      },
    },
    reason: { string: '8+', nullable: '8+', default: null, ignorable: true },
  },
} as const

const response = {
  name: 'JoinGroupResponse',
  versions: '0-9',
  flexible: '6+',
  fields: {
    throttleTimeMs: { int32: '2+', default: 0, ignorable: true },
    errorCode: { int16: '0+' },
    generationId: { int32: '0+', default: -1 },
    protocolType: { string: '7+', nullable: '7+', default: null, ignorable: true },
    protocolName: { string: '0+', nullable: '7+' },
    leader: { string: '0+' },
    skipAssignment: { bool: '9+', default: false },
    memberId: { string: '0+' },
    members: {
      array: '0+',
      of: {
        memberId: { string: '0+' },
        groupInstanceId: { string: '5+', nullable: '5+', default: null, ignorable: true },
        metadata: { bytes: '0+' },
      },
    },
  },
} as const

export const joinGroup: Api<typeof request, typeof response> = api({
  key: 11,
  listeners: ['broker'],
  request,
  response,
})

export type JoinGroupRequest = Decoded<typeof request>
export type JoinGroupRequestInput = Encodable<typeof request>
export type JoinGroupResponse = Decoded<typeof response>
export type JoinGroupResponseInput = Encodable<typeof response>
