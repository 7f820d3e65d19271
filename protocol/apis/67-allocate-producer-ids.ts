/**
 * AllocateProducerIds (key 67): a broker takes a block of producer ids from the controller (KIP-730).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'AllocateProducerIdsRequest',
  versions: '0',
  flexible: '0+',
  fields: {
    brokerId: { int32: '0+' },
    brokerEpoch: { int64: '0+', default: -1n },
  },
} as const

const response = {
  name: 'AllocateProducerIdsResponse',
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    producerIdStart: { int64: '0+' },
    producerIdLen: { int32: '0+' },
  },
} as const

export const allocateProducerIds: Api<typeof request, typeof response> = api({
  key: 67,
  listeners: ['controller'],
  request,
  response,
})

export type AllocateProducerIdsRequest = Decoded<typeof request>
export type AllocateProducerIdsRequestInput = Encodable<typeof request>
export type AllocateProducerIdsResponse = Decoded<typeof response>
export type AllocateProducerIdsResponseInput = Encodable<typeof response>
