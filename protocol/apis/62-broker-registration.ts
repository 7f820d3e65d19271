/**
 * BrokerRegistration (key 62): a starting broker registers with the controller and gets its broker epoch (KIP-631).
 * v2 log directories (KIP-858). v3 previous broker epoch (KIP-966). v4 features whose minimum is 0 (KIP-1022).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'BrokerRegistrationRequest',
  versions: '0-4',
  flexible: '0+',
  fields: {
    brokerId: { int32: '0+' },
    clusterId: { string: '0+' },
    incarnationId: { uuid: '0+' },
    listeners: {
      array: '0+',
      of: {
        name: { string: '0+' },
        host: { string: '0+' },
        port: { uint16: '0+' },
        securityProtocol: { int16: '0+' },
      },
    },
    features: {
      array: '0+',
      of: {
        name: { string: '0+' },
        minSupportedVersion: { int16: '0+' },
        maxSupportedVersion: { int16: '0+' },
      },
    },
    rack: { string: '0+', nullable: '0+' },
    isMigratingZkBroker: { bool: '1+', default: false },
    logDirs: { array: '2+', ignorable: true, of: 'uuid' },
    previousBrokerEpoch: { int64: '3+', default: -1n, ignorable: true },
  },
} as const

const response = {
  name: 'BrokerRegistrationResponse',
  versions: '0-4',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    brokerEpoch: { int64: '0+', default: -1n },
  },
} as const

export const brokerRegistration: Api<typeof request, typeof response> = api({
  key: 62,
  listeners: ['controller'],
  request,
  response,
})

export type BrokerRegistrationRequest = Decoded<typeof request>
export type BrokerRegistrationRequestInput = Encodable<typeof request>
export type BrokerRegistrationResponse = Decoded<typeof response>
export type BrokerRegistrationResponseInput = Encodable<typeof response>
