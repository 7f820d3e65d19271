/**
 * SyncGroup (key 14) hands the leader's assignment to the members of a classic group.
 * v3 static members (KIP-345). v4 flexible. v5 protocol type and name (KIP-559).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'SyncGroupRequest',
  versions: '0-5',
  flexible: '4+',
  fields: {
    groupId: { string: '0+' },
    generationId: { int32: '0+' },
    memberId: { string: '0+' },
    groupInstanceId: { string: '3+', nullable: '3+', default: null },
    protocolType: { string: '5+', nullable: '5+', default: null, ignorable: true },
    protocolName: { string: '5+', nullable: '5+', default: null, ignorable: true },
    assignments: {
      array: '0+',
      of: {
        memberId: { string: '0+' },
        assignment: { bytes: '0+' },
      },
    },
  },
} as const

const response = {
  name: 'SyncGroupResponse',
  versions: '0-5',
  flexible: '4+',
  fields: {
    throttleTimeMs: { int32: '1+', default: 0, ignorable: true },
    errorCode: { int16: '0+' },
    protocolType: { string: '5+', nullable: '5+', default: null, ignorable: true },
    protocolName: { string: '5+', nullable: '5+', default: null, ignorable: true },
    assignment: { bytes: '0+' },
  },
} as const

export const syncGroup: Api<typeof request, typeof response> = api({
  key: 14,
  listeners: ['broker'],
  request,
  response,
})

export type SyncGroupRequest = Decoded<typeof request>
export type SyncGroupRequestInput = Encodable<typeof request>
export type SyncGroupResponse = Decoded<typeof response>
export type SyncGroupResponseInput = Encodable<typeof response>
