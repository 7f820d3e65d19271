/**
 * CreatePartitions (key 37) adds partitions to topics, up to the given count (KIP-195).
 * v2 flexible. v3 may answer THROTTLING_QUOTA_EXCEEDED (KIP-599).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'CreatePartitionsRequest',
  versions: '0-3',
  flexible: '2+',
  fields: {
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        count: { int32: '0+' },
        assignments: {
          array: '0+', nullable: '0+',
          of: { brokerIds: { array: '0+', of: 'int32' } },
        },
      },
    },
    timeoutMs: { int32: '0+' },
    validateOnly: { bool: '0+' },
  },
} as const

const response = {
  name: 'CreatePartitionsResponse',
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    results: {
      array: '0+',
      of: {
        name: { string: '0+' },
        errorCode: { int16: '0+' },
        errorMessage: { string: '0+', nullable: '0+', default: null },
      },
    },
  },
} as const

export const createPartitions: Api<typeof request, typeof response> = api({
  key: 37,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type CreatePartitionsRequest = Decoded<typeof request>
export type CreatePartitionsRequestInput = Encodable<typeof request>
export type CreatePartitionsResponse = Decoded<typeof response>
export type CreatePartitionsResponseInput = Encodable<typeof response>
