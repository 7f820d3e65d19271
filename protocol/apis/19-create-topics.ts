/**
 * CreateTopics (key 19) creates topics, each with its own result.
 * v4 -1 means the broker's defaults (KIP-464). v5 flexible, the answer tells partitions and configs (KIP-525).
 * v7 topic ids (KIP-516).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'CreateTopicsRequest',
  versions: '2-7',
  flexible: '5+',
  fields: {
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        numPartitions: { int32: '0+' },
        replicationFactor: { int16: '0+' },
        assignments: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            brokerIds: { array: '0+', of: 'int32' },
          },
        },
        configs: {
          array: '0+',
          of: {
            name: { string: '0+' },
            value: { string: '0+', nullable: '0+' },
          },
        },
      },
    },
    timeoutMs: { int32: '0+', default: 60000 },
    validateOnly: { bool: '0+', default: false },
  },
} as const

const response = {
  name: 'CreateTopicsResponse',
  versions: '2-7',
  flexible: '5+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        topicId: { uuid: '7+', ignorable: true },
        errorCode: { int16: '0+' },
        errorMessage: { string: '0+', nullable: '0+', ignorable: true },
        topicConfigErrorCode: { int16: '5+', tag: 0, ignorable: true },
        numPartitions: { int32: '5+', default: -1, ignorable: true },
        replicationFactor: { int16: '5+', default: -1, ignorable: true },
        configs: {
          array: '5+', nullable: '5+', ignorable: true,
          of: {
            name: { string: '0+' },
            value: { string: '0+', nullable: '0+' },
            readOnly: { bool: '0+' },
            configSource: { int8: '0+', default: -1, ignorable: true },
            isSensitive: { bool: '0+' },
          },
        },
      },
    },
  },
} as const

export const createTopics: Api<typeof request, typeof response> = api({
  key: 19,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type CreateTopicsRequest = Decoded<typeof request>
export type CreateTopicsRequestInput = Encodable<typeof request>
export type CreateTopicsResponse = Decoded<typeof response>
export type CreateTopicsResponseInput = Encodable<typeof response>
