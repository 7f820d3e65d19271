/**
 * ElectLeaders (key 43) has leaders elected on purpose: type 0 the preferred replica, type 1 any live one where nobody
 * leads (KIP-183, KIP-460).
 * v1 election type and top-level error. v2 flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ElectLeadersRequest',
  versions: '0-2',
  flexible: '2+',
  fields: {
    electionType: { int8: '1+' },
    topicPartitions: {
      array: '0+', nullable: '0+',
      of: {
        topic: { string: '0+' },
        partitions: { array: '0+', of: 'int32' },
      },
    },
    timeoutMs: { int32: '0+', default: 60000 },
  },
} as const

const response = {
  name: 'ElectLeadersResponse',
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '1+' },
    replicaElectionResults: {
      array: '0+',
      of: {
        topic: { string: '0+' },
        partitionResult: {
          array: '0+',
          of: {
            partitionId: { int32: '0+' },
            errorCode: { int16: '0+' },
            errorMessage: { string: '0+', nullable: '0+' },
          },
        },
      },
    },
  },
} as const

export const electLeaders: Api<typeof request, typeof response> = api({
  key: 43,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type ElectLeadersRequest = Decoded<typeof request>
export type ElectLeadersRequestInput = Encodable<typeof request>
export type ElectLeadersResponse = Decoded<typeof response>
export type ElectLeadersResponseInput = Encodable<typeof response>
