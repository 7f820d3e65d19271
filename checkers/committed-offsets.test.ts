/** offset-regression and lost-commit: one reading of committed offsets, told apart by the coordinator. */
import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

const traffic = '0s p0 send x v1 -> ok @0; p8 poll -> ok x[0:v1]'

function found(history: string): readonly string[] {
  return judged(`${traffic}\n${history}`).convicts
}

describe('offset-regression', () => {
  it('is a fetch below an acknowledged commit', () => {
    const { convicts, findings } = judged(`${traffic}
      p1/a commit g m1@1 x:5 -> ok
      p9 offsets g x -> ok x:3`)
    expect(convicts).toEqual(['offset-regression'])
    expect(findings[0]).toMatchObject({ key: 'x', offsets: [3, 5], aspect: 'fetched', witness: [{ op: 5 }, { op: 7 }] })
    expect(found('p1/a commit g m1@1 x:5 -> ok; p9 offsets g -> ok x:-1')).toEqual(['offset-regression'])
    expect(found('p1/a commit g m1@1 x:5 -> ok; p9 offsets g -> ok x:5 y:0')).toEqual([])
  })

  it('is a start below what was committed before the fetch could be asked', () => {
    const starts = (start: number): string => `p1/a commit g m1@1 x:5 -> ok; p2/b join g -> ok m2@2; p2/b assigned g m2@2 x:${start}`
    expect(found(starts(3))).toEqual(['offset-regression'])
    expect(found(starts(5))).toEqual([])
    expect(found('p2/b join g -> ok m2@2; p1/a commit g m1@1 x:5 -> ok; p2/b assigned g m2@2 x:3')).not.toContain('offset-regression')
  })

  it('takes a commit before the revocation for older than the fetch of who is given the partition', () => {
    expect(found(`p1/a join g consumer/uniform x -> ok m1@1; p1/a assigned g m1@1 + x:0; p2/b join g consumer/uniform x -> ok m2@2
      p1/a commit g m1@1 x:5 -> ok; p1/a revoked g m1@1 x; p2/b assigned g m2@2 + x:3`)).toEqual(['offset-regression'])
  })

  it('is explained by a lower write that overlaps, came later, is open, or was on purpose', () => {
    expect(found('p1/a commit g m1@1 x:3; p2/a commit g m1@1 x:5 -> ok; p1 -> ok; p9 offsets g -> ok x:3')).toEqual([])
    expect(found('p1/a commit g m1@1 x:5 -> ok; p1/a commit g m1@1 x:3 -> ok; p9 offsets g -> ok x:3')).toEqual([])
    expect(found('p1/a commit g m1@1 x:3 -> info TIMED_OUT; p2/a commit g m1@1 x:5 -> ok; p9 offsets g -> ok x:3')).toEqual([])
    expect(found('p1/a commit g m1@1 x:5 -> ok; p9 reset-offsets g x:0 -> ok; p9 offsets g -> ok x:0')).toEqual([])
    expect(found('p9 offsets g x; p1/a commit g m1@1 x:5 -> ok; p9 -> ok x:3')).toEqual([])
  })

  it('is explained by a lower commit that was asked for again, whose first asking may come late', () => {
    const late = (attempts: number, memberId = 'm1', generation = 1): readonly string[] => {
      const ops = parseNotation(`${traffic}; p1/a commit g ${memberId}@${generation} x:3 -> ok; p2/b commit g m1@2 x:5 -> ok; p9 offsets g -> ok x:3`)
      const told = ops.map((op) => (op.f === 'commit' && op.type === 'ok' && op.client === 'a' ? { ...op, attempts } : op))
      return judge(told).findings.filter(({ allowed }) => allowed === undefined).map(({ anomaly }) => anomaly)
    }
    expect(late(2)).toEqual([])
    expect(late(1)).toEqual(['offset-regression'])
    expect(late(2, 'm0', 2)).toEqual([])
    expect(late(2, 'm0', 1)).toEqual(['offset-regression'])
  })

  it('is explained by what a member of KIP-848 left open in an epoch that is its own yet', () => {
    const history = (protocol: string, between = ''): readonly string[] => found(`config {"groups":[{"group":"g","protocol":"${protocol}"}]}
      p1/a commit g m1@6 x:3 -> info DISCONNECTED; ${between} p2/b commit g m2@8 x:5 -> ok; p9 offsets g x -> ok x:3`)
    expect(history('consumer')).toEqual([])
    expect(history('classic')).toEqual(['offset-regression'])
    expect(history('consumer', 'p1/a assigned g m1@7 + y:0;')).toEqual(['offset-regression'])
    expect(history('consumer', 'p1/a commit g m1@7 y:1 -> ok;')).toEqual(['offset-regression'])
    expect(history('consumer', 'p1/a lost g m1 x for FENCED_MEMBER_EPOCH;')).toEqual(['offset-regression'])
  })

  it('is not explained by what was over before, was refused, or was open in a generation that is past', () => {
    const lower = (commit: string): readonly string[] => found(`${commit}; p2/b commit g m2@2 x:5 -> ok; p9 offsets g -> ok x:3`)
    expect(lower('p1/a commit g m1@1 x:3 -> ok')).toEqual(['offset-regression'])
    expect(lower('p1/a commit g m1@1 x:3 -> ok; p1/a commit g m1@1 x:4 -> fail ILLEGAL_GENERATION')).toEqual(['offset-regression'])
    expect(lower('p1/a commit g m1@1 x:3 -> info TIMED_OUT')).toEqual(['offset-regression'])
    expect(lower('p1/a commit g m1@2 x:3 -> info TIMED_OUT')).toEqual([])
  })
})

