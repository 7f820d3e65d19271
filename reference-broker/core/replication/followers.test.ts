import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FollowerTable } from './followers.ts'

const lagTimeMaxMs = 10
const ids = [2, 3, 4]

interface Fetch {
  readonly id: number
  readonly atMs: number
  readonly offset: number
  readonly leaderEnd: number
}

const step = fc.oneof(
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(8), id: fc.constant(0), back: fc.constant(0) }),
  fc.record({ do: fc.constant('append' as const), ms: fc.nat(3), id: fc.constant(0), back: fc.constant(0) }),
  fc.record({ do: fc.constant('fetch' as const), ms: fc.constant(0), id: fc.constantFrom(...ids), back: fc.nat(4) }),
)

/** Runs the steps; returns the table, all fetches, and how things stand at the end. */
function run(members: readonly number[], steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) {
  const table = new FollowerTable(lagTimeMaxMs)
  const fetches: Fetch[] = []
  let nowMs = 0
  let leaderEnd = 3
  table.reset(ids, members, nowMs)
  for (const each of steps) {
    if (each.do === 'wait') nowMs += each.ms
    if (each.do === 'append') leaderEnd += each.ms
    if (each.do === 'fetch') {
      const offset = Math.max(0, leaderEnd - each.back)
      fetches.push({ id: each.id, atMs: nowMs, offset, leaderEnd })
      table.fetched(each.id, { brokerEpoch: 7, fetchOffset: offset, logStartOffset: 0, leaderEnd, nowMs })
    }
  }
  return { table, fetches, nowMs, leaderEnd }
}

/** In sync: it has all there is, or at some time within the lag it had all there had been when it fetched before. */
function naiveIsCaughtUp(id: number, members: readonly number[], ran: ReturnType<typeof run>): boolean {
  const own = ran.fetches.filter((fetch) => fetch.id === id)
  if (own.at(-1)?.offset === ran.leaderEnd) return true
  const times = own.flatMap((fetch, i) => {
    const before = own[i - 1]
    if (fetch.offset >= fetch.leaderEnd) return [fetch.atMs]
    return before !== undefined && fetch.offset >= before.leaderEnd ? [before.atMs] : []
  })
  const last = Math.max(members.includes(id) ? 0 : -Infinity, ...times)
  return ran.nowMs - last <= lagTimeMaxMs
}

describe('a follower', () => {
  const members = fc.subarray(ids)

  it('lags when for too long it has not had what there was', () => {
    fc.assert(fc.property(members, fc.array(step, { maxLength: 25 }), (members, steps) => {
      const ran = run(members, steps)
      const lagging = ids.filter((id) => !naiveIsCaughtUp(id, members, ran))
      expect(ran.table.lagging(ran.leaderEnd, ran.nowMs)).toEqual(lagging)
    }), { numRuns: 500 })
  })

  it('counts for the high watermark as a member, or when it keeps up and may become one', () => {
    fc.assert(fc.property(members, members, fc.array(step, { maxLength: 25 }), (members, eligible, steps) => {
      const ran = run(members, steps)
      const counted = ids.filter((id) => members.includes(id) || (eligible.includes(id) && naiveIsCaughtUp(id, members, ran)))
      const ends = counted.map((id) => ran.fetches.findLast((fetch) => fetch.id === id)?.offset ?? -1)
      const isMember = (id: number): boolean => members.includes(id)
      const mayJoin = (id: number): boolean => eligible.includes(id)
      expect(ran.table.endsThatCount(isMember, mayJoin, ran.leaderEnd, ran.nowMs)).toEqual(ends)
    }), { numRuns: 500 })
  })

  it('that is none of this partition is not known', () => {
    const { table } = run([], [])
    expect(table.fetched(9, { brokerEpoch: 1, fetchOffset: 0, logStartOffset: 0, leaderEnd: 3, nowMs: 0 })).toBe(false)
    expect(table.get(9)).toBeUndefined()
  })

  it('begins anew with each leader epoch', () => {
    const { table } = run([2], [{ do: 'fetch', ms: 0, id: 2, back: 0 }])
    expect(table.get(2)).toMatchObject({ logEndOffset: 3, brokerEpoch: 7 })
    table.reset(ids, [2], 5)
    expect(table.get(2)).toMatchObject({ logEndOffset: -1, brokerEpoch: -1, lastCaughtUpMs: 5 })
    expect(table.lagging(3, 5)).toEqual([3, 4])
  })
})
