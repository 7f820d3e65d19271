import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const traffic = '0s p0 send x v1 -> ok @0; p8 poll -> ok x[0:v1]'

function found(history: string): string[] {
  return judged(`${traffic}\n${history}`).findings.map(({ anomaly, aspect }) => `${anomaly} ${aspect ?? ''}`)
}

describe('unfenced-zombie', () => {
  it('is a commit of an old generation that was accepted', () => {
    const { convicts, findings } = judged(`${traffic}
      p1/a join g -> ok m1@1
      p2/b join g -> ok m2@2
      p2/b assigned g m2@2 x:0
      p1/a commit g m1@1 x:1 -> ok`)
    expect(convicts).toEqual(['unfenced-zombie'])
    expect(findings[0]!.message).toBe('x: a commit of 1 by a of group g in generation 1 was accepted although generation 2 had begun')
    expect(findings[0]!.witness.map(({ op }) => op)).toEqual([8, 9, 10])
  })

  it('is not one that was refused, left open, asked before, or of the newest generation', () => {
    const join = 'p2/b join g -> ok m2@2; p3/b commit g m2@2 x:1 -> ok'
    expect(found(`${join}; p1/a commit g m1@1 x:1 -> fail ILLEGAL_GENERATION`)).toEqual([])
    expect(found(`${join}; p1/a commit g m1@1 x:1 -> info TIMED_OUT`)).toEqual([])
    expect(found('p1/a commit g m1@1 x:1; p2/b join g -> ok m2@2; p1 -> ok')).toEqual([])
    expect(found('p2/b join g; p1/a commit g m1@1 x:1 -> ok; p2 -> ok m2@2')).toEqual([])
    expect(found('p2/b join h -> ok m2@2; p1/a commit g m1@1 x:1 -> ok')).toEqual([])
  })

  it('goes by the partition in KIP-848, where epochs are a member\'s own', () => {
    const two = 'p1/a join g consumer/uniform x -> ok m1@1; p1/a assigned g m1@1 + x:0; p2/b join g consumer/uniform x -> ok m2@2'
    expect(found(`${two}; p2/b assigned g m2@2 + y:0; p1/a commit g m1@1 x:1 -> ok`)).toEqual([])
    expect(found(`${two}; p2/b assigned g m2@2 + x:0; p1/a commit g m1@1 x:1 -> ok`)).toEqual(['unfenced-zombie partition'])
    expect(found(`${two}; p1/a revoked g m1@1 x; p2/b assigned g m2@2 + x:0; p2/b revoked g m2@2 x; p1/a assigned g m1@3 + x:0; p1/a commit g m1@3 x:1 -> ok`)).toEqual([])
  })

  it('knows the successor of a static member by its instance id', () => {
    const two = 'p1/a join g as i1 -> ok m1@1; p2/b join g as i1 -> ok m2@1'
    expect(found(`${two}; p1/a commit g m1@1 x:1 -> ok`)).toEqual(['unfenced-zombie static'])
    expect(found(`${two}; p2/b commit g m2@1 x:1 -> ok`)).toEqual([])
  })

  it('does not ask one who is no member', () => {
    expect(found('p2/b join g -> ok m2@2; p1/a commit g - x:1 -> ok')).toEqual([])
  })
})
