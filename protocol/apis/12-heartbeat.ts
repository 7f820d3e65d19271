/**
 * Heartbeat (key 12) keeps a member of a classic group alive.
 * v3 static members (KIP-345). v4 flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'HeartbeatRequest',
  versions: '0-4',
  flexible: '4+',
  fields: {
    groupId: { string: '0+' },
    generationId: { int32: '0+' },
    memberId: { string: '0+' },
    groupInstanceId: { string: '3+', nullable: '3+', default: null },
  },
} as const

const response = {
  name: 'HeartbeatResponse',
  versions: '0-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: { int32: '1+', default: 0, ignorable: true },
    errorCode: { int16: '0+' },
  },
} as const

export const heartbeat: Api<typeof request, typeof response> = api({
  key: 12,
  listeners: ['broker'],
  request,
  response,
})

export type HeartbeatRequest = Decoded<typeof request>
export type HeartbeatRequestInput = Encodable<typeof request>
export type HeartbeatResponse = Decoded<typeof response>
export type HeartbeatResponseInput = Encodable<typeof response>
