/**
 * DeleteTopics (key 20) deletes topics by name, from v6 also by id (KIP-516).
 * v4 flexible. v5 error message.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DeleteTopicsRequest',
  versions: '1-6',
  flexible: '4+',
  fields: {
    topics: {
      array: '6+',
      of: {
        name: { string: '0+', nullable: '0+', default: null },
        topicId: { uuid: '0+' },
      },
    },
    topicNames: { array: '0-5', ignorable: true, of: 'string' },
    timeoutMs: { int32: '0+' },
  },
} as const

const response = {
  name: 'DeleteTopicsResponse',
  versions: '1-6',
  flexible: '4+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
    responses: {
      array: '0+',
      of: {
        name: { string: '0+', nullable: '6+' },
        topicId: { uuid: '6+', ignorable: true },
        errorCode: { int16: '0+' },
        errorMessage: { string: '5+', nullable: '5+', default: null, ignorable: true },
      },
    },
  },
} as const

export const deleteTopics: Api<typeof request, typeof response> = api({
  key: 20,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type DeleteTopicsRequest = Decoded<typeof request>
export type DeleteTopicsRequestInput = Encodable<typeof request>
export type DeleteTopicsResponse = Decoded<typeof response>
export type DeleteTopicsResponseInput = Encodable<typeof response>
