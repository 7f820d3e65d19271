/** An independent codec as witness: what kafkajs 2.2.4 writes we read, and what we write kafkajs reads. */
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { apis } from './apis.ts'
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from './frames.ts'
import { decodeRecords, validateBatch } from './record-batch-decode.ts'
import { encodeBatch } from './record-batch-encode.ts'
import { batchCrcIsValid } from './record-batch.ts'

type Encoded = Promise<{ buffer: Buffer }>
type MakeRequest = (fields: object) => object
interface Response {
  decode(body: Buffer): Promise<unknown>
}

const require = createRequire(import.meta.url)
const folder = 'kafkajs/src/protocol'
const encode = require(`${folder}/request`) as (options: object) => Encoded
const theirRequest = (path: string): MakeRequest => require(`${folder}/requests/${path}/request`) as MakeRequest
const theirResponse = (path: string): Response => require(`${folder}/requests/${path}/response`) as Response
const Long = require('kafkajs/src/utils/long') as { fromValue(value: string): unknown }

const utf8 = (text: string): Buffer => Buffer.from(text)
const limits = { maxBytes: 1_000_000 }

/** A frame of theirs, without its length. */
async function frameOf(request: object): Promise<Uint8Array> {
  const { buffer } = await encode({ correlationId: 42, clientId: 'kafkajs', request })
  expect(buffer.readInt32BE(0)).toBe(buffer.length - 4)
  return buffer.subarray(4)
}

/** The body of a response of ours, as they get it: after the correlation id. */
const bodyOf = (frame: Uint8Array): Buffer => Buffer.from(frame.subarray(4))

