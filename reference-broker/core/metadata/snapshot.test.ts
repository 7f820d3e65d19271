import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyHistory, fold } from './any-history.testing.ts'
import { ClusterImage, type BrokerImage, type PartitionImage, type TopicImage } from './image.ts'
import { encodeSnapshot, readSnapshot, type Snapshot } from './snapshot.ts'

const ids = fc.array(fc.nat(9), { maxLength: 3 })
const text = fc.string({ maxLength: 10, unit: 'grapheme' })
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
const settings = fc.array(fc.tuple(text, text), { maxLength: 3 }).map((each) => new Map(each))
const offset = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })

const broker: fc.Arbitrary<BrokerImage> = fc.record({
  id: fc.nat(),
  epoch: offset,
  incarnationId: uuid,
  listeners: fc.array(fc.record({ name: text, host: text, port: fc.nat(65_535) }), { maxLength: 2 }),
  rack: fc.option(text),
  fenced: fc.boolean(),
  inControlledShutdown: fc.boolean(),
  intactSince: offset,
})
const partition: fc.Arbitrary<PartitionImage> = fc.record({
  replicas: ids,
  inSyncReplicas: ids,
  leader: fc.integer({ min: -1, max: 9 }),
  leaderEpoch: fc.nat(),
  partitionEpoch: fc.nat(),
  eligibleLeaderReplicas: ids,
  lastKnownLeader: fc.integer({ min: -1, max: 9 }),
})
const topic: fc.Arbitrary<TopicImage> = fc.record({
  name: text,
  id: uuid,
  configs: settings,
  partitions: fc.array(partition, { maxLength: 4 }),
})

/** Whatever an image can hold, whether a log can lead there or not. */
const anyImage: fc.Arbitrary<ClusterImage> = fc.record({
  brokers: fc.uniqueArray(broker, { maxLength: 4, selector: ({ id }) => id }),
  topics: fc.uniqueArray(topic, { maxLength: 4, selector: ({ name }) => name }),
  clusterConfigs: settings,
  nextProducerId: fc.nat(Number.MAX_SAFE_INTEGER),
  endOffset: fc.nat(Number.MAX_SAFE_INTEGER),
}).map(({ brokers, topics, clusterConfigs, nextProducerId, endOffset }) => {
  const image = new ClusterImage()
  for (const each of brokers) image.brokers.set(each.id, each)
  for (const each of topics) image.topicsByName.set(each.name, each)
  for (const each of topics) image.topicsById.set(each.id, each)
  return Object.assign(image, { clusterConfigs, nextProducerId, endOffset })
})

/** All of it, and the order of its maps. */
function shown(image: ClusterImage): unknown {
  return structuredClone(Object.entries(image).map(([name, value]) => [name, value instanceof Map ? [...value] : value]))
}

const at = { epoch: 4, lastTimestamp: 1_700_000_000_000 }

function reread(image: ClusterImage): Snapshot {
  const read = readSnapshot(encodeSnapshot(image, at), { endOffset: image.endOffset, epoch: at.epoch })
  if (!read.ok) throw new Error(read.reason)
  return read.snapshot
}

describe('a snapshot', () => {
  it('is read as the image it was made of', () => {
    fc.assert(fc.property(anyImage, (image) => {
      const { image: read, lastTimestamp, id } = reread(image)
      expect(shown(read)).toEqual(shown(image))
      expect({ ...id, lastTimestamp }).toEqual({ endOffset: image.endOffset, ...at })
    }))
  })

  it('takes the place of the records below it, whatever follows', () => {
    fc.assert(fc.property(anyHistory, fc.nat(40), (records, after) => {
      const whole = fold(records)
      const kept = Math.min(after, records.length)
      const { image } = reread(fold(records.slice(0, kept)))
      expect(shown(fold(records.slice(kept), image, kept))).toEqual(shown(whole))
    }))
  })

  it('of the same image is the same bytes', () => {
    fc.assert(fc.property(anyImage, (image) => {
      expect(encodeSnapshot(reread(image).image, at)).toEqual(encodeSnapshot(image, at))
    }))
  })

  it('larger than one batch is read back whole', () => {
    const image = new ClusterImage()
    const replicas = Array.from({ length: 100 }, (_, i) => i)
    const lists = { replicas, inSyncReplicas: replicas, eligibleLeaderReplicas: [] }
    const each: PartitionImage = { ...lists, leader: 1, leaderEpoch: 2, partitionEpoch: 3, lastKnownLeader: -1 }
    const wide: TopicImage = { name: 'wide', id: 'AAAAAAAAAAAAAAAAAAAAAQ', configs: new Map(), partitions: Array.from({ length: 2000 }, () => each) }
    image.topicsByName.set(wide.name, wide)
    image.topicsById.set(wide.id, wide)
    expect(encodeSnapshot(image, at).length).toBeGreaterThan(1_000_000)
    expect(shown(reread(image).image)).toEqual(shown(image))
  })

  it('cut short anywhere, or followed by anything, is none', () => {
    fc.assert(fc.property(anyImage, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 80 }), (image, cut, more) => {
      const bytes = encodeSnapshot(image, at)
      expect(readSnapshot(bytes.subarray(0, cut % bytes.length), idOf(image)).ok).toBe(false)
      expect(readSnapshot(Uint8Array.of(...bytes, ...more), idOf(image)).ok).toBe(false)
    }))
  })

  it('with a changed byte is none, unless that byte says nothing', () => {
    fc.assert(fc.property(anyImage, fc.nat(), fc.integer({ min: 1, max: 255 }), (image, position, change) => {
      const bytes = encodeSnapshot(image, at)
      bytes[position % bytes.length]! ^= change
      const read = readSnapshot(bytes, idOf(image))
      if (read.ok) expect(shown(read.snapshot.image)).toEqual(shown(image))
    }))
  })
})

function idOf(image: ClusterImage): { endOffset: number; epoch: number } {
  return { endOffset: image.endOffset, epoch: at.epoch }
}
