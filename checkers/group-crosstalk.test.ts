import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const traffic = '0s p0 send x-0 v1 -> ok @0; p8 poll -> ok x-0[0:v1]'

function found(history: string): string[] {
  return judged(`${traffic}\n${history}`).findings.map(({ anomaly, aspect }) => `${anomaly} ${aspect ?? ''}`)
}

describe('group-crosstalk', () => {
  it('is an offset that only another group committed', () => {
    expect(found('p1/a commit g m1@1 x-0:1 -> ok; p9 offsets h -> ok x-0:1')).toEqual(['group-crosstalk offsets'])
    expect(found('p1/a commit g m1@1 x-0:1 -> ok; p9 offsets h -> ok x-0:-1')).toEqual([])
    expect(found('p1/a commit g m1@1 x-0:1 -> ok; p2/b commit h m2@1 x-0:1 -> info; p3/b commit h m2@1 y-0:1 -> ok; p9 offsets h -> ok x-0:1')).toEqual([])
  })

  it('is a member that only ever joined another group', () => {
    expect(found('p1/a join g -> ok m1@1; group h Stable 1 m1=')).toEqual(['group-crosstalk members'])
    expect(found('p1/a join g -> ok m1@1; group g Stable 1 m1=; group h Empty 0')).toEqual([])
  })

  it('is a partition of a topic that only another group wants', () => {
    const joined = 'p1/a join g classic/range x -> ok m1@1; p2/b join h classic/range y -> ok m2@1'
    expect(found(`${joined}; p1/a assigned g m1@1 x-0:0 y-0:0`)).toEqual(['group-crosstalk assignment'])
    expect(found(`${joined}; p1/a assigned g m1@1 x-0:0; p2/b assigned h m2@1 y-0:0`)).toEqual([])
  })
})
