/**
 * BrokerHeartbeat (key 63) keeps a broker's session, and carries fencing and controlled shutdown (KIP-631).
 * v1 offline log directories (KIP-858). v2 cordoned log directories (KIP-1066).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'BrokerHeartbeatRequest',
  versions: '0-2',
  flexible: '0+',
  fields: {
    brokerId: { int32: '0+' },
    brokerEpoch: { int64: '0+', default: -1n },
    currentMetadataOffset: { int64: '0+' },
    wantFence: { bool: '0+' },
    wantShutDown: { bool: '0+' },
    offlineLogDirs: { array: '1+', tag: 0, of: 'uuid' },
    cordonedLogDirs: { array: '2+', nullable: '2+', tag: 1, default: null, of: 'uuid' },
  },
} as const

const response = {
  name: 'BrokerHeartbeatResponse',
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    isCaughtUp: { bool: '0+', default: false },
    isFenced: { bool: '0+', default: true },
    shouldShutDown: { bool: '0+' },
  },
} as const

export const brokerHeartbeat: Api<typeof request, typeof response> = api({
  key: 63,
  listeners: ['controller'],
  request,
  response,
})

export type BrokerHeartbeatRequest = Decoded<typeof request>
export type BrokerHeartbeatRequestInput = Encodable<typeof request>
export type BrokerHeartbeatResponse = Decoded<typeof response>
export type BrokerHeartbeatResponseInput = Encodable<typeof response>
