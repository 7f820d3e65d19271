/**
 * FindCoordinator (key 10) tells which broker coordinates a group or a transactional id.
 * v1 key types. v3 flexible. v4 several keys (KIP-699). v5 TRANSACTION_ABORTABLE (KIP-890). v6 share groups (KIP-932).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'FindCoordinatorRequest',
  versions: '0-6',
  flexible: '3+',
  fields: {
    key: { string: '0-3' },
    keyType: { int8: '1+', default: 0 },
    coordinatorKeys: { array: '4+', of: 'string' },
  },
} as const

const response = {
  name: 'FindCoordinatorResponse',
  versions: '0-6',
  flexible: '3+',
  fields: {
    throttleTimeMs: { int32: '1+', default: 0, ignorable: true },
    errorCode: { int16: '0-3' },
    errorMessage: { string: '1-3', nullable: '1-3', ignorable: true },
    nodeId: { int32: '0-3' },
    host: { string: '0-3' },
    port: { int32: '0-3' },
    coordinators: {
      array: '4+',
      of: {
        key: { string: '4+' },
        nodeId: { int32: '4+' },
        host: { string: '4+' },
        port: { int32: '4+' },
        errorCode: { int16: '4+' },
        errorMessage: { string: '4+', nullable: '4+', ignorable: true },
      },
    },
  },
} as const

export const findCoordinator: Api<typeof request, typeof response> = api({
  key: 10,
  listeners: ['broker'],
  request,
  response,
})

export type FindCoordinatorRequest = Decoded<typeof request>
export type FindCoordinatorRequestInput = Encodable<typeof request>
export type FindCoordinatorResponse = Decoded<typeof response>
export type FindCoordinatorResponseInput = Encodable<typeof response>
