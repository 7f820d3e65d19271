import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const traffic = '0s p0 send x v1 -> ok @0; p8 poll -> ok x[0:v1]'

function found(history: string): string[] {
  return judged(`${traffic}\n${history}`).findings.map(({ anomaly, aspect }) => `${anomaly} ${aspect ?? ''}`)
}

describe('double-owner', () => {
  it('is a key that one epoch of a consumer group gave to two, as a heartbeat of the first shows', () => {
    const both = (protocol: string): string => `0s p0 send x v1 -> ok @0; p1/a join g ${protocol} x -> ok m1@1; p2/b join g ${protocol} x -> ok m2@2
      p1/a assigned g m1@2 + x:0; 1s p2/b assigned g m2@2 + x:0; p1/a poll -> ok x[0:v1]; p2/b poll -> ok x[0:v1]`
    const aspects = (history: string): (string | undefined)[] => judged(history).findings.filter(({ anomaly }) => anomaly === 'double-owner').map(({ aspect }) => aspect)
    expect(aspects(`${both('consumer/uniform')}\n3s p1/a heard g m1 2.9s`)).toEqual(['granted'])
    expect(aspects(both('consumer/uniform'))).toEqual([])
    const givenBack = both('consumer/uniform').replace('; 1s p2', '; p1/a revoked g m1@2 x; 1s p2')
    expect(aspects(`${givenBack}\n3s p1/a heard g m1 2.9s`)).toEqual([])
  })

  it('is one generation that gave a partition to two members, and tells who', () => {
    const { convicts, findings } = judged(`${traffic}
      p1/a assigned g m1@1 x:0
      p2/b assigned g m2@1 x:0`)
    expect(convicts).toEqual(['double-owner'])
    expect(findings[0]).toMatchObject({ key: 'x', aspect: 'generation', guarantees: ['GRP-1'], witness: [{ op: 4 }, { op: 5 }] })
    expect(findings[0]!.message).toBe('x: a and b of group g both owned it in generation 1')
  })

  it('is not two groups, two generations, or one static member that came back', () => {
    expect(found('p1/a assigned g m1@1 x:0; p2/b assigned h m2@1 x:0')).toEqual([])
    expect(found('p1/a assigned g m1@1 x:0; p2/b assigned g m2@2 x:0')).toEqual([])
    expect(found(`p1/a join g as i1 -> ok m1@1; p1/a assigned g m1@1 x:0
      p2/b join g as i1 -> ok m2@1; p2/b assigned g m2@1 x:0`)).toEqual([])
  })

  it('is not one client that joined again under another id', () => {
    expect(found('p1/a join g -> ok m1@1; p1/a assigned g m1@1 x:0; p1/a join g -> ok m2@1; p1/a assigned g m2@1 x:0')).toEqual([])
  })

  it('is not a generation of a group that was forgotten and began anew', () => {
    expect(found(`p1/a join g -> ok m1@1; p1/a assigned g m1@1 x:0; p1/a join g -> ok m1@2; p1/a leave g m1 -> ok
      p2/b join g -> ok m2@1; p2/b assigned g m2@1 x:0`)).toEqual([])
  })

  it('takes what is told late of the generation before for no news of generations', () => {
    const joined = 'p1/a join g classic/sticky x y -> ok m1@1; p2/b join g classic/sticky x y -> ok m2@2; p1/a join g classic/sticky x y -> ok m1@2'
    expect(found(`${joined}; p2/b assigned g m2@2 y:0; p1/a assigned g m1@1 x:0; p1/a assigned g m1@2 + y:0`)).toEqual(['double-owner generation'])
    expect(found(`${joined}; p1/a assigned g m1@1 x:0; p2/b assigned g m2@2 y:0`)).toEqual([])
  })

  it('is a generation that gave away what a cooperative member had when it asked for it', () => {
    const cooperative = (between: string): string[] => found(`
      p1/a join g classic/cooperative-sticky x -> ok m1@1; p1/a assigned g m1@1 + x:0
      ${between}
      p1/a join g classic/cooperative-sticky x -> ok m1@2
      p2/b join g classic/cooperative-sticky x -> ok m2@2; p2/b assigned g m2@2 + x:0
      p1/a assigned g m1@2 +`)
    expect(cooperative('')).toEqual(['double-owner claimed'])
    expect(cooperative('p1/a revoked g m1@1 x')).toEqual([])
    expect(cooperative('p1/a lost g m1 x for UNKNOWN_MEMBER_ID')).toEqual([])
  })

  it('is not a generation that was never shared out, and was made anew by a coordinator that did not know of it', () => {
    const anew = (between: string): string[] => found(`
      p1/a join g classic/cooperative-sticky x -> ok m1@1 by 1; p1/a assigned g m1@1 + x:0 by 1
      p1/a join g classic/cooperative-sticky x -> ok m1@2 by 1
      ${between}
      p2/b join g classic/cooperative-sticky x -> ok m2@2 by 2; p2/b assigned g m2@2 + x:0 by 2`)
    expect(anew('')).toEqual([])
    expect(anew('p1/a crash')).toEqual([])
    expect(anew('p1/a lost g m1 for UNKNOWN_MEMBER_ID')).toEqual([])
  })

  it('is not the claim of a member that had missed a generation', () => {
    expect(found(`
      p1/a join g classic/cooperative-sticky x -> ok m1@1; p1/a assigned g m1@1 + x:0
      p2/b join g classic/cooperative-sticky x -> ok m2@2; p2/b assigned g m2@2 + x:0
      p1/a join g classic/cooperative-sticky x -> ok m1@3
      p2/b join g classic/cooperative-sticky x -> ok m2@3; p2/b assigned g m2@3 + x:0`)).toEqual([])
  })

  const granted = (after: string, by = ''): string[] => found(`
    p1/a join g consumer/uniform x -> ok m1@1; p1/a assigned g m1@1 + x:0
    p2/b join g consumer/uniform x -> ok m2@2
    1s p2/b assigned g m2@2 + x:0${by}
    ${after}`)

  it('is a partition given to another while the broker goes on with the first', () => {
    expect(granted('2s p1/a heard g m1 1.2s')).toEqual(['double-owner granted'])
    expect(granted('2s p1/a revoked g m1@1 x; p1/a heard g m1 1.9s')).toEqual(['double-owner granted'])
    expect(granted('2s p1/a revoked g m1@1 x; p1/a assigned g m1@3 +')).toEqual(['double-owner granted'])
  })

  it('believes no zombie: one that hears nothing, hears what it had asked before, or joins again', () => {
    expect(granted('2s p8 poll -> ok')).toEqual([])
    expect(granted('2s p1/a heard g m1 0.9s')).toEqual([])
    expect(granted('2s p1/a lost g m1 x for FENCED_MEMBER_EPOCH; p1/a join g consumer/uniform x -> ok m1@3; 3s p1/a heard g m1 2.9s')).toEqual([])
    expect(granted('2s p1/a revoked g m1@1 x; p1/a lost g m1 for UNKNOWN_MEMBER_ID')).toEqual([])
  })

  it('does not believe a coordinator that may be none any more', () => {
    expect(granted('2s p1/a heard g m1 1.2s by 2', ' by 2')).toEqual(['double-owner granted'])
    expect(granted('2s p1/a heard g m1 1.2s by 3', ' by 2')).toEqual([])
  })

  it('does not take a member that was asking to join all the while for one that was let be', () => {
    const cooperative = (again: string): string[] => found(`
      p1/a join g classic/cooperative-sticky x -> ok m1@1; p1/a assigned g m1@1 + x:0
      p2/b join g classic/cooperative-sticky x -> ok m2@2
      ${again}
      1s p2/b assigned g m2@2 + x:0
      2s p1 -> ok m1@3; p1/a assigned g m1@3 +`)
    expect(cooperative('p1/a join g classic/cooperative-sticky x')).toEqual([])
  })

  it('is not a late word of an older assignment', () => {
    expect(found(`
      p1/a join g consumer/uniform x -> ok m1@1
      p2/b join g consumer/uniform x -> ok m2@2
      1s p2/b assigned g m2@2 + x:0
      2s p1/a assigned g m1@1 + x:0
      3s p2/b heard g m2 2.9s`)).toEqual([])
  })

  it('is what the coordinator says of a stable group', () => {
    expect(found('group g Stable 3 m1=x m2=x,y')).toEqual(['double-owner described'])
    expect(found('group g PreparingRebalance 3 m1=x m2=x')).toEqual([])
    expect(found('group g Stable 3 m1=x m2=y')).toEqual([])
  })
})
