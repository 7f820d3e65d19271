/**
 * DescribeConfigs (key 32) tells the settings of topics and brokers, each with where its value comes from (KIP-133).
 * v1 source and synonyms (KIP-226). v3 type and documentation (KIP-569). v4 flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DescribeConfigsRequest',
  versions: '1-4',
  flexible: '4+',
  fields: {
    resources: {
      array: '0+',
      of: {
        resourceType: { int8: '0+' },
        resourceName: { string: '0+' },
        configurationKeys: { array: '0+', nullable: '0+', of: 'string' },
      },
    },
    includeSynonyms: { bool: '1+', default: false },
    includeDocumentation: { bool: '3+', default: false },
  },
} as const

const response = {
  name: 'DescribeConfigsResponse',
  versions: '1-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    results: {
      array: '0+',
      of: {
        errorCode: { int16: '0+' },
        errorMessage: { string: '0+', nullable: '0+' },
        resourceType: { int8: '0+' },
        resourceName: { string: '0+' },
        configs: {
          array: '0+',
          of: {
            name: { string: '0+' },
            value: { string: '0+', nullable: '0+' },
            readOnly: { bool: '0+' },
            configSource: { int8: '1+', default: -1, ignorable: true },
            isSensitive: { bool: '0+' },
            synonyms: {
              array: '1+', ignorable: true,
              of: {
                name: { string: '0+' },
                value: { string: '0+', nullable: '0+' },
                source: { int8: '0+' },
              },
            },
            configType: { int8: '3+', default: 0, ignorable: true },
            documentation: { string: '3+', nullable: '0+', ignorable: true },
          },
        },
      },
    },
  },
} as const

export const describeConfigs: Api<typeof request, typeof response> = api({
  key: 32,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type DescribeConfigsRequest = Decoded<typeof request>
export type DescribeConfigsRequestInput = Encodable<typeof request>
export type DescribeConfigsResponse = Decoded<typeof response>
export type DescribeConfigsResponseInput = Encodable<typeof response>
