import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TopicPartition } from '../../client.ts'
import type { AssignedMember, Assignment, ClassicAssignor } from './assignor.ts'
import { classicAssignor, classicAssignors } from './assignors.ts'

const names = Object.keys(classicAssignors)
const sticky = classicAssignor('sticky')
const cooperative = classicAssignor('cooperative-sticky')

function members(count: number, topics: readonly string[] = ['t']): AssignedMember[] {
  return Array.from({ length: count }, (_, i) => ({
    memberId: `m${String(i).padStart(2, '0')}`, instanceId: undefined, topics, owned: [], generation: -1,
  }))
}

function keys(assignment: Assignment): string[][] {
  return [...assignment.values()].map((partitions) => partitions.map(({ topic, partition }) => `${topic}-${partition}`))
}

const numbers = (assignment: Assignment): number[][] => [...assignment.values()].map((all) => all.map(({ partition }) => partition))
const sizes = (assignment: Assignment): number[] => [...assignment.values()].map((all) => all.length).sort((a, b) => b - a)

/** The members as they come back after an assignment: with what they were given. */
function owning(all: readonly AssignedMember[], assignment: Assignment, generation = 1): AssignedMember[] {
  return all.map((member) => ({ ...member, owned: assignment.get(member.memberId) ?? [], generation }))
}

/** Cooperative members come back until nothing moves any more. Says after how many rounds. */
function settle(assignor: ClassicAssignor, all: readonly AssignedMember[], counts: ReadonlyMap<string, number>): { assignment: Assignment; rounds: number } {
  let assignment = assignor.assign(all, counts)
  for (let rounds = 1; ; rounds++) {
    const next = assignor.assign(owning(all, assignment, rounds), counts)
    if (JSON.stringify(keys(next)) === JSON.stringify(keys(assignment))) return { assignment, rounds }
    assignment = next
  }
}

describe('over four members and twelve partitions', () => {
  const counts = new Map([['t', 12]])

  test('range cuts ranges', () => {
    expect(numbers(classicAssignor('range').assign(members(4), counts))).toEqual([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]])
  })

  test('roundrobin deals out', () => {
    expect(numbers(classicAssignor('roundrobin').assign(members(4), counts))).toEqual([[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]])
  })

  test('sticky gives three each, and a member that goes only moves its own', () => {
    const all = members(4)
    const first = sticky.assign(all, counts)
    expect(sizes(first)).toEqual([3, 3, 3, 3])
    const left = owning(all, first).slice(1)
    const second = sticky.assign(left, counts)
    expect(sizes(second)).toEqual([4, 4, 4])
    for (const { memberId, owned } of left) expect(second.get(memberId)).toEqual(expect.arrayContaining([...owned]))
  })
})

describe.each(names)('%s', (name) => {
  const assignor = classicAssignor(name)
  const counts = new Map([['t', 12]])

  test('gives eight members of twelve partitions two or one', () => {
    expect(sizes(assignor.assign(members(8), counts))).toEqual([2, 2, 2, 2, 1, 1, 1, 1])
  })

  test('gives twelve members one each, and leaves those beyond without', () => {
    expect(sizes(assignor.assign(members(12), counts))).toEqual(Array(12).fill(1))
    expect(sizes(assignor.assign(members(15), counts))).toEqual([...Array<number>(12).fill(1), 0, 0, 0])
  })

  test('passes over topics that do not exist', () => {
    expect(keys(assignor.assign(members(1, ['t', 'none']), new Map([['t', 1]])))).toEqual([['t-0']])
  })
})

const topicNames = ['a', 'b', 'c']
const anyCounts = fc.tuple(fc.nat(7), fc.nat(7), fc.nat(7)).map((all) => new Map(all.map((count, i) => [topicNames[i]!, count + 1])))
const anySubscription = fc.subarray(topicNames, { minLength: 1 })

/** Members with any subscriptions and any claims, true or not. */
const anyMembers = fc.array(
  fc.record({
    topics: anySubscription,
    owned: fc.uniqueArray(
      fc.record({ topic: fc.constantFrom(...topicNames), partition: fc.nat(8) }),
      { maxLength: 8, selector: ({ topic, partition }) => `${topic}-${partition}` },
    ),
    generation: fc.integer({ min: -1, max: 3 }),
    isStatic: fc.boolean(),
  }),
  { minLength: 1, maxLength: 7 },
).map((all) => all.map(({ isStatic, ...member }, i): AssignedMember => ({
  ...member, memberId: `m${i}`, instanceId: isStatic ? `i${i}` : undefined,
})))

