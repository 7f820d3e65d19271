import { describe, expect, it } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import { Names } from './names.ts'
import { Normaliser } from './normalise.ts'
import { encodeRecords, spoilingNames } from './record-spec.ts'
import { resolveBody } from './request-body.ts'

const now = 1_700_000_000_000
const zeroMs = now - 600_000
const newNames = (): Names => new Names('run-1-', zeroMs)
const newNormaliser = (names = newNames()): Normaliser => new Normaliser(names, () => now)

describe('an answer', () => {
  it('is the same whatever its broker calls its topics, its producers and itself', () => {
    const names = newNames()
    names.topicIds.set('~a', 'c3RyYW5nZXIgdG9waWMgaQ')
    const topic = { name: 'run-1-a', topicId: 'c3RyYW5nZXIgdG9waWMgaQ', errorCode: 3, partitions: [{ leaderId: 7, replicaNodes: [7, 9] }] }
    const body = { throttleTimeMs: 5, brokers: [{ nodeId: 9, host: 'h', port: 1 }], clusterId: 'c', topics: [topic] }
    expect(newNormaliser(names).normalise(apis.Metadata, body, { topics: null })).toEqual({
      brokers: [{ nodeId: 'node1', host: 'host1', port: 'port1' }],
      clusterId: 'cluster1',
      topics: [{ name: '~a', topicId: 'id:~a', errorCode: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: [{ leaderId: 'node2', replicaNodes: ['node2', 'node1'] }] }],
    })
  })

  it('says nothing of the topics of others, unless they were asked for', () => {
    const topics = [{ name: 'theirs' }, { name: 'run-1-b' }, { name: 'run-1-a' }]
    const normalised = (asked: object): unknown => newNormaliser().normalise(apis.Metadata, { topics }, asked as never)
    expect(normalised({ topics: null })).toEqual({ topics: [{ name: '~a' }, { name: '~b' }] })
    expect(normalised({ topics: [{ name: 'theirs' }] })).toEqual({ topics: [{ name: 'theirs' }, { name: '~a' }, { name: '~b' }] })
  })

  it('tells times from the zero of the sequence, and a clock from a record', () => {
    const partitions = [{ timestamp: BigInt(zeroMs + 5) }, { timestamp: BigInt(now) }, { timestamp: -1n }]
    expect(newNormaliser().normalise(apis.ListOffsets, { partitions }, {})).toEqual({
      partitions: [{ timestamp: 'clock' }, { timestamp: 'zero+5' }, { timestamp: -1 }],
    })
  })

  it('keeps of a message only that there is one', () => {
    const normalised = (errorMessage: string | null): unknown => newNormaliser().normalise(apis.CreatePartitions, { errorMessage }, {})
    expect(['some words', '', null].map(normalised)).toEqual([{ errorMessage: 'text' }, { errorMessage: '' }, { errorMessage: null }])
  })
})

describe('a request', () => {
  it('has what its version has, with its references resolved', () => {
    const body = { topics: [{ name: '~a', topicId: 'id:stranger' }, { name: null }], allowAutoTopicCreation: true }
    const names = newNames()
    expect(resolveBody(apis.Metadata.request, 1, { body, names })).toEqual({ topics: [{ name: 'run-1-a' }, { name: '' }] })
    expect(resolveBody(apis.Metadata.request, 12, { body: { topics: null }, names })).toEqual({
      topics: null, allowAutoTopicCreation: true, includeTopicAuthorizedOperations: false,
    })
    expect(resolveBody(apis.Metadata.request, 12, { body, names })).toMatchObject({ topics: [{ name: 'run-1-a' }, { name: null, topicId: zeroUuid }] })
  })

  it('has a batch that each spoiling changes in a way of its own', () => {
    const context = { zeroMs, producerIdOf: Number }
    const encoded = [undefined, ...spoilingNames].map((spoiled) =>
      Buffer.from(encodeRecords([{ values: ['x', 'y'], ...(spoiled !== undefined && { spoiled }) }], context)).toString('hex'))
    expect(new Set(encoded).size).toBe(spoilingNames.length + 1)
  })
})
