/**
 * DescribeCluster (key 60) lists the brokers or the controllers (KIP-700).
 * v1 endpoint type (KIP-919). v2 fenced brokers (KIP-1073).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DescribeClusterRequest',
  versions: '0-2',
  flexible: '0+',
  fields: {
    includeClusterAuthorizedOperations: { bool: '0+' },
    endpointType: { int8: '1+', default: 1 },
    includeFencedBrokers: { bool: '2+' },
  },
} as const

const response = {
  name: 'DescribeClusterResponse',
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '0+' },
    errorMessage: { string: '0+', nullable: '0+', default: null },
    endpointType: { int8: '1+', default: 1 },
    clusterId: { string: '0+' },
    controllerId: { int32: '0+', default: -1 },
    brokers: {
      array: '0+',
      of: {
        brokerId: { int32: '0+' },
        host: { string: '0+' },
        port: { int32: '0+' },
        rack: { string: '0+', nullable: '0+', default: null },
        isFenced: { bool: '2+' },
      },
    },
    clusterAuthorizedOperations: { int32: '0+', default: -2147483648 },
  },
} as const

export const describeCluster: Api<typeof request, typeof response> = api({
  key: 60,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type DescribeClusterRequest = Decoded<typeof request>
export type DescribeClusterRequestInput = Encodable<typeof request>
export type DescribeClusterResponse = Decoded<typeof response>
export type DescribeClusterResponseInput = Encodable<typeof response>