describe('their requests', () => {
  test.each([3, 4, 5, 6, 7])('Produce v%i with a record batch', async (version) => {
    const messages = [
      { key: utf8('a'), value: utf8('1'), timestamp: 1_700_000_000_000, headers: { h: utf8('x') } },
      { key: null, value: utf8('2'), timestamp: 1_700_000_000_005, headers: {} },
      { key: utf8('c'), value: null, timestamp: 1_700_000_000_009, headers: {} },
    ]
    const frame = await frameOf(
      theirRequest(`produce/v${version}`)({
        acks: -1,
        timeout: 1234,
        transactionalId: 'tx',
        producerId: Long.fromValue('4294967301'),
        producerEpoch: 3,
        topicData: [{ topic: 'orders', partitions: [{ partition: 5, firstSequence: 17, messages }] }],
      }),
    )
    const { bodyStart, ...header } = decodeRequestHeader(frame)
    expect(header).toEqual({ apiKey: 0, apiVersion: version, correlationId: 42, clientId: 'kafkajs' })
    const body = decodeRequestBody(apis.Produce, version, frame, bodyStart)
    expect(body).toMatchObject({ acks: -1, timeoutMs: 1234, transactionalId: 'tx' })
    expect(body.topicData[0]).toMatchObject({ name: 'orders', partitionData: [{ index: 5 }] })
    const records = body.topicData[0]!.partitionData[0]!.records!
    expect(batchCrcIsValid(records, 0, records.length)).toBe(true)
    expect(validateBatch(records, 0, limits).header).toMatchObject({
      producerId: 4294967301,
      producerEpoch: 3,
      baseSequence: 17,
      recordsCount: 3,
      maxTimestamp: 1_700_000_000_009,
    })
    const read = decodeRecords(records, 0, limits).map(({ offset, timestamp, key, value, headers }) => ({
      offset,
      timestamp,
      key: key && utf8(Buffer.from(key).toString()),
      value: value && utf8(Buffer.from(value).toString()),
      headers: Object.fromEntries(headers.map((header) => [header.key, Buffer.from(header.value!)])),
    }))
    expect(read).toEqual(messages.map((message, offset) => ({ offset, ...message })))
  })

  test.each([4, 5, 6, 7, 8, 9, 10, 11])('Fetch v%i', async (version) => {
    const frame = await frameOf(
      theirRequest(`fetch/v${version}`)({
        replicaId: -1,
        maxWaitTime: 500,
        minBytes: 1,
        maxBytes: 1024,
        isolationLevel: 1,
        sessionId: 6,
        sessionEpoch: 2,
        rackId: 'r1',
        topics: [
          {
            topic: 'orders',
            partitions: [
              { partition: 3, currentLeaderEpoch: 8, fetchOffset: '9007199254740993', logStartOffset: '5', maxBytes: 777 },
            ],
          },
        ],
        forgottenTopics: [{ topic: 'old', partitions: [4, 5] }],
      }),
    )
    const body = decodeRequestBody(apis.Fetch, version, frame, decodeRequestHeader(frame).bodyStart)
    expect(body).toMatchObject({ replicaId: -1, maxWaitMs: 500, minBytes: 1, maxBytes: 1024, isolationLevel: 1 })
    expect(body).toMatchObject(version < 7 ? { sessionId: 0, sessionEpoch: -1 } : { sessionId: 6, sessionEpoch: 2 })
    expect(body.forgottenTopicsData).toMatchObject(version < 7 ? [] : [{ topic: 'old', partitions: [4, 5] }])
    expect(body.rackId).toBe(version < 11 ? '' : 'r1')
    expect(body.topics).toMatchObject([
      { topic: 'orders', partitions: [{ partition: 3, fetchOffset: 9007199254740993n, partitionMaxBytes: 777 }] },
    ])
    expect(body.topics[0]!.partitions[0]).toMatchObject({
      currentLeaderEpoch: version < 9 ? -1 : 8,
      logStartOffset: version < 5 ? -1n : 5n,
    })
  })

  test.each([1, 2, 3, 4, 5, 6])('Metadata v%i', async (version) => {
    for (const { topics, expected } of [
      { topics: ['a', 'b'], expected: [{ name: 'a' }, { name: 'b' }] },
      { topics: [], expected: null },
    ]) {
      const frame = await frameOf(theirRequest(`metadata/v${version}`)({ topics, allowAutoTopicCreation: false }))
      const body = decodeRequestBody(apis.Metadata, version, frame, decodeRequestHeader(frame).bodyStart)
      expect(body).toMatchObject({ topics: expected, allowAutoTopicCreation: version < 4 })
    }
  })

  test.each([1, 2, 3])('ListOffsets v%i', async (version) => {
    const topics = [{ topic: 'orders', partitions: [{ partition: 2, timestamp: '-2' }] }]
    const frame = await frameOf(theirRequest(`listOffsets/v${version}`)({ replicaId: -1, isolationLevel: 1, topics }))
    const body = decodeRequestBody(apis.ListOffsets, version, frame, decodeRequestHeader(frame).bodyStart)
    expect(body).toMatchObject({
      replicaId: -1,
      isolationLevel: version < 2 ? 0 : 1,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 2, timestamp: -2n }] }],
    })
  })

  test.each([2, 3])('CreateTopics v%i', async (version) => {
    const topic = {
      topic: 'orders',
      numPartitions: 3,
      replicationFactor: 2,
      replicaAssignment: [{ partition: 0, replicas: [1, 2] }],
      configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
    }
    const request = theirRequest(`createTopics/v${version}`)({ topics: [topic], validateOnly: true, timeout: 77 })
    const frame = await frameOf(request)
    expect(decodeRequestBody(apis.CreateTopics, version, frame, decodeRequestHeader(frame).bodyStart)).toEqual({
      topics: [
        {
          name: 'orders',
          numPartitions: 3,
          replicationFactor: 2,
          assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }],
          configs: [{ name: 'cleanup.policy', value: 'compact' }],
        },
      ],
      timeoutMs: 77,
      validateOnly: true,
    })
  })

  test('DeleteTopics v1', async () => {
    const frame = await frameOf(theirRequest('deleteTopics/v1')({ topics: ['a', 'b'], timeout: 77 }))
    const body = decodeRequestBody(apis.DeleteTopics, 1, frame, decodeRequestHeader(frame).bodyStart)
    expect(body).toEqual({ topics: [], topicNames: ['a', 'b'], timeoutMs: 77 })
  })

  test.each([0, 1])('InitProducerId v%i', async (version) => {
    const frame = await frameOf(
      theirRequest(`initProducerId/v${version}`)({ transactionalId: 'tx', transactionTimeout: 5000 }),
    )
    const body = decodeRequestBody(apis.InitProducerId, version, frame, decodeRequestHeader(frame).bodyStart)
    expect(body).toEqual({ transactionalId: 'tx', transactionTimeoutMs: 5000, producerId: -1n, producerEpoch: -1 })
  })

  test.each([0, 1, 2])('ApiVersions v%i', async (version) => {
    const frame = await frameOf(theirRequest(`apiVersions/v${version}`)({}))
    expect(decodeRequestHeader(frame)).toMatchObject({ apiKey: 18, apiVersion: version, bodyStart: frame.length })
  })
})

