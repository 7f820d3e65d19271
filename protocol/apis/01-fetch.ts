/**
 * Fetch (key 1) reads the log: consumers, followers, and the replicas of the metadata log alike.
 * v4 isolation level. v5 log start offset. v7 sessions (KIP-227). v9 leader epoch (KIP-320). v11 rack and preferred replica
 * (KIP-392). v12 flexible, diverging epoch and snapshot id (KIP-595). v13 topic ids (KIP-516). v15 ReplicaState (KIP-903).
 * v16 node endpoints (KIP-951). v17 replica directory id (KIP-853). v18 the replica's high watermark (KIP-1166).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'FetchRequest',
  versions: '4-18',
  flexible: '12+',
  fields: {
    clusterId: { string: '12+', nullable: '12+', tag: 0, default: null, ignorable: true },
    replicaId: { int32: '0-14', default: -1 },
    replicaState: {
      struct: '15+', tag: 1,
      fields: {
        replicaId: { int32: '0+', default: -1 },
        replicaEpoch: { int64: '0+', default: -1n },
      },
    },
    maxWaitMs: { int32: '0+' },
    minBytes: { int32: '0+' },
    maxBytes: { int32: '0+', default: 2147483647, ignorable: true },
    isolationLevel: { int8: '0+', default: 0, ignorable: true },
    sessionId: { int32: '7+', default: 0, ignorable: true },
    sessionEpoch: { int32: '7+', default: -1, ignorable: true },
    topics: {
      array: '0+',
      of: {
        topic: { string: '0-12', ignorable: true },
        topicId: { uuid: '13+', ignorable: true },
        partitions: {
          array: '0+',
          of: {
            partition: { int32: '0+' },
            currentLeaderEpoch: { int32: '9+', default: -1, ignorable: true },
            fetchOffset: { int64: '0+' },
            lastFetchedEpoch: { int32: '12+', default: -1 },
            logStartOffset: { int64: '5+', default: -1n, ignorable: true },
            partitionMaxBytes: { int32: '0+' },
            replicaDirectoryId: { uuid: '17+', tag: 0, ignorable: true },
            highWatermark: { int64: '18+', tag: 1, default: 9223372036854775807n, ignorable: true },
          },
        },
      },
    },
    forgottenTopicsData: {
      array: '7+',
      of: {
        topic: { string: '0-12', ignorable: true },
        topicId: { uuid: '13+', ignorable: true },
        partitions: { array: '0+', of: 'int32' },
      },
    },
    rackId: { string: '11+', default: '', ignorable: true },
  },
} as const

const response = {
  name: 'FetchResponse',
  versions: '4-18',
  flexible: '12+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
    errorCode: { int16: '7+', ignorable: true },
    sessionId: { int32: '7+', default: 0 },
    responses: {
      array: '0+',
      of: {
        topic: { string: '0-12', ignorable: true },
        topicId: { uuid: '13+', ignorable: true },
        partitions: {
          array: '0+',
          of: {
            partitionIndex: { int32: '0+' },
            errorCode: { int16: '0+' },
            highWatermark: { int64: '0+' },
            lastStableOffset: { int64: '0+', default: -1n, ignorable: true },
            logStartOffset: { int64: '5+', default: -1n, ignorable: true },
            divergingEpoch: {
              struct: '12+', tag: 0,
              fields: {
                epoch: { int32: '0+', default: -1 },
                endOffset: { int64: '0+', default: -1n },
              },
            },
            currentLeader: {
              struct: '12+', tag: 1,
              fields: {
                leaderId: { int32: '0+', default: -1 },
                leaderEpoch: { int32: '0+', default: -1 },
              },
            },
            snapshotId: {
              struct: '12+', tag: 2,
              fields: {
                endOffset: { int64: '0+', default: -1n },
                epoch: { int32: '0+', default: -1 },
              },
            },
            abortedTransactions: {
              array: '0+', nullable: '0+', ignorable: true,
              of: {
                producerId: { int64: '0+' },
                firstOffset: { int64: '0+' },
              },
            },
            preferredReadReplica: { int32: '11+', default: -1 },
            records: { records: '0+', nullable: '0+' },
          },
        },
      },
    },
    nodeEndpoints: {
      array: '16+', tag: 0,
      of: {
        nodeId: { int32: '0+' },
        host: { string: '0+' },
        port: { int32: '0+' },
        rack: { string: '0+', nullable: '0+', default: null },
      },
    },
  },
} as const

export const fetch: Api<typeof request, typeof response> = api({
  key: 1,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type FetchRequest = Decoded<typeof request>
export type FetchRequestInput = Encodable<typeof request>
export type FetchResponse = Decoded<typeof response>
export type FetchResponseInput = Encodable<typeof response>
