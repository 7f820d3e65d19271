import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { buildHistoryIndex } from './history-index.ts'
import { groupCoverage, rebalancePauses } from './groups/group-figures.ts'
import { pausesOf } from './groups/pauses.ts'
import { judge } from './judge.ts'

function indexed(history: string): ReturnType<typeof buildHistoryIndex> {
  return buildHistoryIndex(parseNotation(history))
}

describe('what groups went through', () => {
  it('is counted', () => {
    const index = indexed(`
      p1/a join g as i1 -> ok m1@1 by 1; p1/a assigned g m1@1 x:0
      p1/a commit g m1@1 x:1 y:2 -> ok by 1
      p2/b join g as i1 -> ok m2@1 by 2; p1/a lost g m1 x for FENCED_INSTANCE_ID
      p3/c join g -> ok m3@2 by 2; p3/c commit g m3@2 x:1 -> fail ILLEGAL_GENERATION by 1`)
    expect(groupCoverage(index)).toEqual({
      generations: 2, rebalances: 1, fencedMembers: 1, coordinatorChanges: 2, commits: 2, staticRestarts: 1, rests: 0,
    })
  })

  it('is absent from histories without groups', () => {
    const plain = parseNotation('p0 send x v1 -> ok @0; p1 poll -> ok x[0:v1]')
    expect(Object.keys(judge(plain).figures!).filter(name => /rebalance|generations/.test(name))).toEqual([])
    expect(groupCoverage(buildHistoryIndex(plain))).toBeUndefined()
  })
})

describe('the pause of a rebalance', () => {
  it('is the time in which an eager member has nothing', () => {
    const index = indexed('0s p1/a assigned g m1@1 x y; 1s p1/a revoked g m1@1 x y; 1.25s p1/a assigned g m1@2 x')
    expect(pausesOf(index).map(({ from, to }) => to - from)).toEqual([0.25e9])
    expect(rebalancePauses(index)).toEqual({ rebalancePauseMsMax: 250, rebalancePauseMsMedian: 250 })
  })

  it('is none for a member that keeps some, that is given none, or that goes', () => {
    expect(pausesOf(indexed('0s p1/a assigned g m1@1 x y; 1s p1/a revoked g m1@1 x; 2s p1/a assigned g m1@2 + z'))).toEqual([])
    expect(pausesOf(indexed('0s p1/a assigned g m1@1 x; 1s p1/a revoked g m1@1 x; 2s p1/a assigned g m1@2; 3s p1/a assigned g m1@3 x'))).toEqual([])
    expect(pausesOf(indexed('0s p1/a assigned g m1@1 x; 1s p1/a revoked g m1@1 x; p1/a leave g m1 -> ok; 3s p1/a assigned g m1@3 x'))).toEqual([])
  })
})