describe('lost-commit', () => {
  it('is the same when another broker has answered for the group since', () => {
    const commit = 'p1/a commit g m1@1 x:5 -> ok by 1'
    expect(found(`${commit}; p9 offsets g -> ok x:3 by 2`)).toEqual(['lost-commit'])
    expect(found(`${commit}; p2/b join g -> ok m2@2 by 2; p2/b assigned g m2@2 x:3`)).toEqual(['lost-commit'])
    expect(found(`${commit}; p2/b join g classic/range x -> ok m2@2 by 2; p2/b assigned g m2@2 x:3 by 2`)).toEqual(['lost-commit'])
    expect(found(`${commit}; p2/b join g consumer/uniform x -> ok m2@1 by 2; p2/b assigned g m2@1 x:3 by 2`)).toEqual(['lost-commit'])
    expect(found(`${commit}; p9 offsets g -> ok x:5 by 2; p9 offsets g -> ok x:3 by 2`)).toEqual(['lost-commit'])
    expect(found(`${commit}; p2/b join g -> ok m2@2 by 2; p9 offsets g -> ok x:3 by 1`)).toEqual(['lost-commit'])
    expect(found(`${commit}; p9 offsets g -> ok x:5 by 2`)).toEqual([])
  })

  it('is left to offset-regression while the coordinator stays, or where nobody says who it is', () => {
    expect(found('p1/a commit g m1@1 x:5 -> ok by 1; p9 offsets g -> ok x:3 by 1')).toEqual(['offset-regression'])
    expect(found('p1/a commit g m1@1 x:5 -> ok; p9 offsets g -> ok x:3 by 2')).toEqual(['offset-regression'])
    expect(found('p1/a commit g m1@1 x:4 -> ok by 2; p1/a commit g m1@1 x:5 -> ok by 1; p9 offsets g -> ok x:3 by 1')).toEqual(['offset-regression'])
  })
})

describe('a stale read', () => {
  const commit = 'p1/a commit g m1@2 x:5 -> ok by 1'
  const is = (name: string, action: string, targets: string, more = ''): string => `nemesis ${name} {"action":"${action}","id":1,"targets":${targets}${more}}`
  const begins = (name: string, targets: string): string => `${is(name, 'start', targets)}; ${is(name, 'evidence', targets, ',"inForce":true,"evidence":"seen"')}`
  const ends = (name: string, targets: string): string => `${is(name, 'stop', targets)}; ${is(name, 'healed', targets, ',"evidence":"seen"')}`
  const frozen = begins('pause', '[2]')

  function listed(history: string): readonly (string | undefined)[] {
    return judged(`config {"recoveryMs":20000}; ${traffic}\n${history}`).findings.map(({ anomaly, aspect, allowed }) => `${anomaly} ${aspect}${allowed === undefined ? '' : ', allowed'}`)
  }

  const stale = 'offset-regression stale, allowed'
  const lost = 'lost-commit fetched'
  const told = '8s p9 offsets g -> ok x:3 by 2'

  it('is told by a broker that may not have heard that another coordinates', () => {
    expect(listed(`${frozen}; 5s ${commit}; ${told}`)).toEqual([stale])
    expect(listed(`p1/a commit g m1@1 y:3 -> ok by 2; ${frozen}; 5s ${commit}; 8s p9 offsets g -> ok x:-1 by 2`)).toEqual([stale])
    expect(listed(`p1/a join g -> ok m1@1 by 2; ${begins('isolate', '[2]')}; 5s ${commit}; 6s ${ends('isolate', '[2]')}; ${told}`)).toEqual([stale])
    expect(listed(`${begins('isolate', '[3]')}; 5s ${commit}; 6s ${ends('isolate', '[3]')}; ${told}`)).toEqual([stale])
  })

  it('is none where nothing kept it from hearing', () => {
    expect(listed(`5s ${commit}; ${told}`)).toEqual([lost])
    expect(listed(`${begins('kill', '[1]')}; 5s ${commit}; ${told}`)).toEqual([lost])
    expect(listed(`5s ${commit}; 6s ${frozen}; ${told}`)).toEqual([lost])
    expect(listed(`${begins('isolate', '[3]')}; 1s ${ends('isolate', '[3]')}; 5s ${commit}; ${told}`)).toEqual([lost])
    expect(listed(`${frozen}; 1s ${ends('pause', '[2]')}; 5s ${commit}; 30s p9 offsets g -> ok x:3 by 2`)).toEqual([lost])
  })

  it('is none where that broker has coordinated since', () => {
    expect(listed(`${frozen}; p3/a commit g m1@2 y:3; 5s ${commit}; p3 -> ok by 2; ${told}`)).toEqual([stale])
    expect(listed(`${frozen}; 5s ${commit}; p3/a commit g m1@2 y:3 -> ok by 2; ${told}`)).toEqual([lost])
    expect(listed(`${frozen}; p2/b join g consumer/uniform x; 5s ${commit}; p2 -> ok m2@3 by 2; p2/b assigned g m2@3 x:3 by 2`)).toContain(stale)
    expect(listed(`${frozen}; p2/b join g classic/range x; 5s ${commit}; p2 -> ok m2@3 by 2; p2/b assigned g m2@3 x:3 by 2`)).toContain('lost-commit start')
    expect(listed(`${frozen}; 5s ${commit}; p9 offsets g -> ok x:5 by 2; ${told}`)).toEqual([lost])
  })
})