function expectOwnedOnce(all: readonly AssignedMember[], assignment: Assignment, counts: ReadonlyMap<string, number>): void {
  const wanted = [...counts].flatMap(([topic, count]) =>
    all.some(({ topics }) => topics.includes(topic)) ? Array.from({ length: count }, (_, i) => `${topic}-${i}`) : [])
  expect(keys(assignment).flat().sort()).toEqual(wanted.sort())
  for (const { memberId, topics } of all) for (const { topic } of assignment.get(memberId)!) expect(topics).toContain(topic)
}

describe.each(names)('whatever members ask and claim, %s', (name) => {
  const assignor = classicAssignor(name)

  test('gives every partition to exactly one member that reads its topic', () => {
    fc.assert(fc.property(anyMembers, anyCounts, (all, counts) => {
      expectOwnedOnce(all, settle(assignor, all, counts).assignment, counts)
    }))
  })

  test('does not depend on the order in which members came', () => {
    fc.assert(fc.property(anyMembers, anyCounts, (all, counts) => {
      const forth = assignor.assign(all, counts)
      const back = assignor.assign(all.toReversed(), counts)
      for (const [memberId, partitions] of forth) expect(back.get(memberId)).toEqual(partitions)
    }))
  })

  test('is balanced within one when all read the same, per topic where it is range', () => {
    fc.assert(fc.property(anyMembers, anyCounts, (all, counts) => {
      const same = all.map((member) => ({ ...member, topics: topicNames }))
      const { assignment } = settle(assignor, same, counts)
      for (const topic of name === 'range' ? topicNames : [undefined]) {
        const shares = [...assignment.values()].map((mine) => mine.filter((each) => topic === undefined || each.topic === topic).length)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
      }
    }))
  })
})

/** What may stay at most: nobody above the larger share, and no more with that than there may be. */
function mostKept(owned: readonly number[], total: number): number {
  const low = Math.floor(total / owned.length)
  const withMore = Math.min(total % owned.length, owned.filter((count) => count > low).length)
  return owned.reduce((sum, count) => sum + Math.min(count, low), 0) + withMore
}

test('sticky and cooperative-sticky keep as much as balance allows, when a member comes or goes or partitions are added', () => {
  const change = fc.record({ before: fc.integer({ min: 1, max: 7 }), after: fc.integer({ min: 1, max: 7 }), more: fc.nat(4) })
  fc.assert(fc.property(change, anyCounts, ({ before, after, more }, counts) => {
    const old = members(before, topicNames)
    const first = sticky.assign(old, counts)
    const grown = new Map([...counts].map(([topic, count]) => [topic, count + more]))
    const now = members(after, topicNames).map((member) => ({ ...member, owned: first.get(member.memberId) ?? [], generation: 1 }))
    const total = [...grown.values()].reduce((sum, count) => sum + count, 0)
    const most = mostKept(now.map(({ owned }) => owned.length), total)
    for (const assignment of [sticky.assign(now, grown), settle(cooperative, now, grown).assignment]) {
      const kept = now.reduce((sum, { memberId, owned }) => sum + common(owned, assignment.get(memberId)!), 0)
      expect(kept).toBe(most)
    }
  }))
})

function common(a: readonly TopicPartition[], b: readonly TopicPartition[]): number {
  return a.filter(({ topic, partition }) => b.some((each) => each.topic === topic && each.partition === partition)).length
}

test('cooperative-sticky gives nobody what another still claims, and settles in three rounds where all read the same', () => {
  fc.assert(fc.property(anyMembers, anyCounts, (all, counts) => {
    const assignment = cooperative.assign(all, counts)
    for (const { memberId } of all) {
      const others = all.filter((each) => each.memberId !== memberId).flatMap(({ owned }) => owned)
      expect(common(assignment.get(memberId)!, others)).toBe(0)
    }
    const same = all.map((member) => ({ ...member, topics: topicNames }))
    expect(settle(cooperative, same, counts).rounds).toBeLessThanOrEqual(3)
  }))
})

test('of two claims the one of the newer generation counts; of two in one generation none', () => {
  const [a, b] = members(2) as [AssignedMember, AssignedMember]
  const counts = new Map([['t', 2]])
  const claim = [{ topic: 't', partition: 1 }]
  const newer = sticky.assign([{ ...a, owned: claim, generation: 4 }, { ...b, owned: claim, generation: 5 }], counts)
  expect(newer.get(b.memberId)).toEqual(claim)
  const both = sticky.assign([{ ...a, owned: claim, generation: 5 }, { ...b, owned: claim, generation: 5 }], counts)
  expect(both.get(a.memberId)).toEqual([{ topic: 't', partition: 0 }])
})
