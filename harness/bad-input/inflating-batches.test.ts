/**
 * Batches that are small on the wire and huge when read. The broker refuses what inflates beyond its limit while it
 * inflates and not after, and checks what stays below without keeping its records; a consumer that is given such a batch
 * says so and lives on.
 */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import type { Compression } from '../../protocol/compression.ts'
import { errorCode } from '../../protocol/errors.ts'
import { decodeResponse } from '../../protocol/frames.ts'
import { compressLz4 } from '../../protocol/lz4.ts'
import { encodeBatch, withRecords, type RecordInput } from '../../protocol/record-batch-encode.ts'
import { GoodClient } from '../testing/good-client.testing.ts'
import { Inspector } from '../testing/inspected-memory.testing.ts'
import { LiveCluster, patientSettings } from '../testing/live-cluster.testing.ts'
import { framedRequest } from '../testing/requests.testing.ts'
import { Lingerer } from '../testing/strangers.testing.ts'

const mebibyte = 1 << 20
const heldBytesMax = 20_000_000
/** The most a broker may inflate, and as much again for what its codecs and its work take beside it. */
const peakBytesMax = 220 * mebibyte
const patience = { timeout: 20_000, interval: 100 }
const tomorrow = 24 * 3600 * 1000
const version = 9

let cluster: LiveCluster
let inspector: Inspector
let client: GoodClient
let residentBefore = 0
let heldBefore = 0

beforeAll(async () => {
  cluster = await LiveCluster.start({ brokers: 1, inspect: true, settings: patientSettings })
  inspector = await Inspector.attach(cluster.inspectorUrl(1))
  for (const topic of ['good', 'bombed']) await cluster.createTopic(topic, { configs: { 'max.message.bytes': String(4 * mebibyte) } })
  client = new GoodClient(cluster.loop, cluster.client('good'), 'good')
  for (const bomb of Object.values(bombs)) await produced('bombed', bomb())
  residentBefore = (await inspector.memory()).residentBytes
  heldBefore = await heldBytes()
})

afterAll(async () => {
  client?.close()
  inspector?.detach()
  await cluster?.close()
})

/** What the broker itself holds. How much of what it gave back the allocator keeps after blocks so large is not its doing. */
async function heldBytes(): Promise<number> {
  const { heapBytes, externalBytes } = await inspector.memory()
  return heapBytes + externalBytes
}

const one: RecordInput = { key: null, value: new Uint8Array(1), timestamp: 0 }

/** A batch that says it has one record, and these bytes for it. */
function batchOf(compression: Compression, records: Uint8Array, change: Partial<RecordInput> = {}): Uint8Array {
  return withRecords(encodeBatch({ records: [{ ...one, ...change }] }), compression, records)
}

/** About 1 MiB each, or as small as the format lets a gigabyte be. */
const bombs: Readonly<Record<string, () => Uint8Array>> = {
  gzip: () => batchOf('gzip', repeated(gzipSync(new Uint8Array(16 * mebibyte), { level: 9 }), 64)),
  zstd: () => batchOf('zstd', zstdCompressSync(new Uint8Array(1024 * mebibyte))),
  // No lz4 block grows more than 255-fold.
  lz4: () => batchOf('lz4', compressLz4(new Uint8Array(256 * mebibyte))),
  // No snappy block grows more than 22-fold, but it may say that it is a gigabyte.
  snappy: () => batchOf('snappy', Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x04, ...new Uint8Array(1000)])),
}

function repeated(bytes: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(Array.from({ length: times }, () => bytes))
}

async function produced(topic: string, records: Uint8Array): Promise<{ readonly errorCode: number; readonly recordErrors: readonly unknown[] }> {
  const request = framedRequest(apis.Produce, version, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  const stranger = await Lingerer.call(cluster.port(1, 'PLAINTEXT'), request)
  const frame = await stranger.frame()
  stranger.leave()
  return decodeResponse(apis.Produce, version, frame).body.responses[0]!.partitionResponses[0]!
}

async function expectSmallPeak(): Promise<void> {
  const peak = await inspector.evaluate('process.resourceUsage().maxRSS * 1024') as number
  expect(peak).toBeLessThan(residentBefore + peakBytesMax)
}

describe('a batch that inflates beyond the limit', () => {
  it.each(Object.entries(bombs))('by %s is refused as too large, and never inflated whole', async (_codec, bomb) => {
    const { errorCode: code } = await produced('bombed', bomb())
    expect(code).toBe(errorCode.MESSAGE_TOO_LARGE)
    await expectSmallPeak()
  })
})

/** Records of a batch, as many as fit below the limit, with as little in them as can be. */
function manyRecords(count: number): Uint8Array {
  const bytes = Buffer.alloc(count * 10)
  let at = 0
  for (let i = 0; i < count; i++) {
    const delta = varint(i)
    bytes[at++] = (5 + delta.length) * 2
    bytes[at++] = 0
    bytes[at++] = 0
    for (const byte of delta) bytes[at++] = byte
    bytes[at++] = 1
    bytes[at++] = 1
    bytes[at++] = 0
  }
  return bytes.subarray(0, at)
}

/** Zig-zag, of a number that is not negative. */
function varint(value: number): number[] {
  const out: number[] = []
  let left = value * 2
  for (; left > 127; left = Math.floor(left / 128)) out.push((left % 128) | 128)
  return [...out, left]
}

function withCount(batch: Uint8Array, count: number): Uint8Array {
  const view = new DataView(batch.buffer, batch.byteOffset)
  view.setInt32(23, count - 1)
  view.setInt32(57, count)
  return batch
}

describe('a batch within the limit', () => {
  it('with millions of bad records is refused with the first of them named', async () => {
    const count = 5_000_000
    const wrong = withCount(batchOf('none', new Uint8Array(0), { timestamp: Date.now() + tomorrow }), count)
    const { errorCode: code, recordErrors } = await produced('bombed', withRecords(wrong, 'zstd', zstdCompressSync(manyRecords(count))))
    expect(code).toBe(errorCode.INVALID_TIMESTAMP)
    expect(recordErrors).toHaveLength(1000)
    await expectSmallPeak()
  })

  it('with millions of record headers is taken without keeping them', async () => {
    const headers = 20_000_000
    const start = [0, 0, 0, 1, 1, ...varint(headers)]
    const size = varint(start.length - 1 + 2 * headers + 1)
    const record = new Uint8Array(size.length + start.length + 2 * headers)
    record.set([...size, ...start])
    for (let at = size.length + start.length; at < record.length; at += 2) record[at + 1] = 1
    const { errorCode: code } = await produced('bombed', batchOf('zstd', zstdCompressSync(record)))
    expect(code).toBe(errorCode.NONE)
    await expectSmallPeak()
  })

  it('that a consumer cannot hold is reported to its reader, and the consumer reads its other partitions', async () => {
    const reader = new GoodClient(cluster.loop, cluster.client('reader'), 'bombed')
    await vi.waitFor(() => expect(reader.events).toEqual(['corrupt']), patience)
    reader.close()
  })
})

describe('afterwards', () => {
  it('the good client has lost nothing and missed no deadline', async () => {
    await client.expectUnharmed()
    expect(client.acknowledged).toBeGreaterThan(10)
  })

  it('what the broker holds is back within 20 MB', async () => {
    await vi.waitFor(async () => expect(await heldBytes()).toBeLessThan(heldBefore + heldBytesMax), patience)
    expect(cluster.unexpectedExits).toEqual([])
  })
})
