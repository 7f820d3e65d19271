/**
 * DescribeLogDirs (key 35) tells what one broker keeps in its data directories, and how large it is (KIP-113).
 * v2 flexible. v3 top-level error. v4 total and usable bytes (KIP-827). v5 cordoned directories (KIP-1066).
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'DescribeLogDirsRequest',
  versions: '1-5',
  flexible: '2+',
  fields: {
    topics: {
      array: '0+', nullable: '0+',
      of: {
        topic: { string: '0+' },
        partitions: { array: '0+', of: 'int32' },
      },
    },
  },
} as const

const response = {
  name: 'DescribeLogDirsResponse',
  versions: '1-5',
  flexible: '2+',
  fields: {
    throttleTimeMs: { int32: '0+', default: 0 },
    errorCode: { int16: '3+', ignorable: true },
    results: {
      array: '0+',
      of: {
        errorCode: { int16: '0+' },
        logDir: { string: '0+' },
        topics: {
          array: '0+',
          of: {
            name: { string: '0+' },
            partitions: {
              array: '0+',
              of: {
                partitionIndex: { int32: '0+' },
                partitionSize: { int64: '0+' },
                offsetLag: { int64: '0+' },
                isFutureKey: { bool: '0+' },
              },
            },
          },
        },
        totalBytes: { int64: '4+', default: -1n, ignorable: true },
        usableBytes: { int64: '4+', default: -1n, ignorable: true },
        isCordoned: { bool: '5+', default: false, ignorable: true },
      },
    },
  },
} as const

export const describeLogDirs: Api<typeof request, typeof response> = api({
  key: 35,
  listeners: ['broker'],
  request,
  response,
})

export type DescribeLogDirsRequest = Decoded<typeof request>
export type DescribeLogDirsRequestInput = Encodable<typeof request>
export type DescribeLogDirsResponse = Decoded<typeof response>
export type DescribeLogDirsResponseInput = Encodable<typeof response>
