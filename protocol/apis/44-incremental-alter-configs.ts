/**
 * IncrementalAlterConfigs (key 44) changes single settings of topics and brokers: 0 set, 1 delete, 2 append to a list,
 * 3 subtract from a list (KIP-339).
 * v1 flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'IncrementalAlterConfigsRequest',
  versions: '0-1',
  flexible: '1+',
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
            configOperation: { int8: '0+' },
            value: { string: '0+', nullable: '0+' },
          },
        },
      },
    },
    validateOnly: { bool: '0+' },
  },
} as const

const response = {
  name: 'IncrementalAlterConfigsResponse',
  versions: '0-1',
  flexible: '1+',
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

export const incrementalAlterConfigs: Api<typeof request, typeof response> = api({
  key: 44,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type IncrementalAlterConfigsRequest = Decoded<typeof request>
export type IncrementalAlterConfigsRequestInput = Encodable<typeof request>
export type IncrementalAlterConfigsResponse = Decoded<typeof response>
export type IncrementalAlterConfigsResponseInput = Encodable<typeof response>
