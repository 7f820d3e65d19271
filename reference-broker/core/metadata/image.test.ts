import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyHistory, fold, topicIds } from './any-history.testing.ts'
import { ClusterImage } from './image.ts'
import type { MetadataRecord } from './records.ts'

/** The last record of each kind that the last topic of that name, or that broker, has lived to see. */
function naive(records: readonly MetadataRecord[]): unknown {
  const topics: Record<string, { id: string; value: string; partitions: number[] }> = {}
  const brokers: Record<number, { epoch: number; live: boolean }> = {}
  const features: Record<string, number> = {}
  for (const [offset, record] of records.entries()) {
    const topic = 'topicId' in record ? Object.values(topics).find(({ id }) => id === record.topicId) : undefined
    if (record.kind === 'broker-registered') brokers[record.brokerId] = { epoch: offset, live: false }
    if (record.kind === 'broker-state') brokers[record.brokerId]!.live = !record.fenced && !record.inControlledShutdown
    if (record.kind === 'topic-created') topics[record.name] = { id: record.topicId, value: record.configs[0]!.value, partitions: [] }
    if (record.kind === 'feature-level') features[record.name] = record.level
    if (record.kind === 'topic-configs') topic!.value = record.configs[0]!.value
    if (record.kind === 'partition') topic!.partitions[record.partitionIndex] = record.leader
    if (record.kind === 'topic-removed') for (const [name, { id }] of Object.entries(topics)) if (id === record.topicId) delete topics[name]
  }
  return { topics, brokers, features }
}

function shown(image: ClusterImage): unknown {
  const topics = [...image.topicsByName].map(([name, { id, configs, partitions }]) => {
    return [name, { id, value: configs.get('retention.ms'), partitions: partitions.map(({ leader }) => leader) }]
  })
  const brokers = [...image.brokers].map(([id, { epoch }]) => [id, { epoch, live: image.isLive(id) }])
  return { topics: Object.fromEntries(topics), brokers: Object.fromEntries(brokers), features: Object.fromEntries(image.features) }
}

describe('a cluster image', () => {
  it('is what the records say, each word replacing the one before it', () => {
    fc.assert(fc.property(anyHistory, (records) => {
      const image = fold(records)
      expect(shown(image)).toEqual(naive(records))
      expect(image.endOffset).toBe(records.length)
      expect(new Set(image.topicsByName.values())).toEqual(new Set(image.topicsById.values()))
    }))
  })

  it('does not depend on where a reader stopped and went on', () => {
    fc.assert(fc.property(anyHistory, fc.nat(40), (records, at) => {
      const first = fold(records.slice(0, at))
      const image = fold(records.slice(at), first.clone(), at)
      expect(shown(image)).toEqual(shown(fold(records)))
    }))
  })

  it('is the same when nobody looks while records are folded in, and whoever looked before sees what he saw', () => {
    fc.assert(fc.property(anyHistory, fc.nat(40), (records, at) => {
      const image = fold(records.slice(0, at))
      const seen = [...image.topicsById.values()]
      const before = structuredClone(seen)
      image.together(() => fold(records.slice(at), image, at))
      expect(shown(image)).toEqual(shown(fold(records)))
      expect(seen).toEqual(before)
    }))
  })

  it('copies the partitions of a topic once for all records that are folded in together', () => {
    const [topicId] = topicIds as [string]
    const image = fold([{ kind: 'topic-created', name: 't', topicId, configs: [] }])
    const lists = new Set<unknown>()
    const addOne = (partitionIndex: number): void => {
      const members = { replicas: [1], inSyncReplicas: [1], eligibleLeaderReplicas: [], leader: 1, lastKnownLeader: 1 }
      image.apply({ kind: 'partition', topicId, partitionIndex, ...members, leaderEpoch: 0, partitionEpoch: 0 }, image.endOffset)
      lists.add(image.topicsById.get(topicId)!.partitions)
    }
    image.together(() => [0, 1, 2, 3].forEach(addOne))
    expect(lists.size).toBe(1)
    addOne(4)
    expect(lists.size).toBe(2)
  })

  it('becomes another one wholly', () => {
    fc.assert(fc.property(anyHistory, anyHistory, (before, after) => {
      const image = fold(before)
      image.become(fold(after))
      expect(shown(image)).toEqual(naive(after))
    }))
  })

  it('keeps a clone as it was', () => {
    fc.assert(fc.property(anyHistory, fc.nat(40), (records, at) => {
      const image = fold(records.slice(0, at))
      const clone = image.clone()
      const before = structuredClone(clone)
      fold(records.slice(at), image, at)
      expect(structuredClone(clone)).toEqual(before)
    }))
  })

  it('refuses a record about what is not there', () => {
    const image = new ClusterImage()
    expect(() => image.apply({ kind: 'topic-removed', topicId: topicIds[0]! }, 0)).toThrow('does not exist')
    expect(() => image.apply({ kind: 'broker-state', brokerId: 1, fenced: false, inControlledShutdown: false }, 1)).toThrow('not registered')
  })

  it('remembers since when a broker that has not served since has been whole', () => {
    const registered = (previousBrokerEpoch: bigint): MetadataRecord =>
      ({ kind: 'broker-registered', brokerId: 1, incarnationId: topicIds[0]!, previousBrokerEpoch, rack: null, listeners: [] })
    const state = (fenced: boolean): MetadataRecord => ({ kind: 'broker-state', brokerId: 1, fenced, inControlledShutdown: false })
    const intactSince = (...records: MetadataRecord[]): number => fold(records).brokers.get(1)!.intactSince
    expect(intactSince(registered(7n))).toBe(7)
    expect(intactSince(registered(7n), state(true))).toBe(7)
    expect(intactSince(registered(7n), state(false))).toBe(-1)
    expect(intactSince(registered(7n), state(false), state(true))).toBe(-1)
  })
})
