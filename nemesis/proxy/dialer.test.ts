import fc from 'fast-check'
import { expect, it } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { encodeRequest } from '../../protocol/frames.ts'
import { dialerOf, readClientId } from './dialer.ts'

const anyApi = fc.constantFrom(
  { api: apis.ApiVersions, version: 0 },
  { api: apis.ApiVersions, version: 3 },
  { api: apis.DescribeCluster, version: 0 },
)

function firstRequest({ api, version }: { readonly api: typeof apis.ApiVersions; readonly version: number }, clientId: string | null): Buffer {
  const frame = encodeRequest(api, version, { correlationId: 7, clientId }, {})
  const bytes = Buffer.alloc(4 + frame.length)
  bytes.writeInt32BE(frame.length)
  bytes.set(frame, 4)
  return bytes
}

it('the client id of a first request is read as soon as it is there, and not before', () => {
  fc.assert(fc.property(anyApi, fc.option(fc.string({ unit: 'grapheme', maxLength: 40 })), fc.nat(200), (version, clientId, cut) => {
    const bytes = firstRequest(version as never, clientId)
    const idBytes = clientId === null ? 0 : Buffer.byteLength(clientId)
    const seen = readClientId(bytes.subarray(0, cut))
    expect(seen).toBe(cut < 14 + idBytes ? undefined : clientId)
  }))
})

it('what is no request has no client id, and is not waited for', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 14, maxLength: 60 }), (bytes) => {
    const size = Buffer.from(bytes).readInt32BE(0)
    const length = Buffer.from(bytes).readInt16BE(12)
    if (size < 10 || size > 104_857_600 || length < 0 || length > size - 10) expect(readClientId(bytes)).toBeNull()
  }), { numRuns: 500 })
  expect(readClientId(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))).toBeNull()
})

it('brokers are known by the client ids Kafka gives them, and only those of this cluster', () => {
  const brokers = [1, 2, 12]
  for (const id of ['raft-client-12', 'broker-12-fetcher-0', 'broker-12-txn-marker-sender', '12']) expect(dialerOf(id, brokers)).toBe(12)
  for (const id of ['raft-client-3', 'broker-3-fetcher-0', '3', '', '1x', ' 1', 'consumer-1', 'broker-1', 'raft-client-1-2', null]) {
    expect(dialerOf(id, brokers)).toBe('clients')
  }
})
