/**
 * ListConfigResources (key 74) names everything that has settings of its own (KIP-714, KIP-1142).
 * v0 client metrics only. v1 any type.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ListConfigResourcesRequest',
  versions: '0-1',
  flexible: '0+',
  fields: {
    resourceTypes: { array: '1+', of: 'int8' },
  },
} as const

const response = {
  name: 'ListConfigResourcesResponse',
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    configResources: {
      array: '0+',
      of: {
        resourceName: { string: '0+' },
        resourceType: { int8: '1+', default: 16, ignorable: true },
      },
    },
  },
} as const

export const listConfigResources: Api<typeof request, typeof response> = api({
  key: 74,
  listeners: ['broker'],
  request,
  response,
})

export type ListConfigResourcesRequest = Decoded<typeof request>
export type ListConfigResourcesRequestInput = Encodable<typeof request>
export type ListConfigResourcesResponse = Decoded<typeof response>
export type ListConfigResourcesResponseInput = Encodable<typeof response>