describe('our responses', () => {
  test.each([5, 6, 7])('Produce v%i', async (version) => {
    const partition = { index: 5, errorCode: 19, baseOffset: -1n, logAppendTimeMs: -1n, logStartOffset: 2n ** 60n }
    const body = { responses: [{ name: 'orders', partitionResponses: [partition] }], throttleTimeMs: 9 }
    expect(await theirResponse(`produce/v${version}`).decode(bodyOf(encodeResponse(apis.Produce, version, 42, body)))).toMatchObject({
      topics: [
        {
          topicName: 'orders',
          partitions: [
            { partition: 5, errorCode: 19, baseOffset: '-1', logAppendTime: '-1', logStartOffset: String(2n ** 60n) },
          ],
        },
      ],
      ...(version < 6 ? { throttleTime: 9 } : { clientSideThrottleTime: 9 }),
    })
  })

  const versions = [4, 5, 6, 7, 8, 9, 10, 11]
  const fetches = versions.flatMap((version) => [{ version, compression: 'none' as const }, { version, compression: 'gzip' as const }])
  test.each(fetches)('Fetch v$version with records ($compression)', async ({ version, compression }) => {
    const records = encodeBatch({
      compression,
      baseOffset: 100,
      records: [
        { key: utf8('k'), value: utf8('v'), timestamp: 1_700_000_000_000, headers: [{ key: 'h', value: utf8('x') }] },
        { key: null, value: null, timestamp: 1_700_000_000_500 },
      ],
    })
    const partition = {
      partitionIndex: 3,
      errorCode: 0,
      highWatermark: 102n,
      lastStableOffset: 101n,
      logStartOffset: 7n,
      abortedTransactions: [{ producerId: 5n, firstOffset: 6n }],
      preferredReadReplica: version < 11 ? -1 : 2,
      records,
    }
    const body = { sessionId: version < 7 ? 0 : 4, responses: [{ topic: 'orders', partitions: [partition] }] }
    const decoded = await theirResponse(`fetch/v${version}`).decode(bodyOf(encodeResponse(apis.Fetch, version, 42, body)))
    expect(decoded).toMatchObject({
      ...(version < 7 ? {} : { errorCode: 0, sessionId: 4 }),
      responses: [
        {
          topicName: 'orders',
          partitions: [
            {
              partition: 3,
              highWatermark: '102',
              lastStableOffset: '101',
              ...(version < 5 ? {} : { lastStartOffset: '7' }),
              abortedTransactions: [{ producerId: '5', firstOffset: '6' }],
              ...(version < 11 ? {} : { preferredReadReplica: 2 }),
              messages: [
                { offset: '100', timestamp: '1700000000000', key: utf8('k'), value: utf8('v'), headers: { h: utf8('x') } },
                { offset: '101', timestamp: '1700000000500', key: null, value: null },
              ],
            },
          ],
        },
      ],
    })
  })

  test('Metadata v6', async () => {
    const body = {
      brokers: [{ nodeId: 1, host: 'localhost', port: 9092, rack: 'r1' }],
      clusterId: 'cluster',
      controllerId: 1,
      topics: [
        {
          errorCode: 5,
          name: 'orders',
          isInternal: true,
          partitions: [
            { errorCode: 5, partitionIndex: 0, leaderId: -1, replicaNodes: [1, 2], isrNodes: [1], offlineReplicas: [2] },
          ],
        },
      ],
    }
    expect(await theirResponse('metadata/v6').decode(bodyOf(encodeResponse(apis.Metadata, 6, 42, body)))).toEqual({
      throttleTime: 0,
      clientSideThrottleTime: 0,
      brokers: [{ nodeId: 1, host: 'localhost', port: 9092, rack: 'r1' }],
      clusterId: 'cluster',
      controllerId: 1,
      topicMetadata: [
        {
          topicErrorCode: 5,
          topic: 'orders',
          isInternal: true,
          partitionMetadata: [
            { partitionErrorCode: 5, partitionId: 0, leader: -1, replicas: [1, 2], isr: [1], offlineReplicas: [2] },
          ],
        },
      ],
    })
  })
})
