/**
 * AlterPartition (key 56): a partition leader asks the controller to change the in-sync set (KIP-497).
 * v2 topic ids. v3 broker epochs of the new in-sync set (KIP-903).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'AlterPartitionRequest',
  versions: '2-3',
  flexible: '0+',
  fields: {
    brokerId: { int32: '0+' },
    brokerEpoch: { int64: '0+', default: -1n },
    topics: {
      array: '0+',
      of: {
        topicId: { uuid: '0+', ignorable: true },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            leaderEpoch: { int32: '0+' },
            newIsr: { array: '2', of: 'int32' },
            newIsrWithEpochs: {
              array: '3+',
              of: {
                brokerId: { int32: '0+' },
                brokerEpoch: { int64: '0+', default: -1n },
              },
            },
            leaderRecoveryState: { int8: '0+', default: 0 },
            partitionEpoch: { int32: '0+' },
          },
        },
      },
    },
  },
} as const

const response = {
  name: 'AlterPartitionResponse',
  versions: '2-3',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    topics: {
      array: '0+',
      of: {
        topicId: { uuid: '0+', ignorable: true },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            errorCode: { int16: '0+' },
            leaderId: { int32: '0+' },
            leaderEpoch: { int32: '0+' },
            isr: { array: '0+', of: 'int32' },
            leaderRecoveryState: { int8: '0+', default: 0, ignorable: true },
            partitionEpoch: { int32: '0+' },
          },
        },
      },
    },
  },
} as const

export const alterPartition: Api<typeof request, typeof response> = api({
  key: 56,
  listeners: ['controller'],
  request,
  response,
})

export type AlterPartitionRequest = Decoded<typeof request>
export type AlterPartitionRequestInput = Encodable<typeof request>
export type AlterPartitionResponse = Decoded<typeof response>
export type AlterPartitionResponseInput = Encodable<typeof response>
