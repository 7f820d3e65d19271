import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyHistory, fold } from './any-history.testing.ts'
import { changesBetween } from './image-changes.ts'
import { ClusterImage } from './image.ts'

/** Partition epochs as they are in a cluster: never the same twice. */
const history = anyHistory.map((records) =>
  records.map((record, offset) => (record.kind === 'partition' ? { ...record, partitionEpoch: offset } : record)))

describe('what changed between two images', () => {
  it('is nothing between an image and itself', () => {
    fc.assert(fc.property(history, (records) => {
      const image = fold(records)
      const nothing = { partitions: [], removedTopics: [], configuredTopics: [], clusterConfigs: false }
      expect(changesBetween(image, image.clone())).toEqual(nothing)
    }))
  })

  it('is each partition that is not the same, each topic that is gone, and all settings that are others', () => {
    fc.assert(fc.property(history, fc.nat(40), (records, at) => {
      const before = fold(records.slice(0, at))
      const after = fold(records.slice(at), before.clone(), Math.min(at, records.length))
      const changes = changesBetween(before, after)
      const text = (value: unknown): string => JSON.stringify(value, (_, each: unknown) => (each instanceof Map ? [...each] : each))
      for (const topic of after.topicsById.values()) {
        for (const [index, partition] of topic.partitions.entries()) {
          const isSame = text(before.partition(topic.id, index)) === text(partition)
          expect(changes.partitions.some((each) => each.topicId === topic.id && each.index === index)).toBe(!isSame)
        }
        const old = before.topicsById.get(topic.id)
        if (old !== undefined) expect(changes.configuredTopics.includes(topic.id)).toBe(text(old.configs) !== text(topic.configs))
      }
      expect(changes.removedTopics).toEqual([...before.topicsById.keys()].filter((id) => !after.topicsById.has(id)))
      expect(changes.clusterConfigs).toBe(text(before.clusterConfigs) !== text(after.clusterConfigs))
    }))
  })

  it('from nothing is all there is', () => {
    fc.assert(fc.property(history, (records) => {
      const image = fold(records)
      const partitions = [...image.topicsById.values()].flatMap(({ id, partitions: all }) => all.map((_, index) => ({ topicId: id, index })))
      expect(changesBetween(new ClusterImage(), image).partitions).toEqual(partitions)
    }))
  })
})
