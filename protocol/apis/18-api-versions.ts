/**
 * ApiVersions (key 18) tells which versions a broker serves, before any version is agreed: its response header is always
 * v0, and a request version the broker does not know is answered in the v0 layout (see frames.ts).
 * v3 flexible, client software name and version (KIP-511), features (KIP-584). v4 features whose minimum is 0 (KIP-1022).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ApiVersionsRequest',
  versions: '0-4',
  flexible: '3+',
  fields: {
    clientSoftwareName: { string: '3+', ignorable: true },
    clientSoftwareVersion: { string: '3+', ignorable: true },
  },
} as const

const response = {
  name: 'ApiVersionsResponse',
  versions: '0-4',
  flexible: '3+',
  fields: {
    errorCode: { int16: '0+' },
    apiKeys: {
      array: '0+',
      of: {
        apiKey: { int16: '0+' },
        minVersion: { int16: '0+' },
        maxVersion: { int16: '0+' },
      },
    },
    throttleTimeMs: { int32: '1+', default: 0, ignorable: true },
    supportedFeatures: {
      array: '3+', tag: 0, ignorable: true,
      of: {
        name: { string: '0+' },
        minVersion: { int16: '0+' },
        maxVersion: { int16: '0+' },
      },
    },
    finalizedFeaturesEpoch: { int64: '3+', tag: 1, default: -1n, ignorable: true },
    finalizedFeatures: {
      array: '3+', tag: 2, ignorable: true,
      of: {
        name: { string: '0+' },
        maxVersionLevel: { int16: '0+' },
        minVersionLevel: { int16: '0+' },
      },
    },
    zkMigrationReady: { bool: '3+', tag: 3, default: false, ignorable: true },
  },
} as const

export const apiVersions: Api<typeof request, typeof response> = api({
  key: 18,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type ApiVersionsRequest = Decoded<typeof request>
export type ApiVersionsRequestInput = Encodable<typeof request>
export type ApiVersionsResponse = Decoded<typeof response>
export type ApiVersionsResponseInput = Encodable<typeof response>
