/**
 * UpdateFeatures (key 57): finalizes levels of features for the whole cluster (KIP-584).
 * v1 kinds of upgrade, validation only. v2 one error for all.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'UpdateFeaturesRequest',
  versions: '0-2',
  flexible: '0+',
  fields: {
    timeoutMs: { int32: '0+', default: 60000 },
    featureUpdates: {
      array: '0+',
      of: {
        feature: { string: '0+' },
        maxVersionLevel: { int16: '0+' },
        allowDowngrade: { bool: '0' },
        upgradeType: { int8: '1+', default: 1 },
      },
    },
    validateOnly: { bool: '1+', default: false },
  },
} as const

const response = {
  name: 'UpdateFeaturesResponse',
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    errorMessage: { string: '0+', nullable: '0+' },
    results: {
      array: '0-1', ignorable: true,
      of: {
        feature: { string: '0+' },
        errorCode: { int16: '0+' },
        errorMessage: { string: '0+', nullable: '0+' },
      },
    },
  },
} as const

export const updateFeatures: Api<typeof request, typeof response> = api({
  key: 57,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type UpdateFeaturesRequest = Decoded<typeof request>
export type UpdateFeaturesRequestInput = Encodable<typeof request>
export type UpdateFeaturesResponse = Decoded<typeof response>
export type UpdateFeaturesResponseInput = Encodable<typeof response>
