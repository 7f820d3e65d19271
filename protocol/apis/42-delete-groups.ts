/**
 * DeleteGroups (key 42) forgets groups without members, and their offsets.
 * v2 flexible. v3 belongs to Kafka 4.4.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DeleteGroupsRequest',
  versions: '0-2',
  flexible: '2+',
  fields: {
    groupsNames: { array: '0+', of: 'string' },
  },
} as const

const response = {
  name: 'DeleteGroupsResponse',
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    results: {
      array: '0+',
      of: {
        groupId: { string: '0+' },
        errorCode: { int16: '0+' },
      },
    },
  },
} as const

export const deleteGroups: Api<typeof request, typeof response> = api({
  key: 42,
  listeners: ['broker'],
  request,
  response,
})

export type DeleteGroupsRequest = Decoded<typeof request>
export type DeleteGroupsRequestInput = Encodable<typeof request>
export type DeleteGroupsResponse = Decoded<typeof response>
export type DeleteGroupsResponseInput = Encodable<typeof response>
