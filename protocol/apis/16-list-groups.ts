/**
 * ListGroups (key 16) lists the groups a broker coordinates.
 * v3 flexible. v4 states (KIP-518). v5 types (KIP-848).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ListGroupsRequest',
  versions: '0-5',
  flexible: '3+',
  fields: {
    statesFilter: { array: '4+', of: 'string' },
    typesFilter: { array: '5+', of: 'string' },
  },
} as const

const response = {
  name: 'ListGroupsResponse',
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: { int32: '1+', default: 0, ignorable: true },
    errorCode: { int16: '0+' },
    groups: {
      array: '0+',
      of: {
        groupId: { string: '0+' },
        protocolType: { string: '0+' },
        groupState: { string: '4+', ignorable: true },
        groupType: { string: '5+', ignorable: true },
      },
    },
  },
} as const

export const listGroups: Api<typeof request, typeof response> = api({
  key: 16,
  listeners: ['broker'],
  request,
  response,
})

export type ListGroupsRequest = Decoded<typeof request>
export type ListGroupsRequestInput = Encodable<typeof request>
export type ListGroupsResponse = Decoded<typeof response>
export type ListGroupsResponseInput = Encodable<typeof response>
