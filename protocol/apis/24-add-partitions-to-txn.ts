/**
 * AddPartitionsToTxn (key 24): a producer says where its transaction will write, before it writes.
 * v2 PRODUCER_FENCED. v3 flexible. v4 between brokers: many transactions, and only asking whether partitions are in them (KIP-890).
 * v5 TRANSACTION_ABORTABLE.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'AddPartitionsToTxnRequest',
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactions: {
      array: '4+',
      of: {
        transactionalId: { string: '4+' },
        producerId: { int64: '4+' },
        producerEpoch: { int16: '4+' },
        verifyOnly: { bool: '4+', default: false },
        topics: {
          array: '4+',
          of: {
            name: { string: '0+' },
            partitions: { array: '0+', of: 'int32' },
          },
        },
      },
    },
    v3AndBelowTransactionalId: { string: '0-3' },
    v3AndBelowProducerId: { int64: '0-3' },
    v3AndBelowProducerEpoch: { int16: '0-3' },
    v3AndBelowTopics: {
      array: '0-3',
      of: {
        name: { string: '0+' },
        partitions: { array: '0+', of: 'int32' },
      },
    },
  },
} as const

const response = {
  name: 'AddPartitionsToTxnResponse',
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '4+', ignorable: true },
    resultsByTransaction: {
      array: '4+',
      of: {
        transactionalId: { string: '4+' },
        topicResults: {
          array: '4+',
          of: {
            name: { string: '0+' },
            resultsByPartition: {
              array: '0+',
              of: {
                partitionIndex: { int32: '0+' },
                partitionErrorCode: { int16: '0+' },
              },
            },
          },
        },
      },
    },
    resultsByTopicV3AndBelow: {
      array: '0-3',
      of: {
        name: { string: '0+' },
        resultsByPartition: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            partitionErrorCode: { int16: '0+' },
          },
        },
      },
    },
  },
} as const

export const addPartitionsToTxn: Api<typeof request, typeof response> = api({
  key: 24,
  listeners: ['broker'],
  request,
  response,
})

export type AddPartitionsToTxnRequest = Decoded<typeof request>
export type AddPartitionsToTxnRequestInput = Encodable<typeof request>
export type AddPartitionsToTxnResponse = Decoded<typeof response>
export type AddPartitionsToTxnResponseInput = Encodable<typeof response>
