/**
 * AlterConfigs (key 33) replaces all settings of a topic or broker by those given (KIP-133); clients since KIP-339 send
 * IncrementalAlterConfigs instead.
 * v2 flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'AlterConfigsRequest',
  versions: '0-2',
  flexible: '2+',
  fields: {
    resources: {
      array: '0+',
      of: {
        resourceType: { int8: '0+' },
        resourceName: { string: '0+' },
        configs: {
          array: '0+',
          of: {
            name: { string: '0+' },
            value: { string: '0+', nullable: '0+' },
          },
        },
      },
    },
    validateOnly: { bool: '0+' },
  },
} as const

const response = {
  name: 'AlterConfigsResponse',
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    responses: {
      array: '0+',
      of: {
        errorCode: { int16: '0+' },
        errorMessage: { string: '0+', nullable: '0+' },
        resourceType: { int8: '0+' },
        resourceName: { string: '0+' },
      },
    },
  },
} as const

export const alterConfigs: Api<typeof request, typeof response> = api({
  key: 33,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type AlterConfigsRequest = Decoded<typeof request>
export type AlterConfigsRequestInput = Encodable<typeof request>
export type AlterConfigsResponse = Decoded<typeof response>
export type AlterConfigsResponseInput = Encodable<typeof response>
