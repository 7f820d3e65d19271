import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignors, type AssignedTopic, type Assignor, type Subscriber } from './assignors.ts'
import { topicIdOfKey } from './consumer-group.ts'

const topicIds = [0, 1, 2].map((n) => `topic-id-${n}`.padEnd(22, '.'))
const topicsOf = (counts: readonly number[]): AssignedTopic[] => counts.map((partitions, i) => ({ topicId: topicIds[i]!, partitions }))
const someTopics = fc.array(fc.nat(12), { minLength: 1, maxLength: 3 }).map(topicsOf)

interface Setting {
  readonly topics: AssignedTopic[]
  readonly subscribers: Subscriber[]
}

const someSetting: fc.Arbitrary<Setting> = fc.record({
  topics: someTopics,
  subscribers: fc.array(fc.subarray(topicIds), { maxLength: 6 }).map((lists) =>
    lists.map((ids, i): Subscriber => ({ memberId: `m${i}`, topicIds: new Set(ids), before: new Set() }))),
})
const alike = (members: number): Subscriber[] =>
  Array.from({ length: members }, (_, i) => ({ memberId: `m${i}`, topicIds: new Set(topicIds), before: new Set() }))

const keysOf = (topics: readonly AssignedTopic[]): string[] =>
  topics.flatMap(({ topicId, partitions }) => Array.from({ length: partitions }, (_, i) => `${topicId}${i}`))

function goOn(assignor: Assignor, subscribers: readonly Subscriber[], topics: readonly AssignedTopic[]): Subscriber[] {
  const assignment = assignor(subscribers, topics)
  return subscribers.map((each) => ({ ...each, before: assignment.get(each.memberId)! }))
}

describe.each(Object.entries(assignors))('%s', (_name, assignor) => {
  it('gives every partition that somebody reads to one member that reads it', () => {
    fc.assert(fc.property(someSetting, ({ topics, subscribers }) => {
      const assignment = assignor(subscribers, topics)
      const given = subscribers.flatMap(({ memberId, topicIds: reads }) =>
        [...assignment.get(memberId)!].map((key) => {
          expect(reads.has(topicIdOfKey(key))).toBe(true)
          return key
        }))
      const wanted = keysOf(topics.filter(({ topicId }) => subscribers.some(({ topicIds: reads }) => reads.has(topicId))))
      expect(given.toSorted()).toEqual(wanted.toSorted())
    }))
  })
})

describe('uniform', () => {
  it('differs by one at most where all read the same', () => {
    fc.assert(fc.property(someTopics, fc.integer({ min: 1, max: 9 }), (topics, members) => {
      const sizes = [...assignors.uniform(alike(members), topics).values()].map(({ size }) => size)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }))
  })

  it('changes nothing when nothing changed', () => {
    fc.assert(fc.property(someSetting, ({ topics, subscribers }) => {
      const before = goOn(assignors.uniform, subscribers, topics)
      for (const [memberId, keys] of assignors.uniform(before, topics)) {
        expect(keys).toEqual(before.find((each) => each.memberId === memberId)!.before)
      }
    }))
  })

  it('takes nothing from who stays when one leaves, and no more than its share when one comes', () => {
    fc.assert(fc.property(someTopics, fc.integer({ min: 2, max: 8 }), (topics, members) => {
      const before = goOn(assignors.uniform, alike(members), topics)
      const without = assignors.uniform(before.slice(1), topics)
      for (const { memberId, before: had } of before.slice(1)) for (const key of had) expect(without.get(memberId)!.has(key)).toBe(true)
      const newcomer: Subscriber = { memberId: 'z', topicIds: new Set(topicIds), before: new Set() }
      const withOne = assignors.uniform([...before, newcomer], topics)
      const lost = before.flatMap(({ memberId, before: had }) => [...had].filter((key) => !withOne.get(memberId)!.has(key)))
      expect(lost).toHaveLength(withOne.get('z')!.size)
    }))
  })
})

describe('range', () => {
  it('cuts 12 partitions for 4 members into four in a row', () => {
    const [topic] = topicsOf([12])
    const numbers = [...assignors.range(alike(4), [topic!]).values()].map((keys) => [...keys].map((key) => Number(key.slice(22))))
    expect(numbers).toEqual([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]])
  })

  it('gives 12 partitions to 8 members by two and by one', () => {
    const sizes = [...assignors.range(alike(8), topicsOf([12])).values()].map(({ size }) => size)
    expect(sizes).toEqual([2, 2, 2, 2, 1, 1, 1, 1])
  })
})
