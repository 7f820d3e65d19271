/**
 * LeaveGroup (key 13) takes members out of a classic group.
 * v3 several members, static ones by instance id (KIP-345). v4 flexible. v5 reason (KIP-800).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'LeaveGroupRequest',
  versions: '0-5',
  flexible: '4+',
  fields: {
    groupId: { string: '0+' },
    memberId: { string: '0-2' },
    members: {
      array: '3+',
      of: {
        memberId: { string: '3+' },
        groupInstanceId: { string: '3+', nullable: '3+', default: null },
        reason: { string: '5+', nullable: '5+', default: null, ignorable: true },
      },
    },
  },
} as const

const response = {
  name: 'LeaveGroupResponse',
  versions: '0-5',
  flexible: '4+',
  fields: {
    throttleTimeMs: { int32: '1+', default: 0, ignorable: true },
    errorCode: { int16: '0+' },
    members: {
      array: '3+',
      of: {
        memberId: { string: '3+' },
        groupInstanceId: { string: '3+', nullable: '3+' },
        errorCode: { int16: '3+' },
      },
    },
  },
} as const

export const leaveGroup: Api<typeof request, typeof response> = api({
  key: 13,
  listeners: ['broker'],
  request,
  response,
})

export type LeaveGroupRequest = Decoded<typeof request>
export type LeaveGroupRequestInput = Encodable<typeof request>
export type LeaveGroupResponse = Decoded<typeof response>
export type LeaveGroupResponseInput = Encodable<typeof response>
