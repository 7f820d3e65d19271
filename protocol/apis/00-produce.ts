/**
 * Produce (key 0) appends record batches. One batch a partition; acks=0 gets no answer.
 * v7 zstd. v8 names the bad records. v9 flexible. v10 leader hints (KIP-951). v11 TRANSACTION_ABORTABLE (KIP-890).
 * v12 adds partitions to the transaction implicitly (KIP-890). v13 topic ids instead of names (KIP-516).
 * 0 is advertised although 3 is the first served: older librdkafka takes a higher minimum for a broker that cannot
 * compress (KAFKA-18659).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'ProduceRequest',
  versions: '3-13',
  flexible: '9+',
  fields: {
    transactionalId: { string: '0+', nullable: '0+', default: null },
    acks: { int16: '0+' },
    timeoutMs: { int32: '0+' },
    topicData: {
      array: '0+',
      of: {
        name: { string: '0-12', ignorable: true },
        topicId: { uuid: '13+', ignorable: true },
        partitionData: {
          array: '0+',
          of: {
            index: { int32: '0+' },
            records: { records: '0+', nullable: '0+' },
          },
        },
      },
    },
  },
} as const

const response = {
  name: 'ProduceResponse',
  versions: '3-13',
  flexible: '9+',
  fields: {
    responses: {
      array: '0+',
      of: {
        name: { string: '0-12', ignorable: true },
        topicId: { uuid: '13+', ignorable: true },
        partitionResponses: {
          array: '0+',
          of: {
            index: { int32: '0+' },
            errorCode: { int16: '0+' },
            baseOffset: { int64: '0+' },
            logAppendTimeMs: { int64: '0+', default: -1n, ignorable: true },
            logStartOffset: { int64: '5+', default: -1n, ignorable: true },
            recordErrors: {
              array: '8+', ignorable: true,
              of: {
                batchIndex: { int32: '0+' },
                batchIndexErrorMessage: { string: '0+', nullable: '0+', default: null },
              },
            },
            errorMessage: { string: '8+', nullable: '8+', default: null, ignorable: true },
            currentLeader: {
              struct: '10+', tag: 0,
              fields: {
                leaderId: { int32: '0+', default: -1 },
                leaderEpoch: { int32: '0+', default: -1 },
              },
            },
          },
        },
      },
    },
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
    nodeEndpoints: {
      array: '10+', tag: 0,
      of: {
        nodeId: { int32: '0+' },
        host: { string: '0+' },
        port: { int32: '0+' },
        rack: { string: '0+', nullable: '0+', default: null },
      },
    },
  },
} as const

export const produce: Api<typeof request, typeof response> = api({
  key: 0,
  advertisedMin: 0,
  listeners: ['broker'],
  request,
  response,
})

export type ProduceRequest = Decoded<typeof request>
export type ProduceRequestInput = Encodable<typeof request>
export type ProduceResponse = Decoded<typeof response>
export type ProduceResponseInput = Encodable<typeof response>
