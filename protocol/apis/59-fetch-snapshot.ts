/**
 * FetchSnapshot (key 59) copies a snapshot of the metadata log, piece by piece, for whoever is behind its start (KIP-630).
 * v1 replica directory id and node endpoints (KIP-853).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'FetchSnapshotRequest',
  versions: '0-1',
  flexible: '0+',
  fields: {
    clusterId: { string: '0+', nullable: '0+', tag: 0, default: null },
    replicaId: { int32: '0+', default: -1 },
    maxBytes: { int32: '0+', default: 2147483647 },
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            partition: { int32: '0+' },
            currentLeaderEpoch: { int32: '0+' },
            snapshotId: { struct: '0+', fields: { endOffset: { int64: '0+' }, epoch: { int32: '0+' } } },
            position: { int64: '0+' },
            replicaDirectoryId: { uuid: '1+', tag: 0, ignorable: true },
          },
        },
      },
    },
  },
} as const

const response = {
  name: 'FetchSnapshotResponse',
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0, ignorable: true },
    errorCode: { int16: '0+' },
    topics: {
      array: '0+',
      of: {
        name: { string: '0+' },
        partitions: {
          array: '0+',
          of: {
            index: { int32: '0+' },
            errorCode: { int16: '0+' },
            snapshotId: { struct: '0+', fields: { endOffset: { int64: '0+' }, epoch: { int32: '0+' } } },
            currentLeader: {
              struct: '0+', tag: 0,
              fields: {
                leaderId: { int32: '0+', default: -1 },
                leaderEpoch: { int32: '0+', default: -1 },
              },
            },
            size: { int64: '0+' },
            position: { int64: '0+' },
            unalignedRecords: { records: '0+' },
          },
        },
      },
    },
    nodeEndpoints: {
      array: '1+', tag: 0,
      of: {
        nodeId: { int32: '0+' },
        host: { string: '0+' },
        port: { uint16: '0+' },
      },
    },
  },
} as const

export const fetchSnapshot: Api<typeof request, typeof response> = api({
  key: 59,
  listeners: ['controller'],
  request,
  response,
})

export type FetchSnapshotRequest = Decoded<typeof request>
export type FetchSnapshotRequestInput = Encodable<typeof request>
export type FetchSnapshotResponse = Decoded<typeof response>
export type FetchSnapshotResponseInput = Encodable<typeof response>
