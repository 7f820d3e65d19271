/** orphan-partition, stuck-rebalance and unbalanced-assignment: what a group must look like once it is left alone. */
import { describe, expect, it } from 'vitest'
import { type Judged, judged } from './testing/judged.ts'

const traffic = `config {"rebalanceBoundMs":5000,"groups":[{"group":"g","sessionTimeoutMs":2000}]}
  0s p0 send t-0 v0, t-1 v1, t-2 v2 -> ok @0, @0, @0; p8 poll -> ok t-0[0:v0] t-1[0:v1] t-2[0:v2]`

function run(history: string): Judged {
  return judged(`${traffic}\n${history}`)
}

const join = 'p1/a join g classic/range t -> ok m1@1'
const all = 'p1/a assigned g m1@1 t-0:0 t-1:0 t-2:0'
const some = 'p1/a assigned g m1@1 t-0:0 t-1:0'

function fault(from: number, to: number): { start: string; stop: string } {
  const is = (action: string, more = ''): string => `nemesis kill {"action":"${action}","id":1${more}}`
  return {
    start: `${from}s ${is('start', ',"targets":[1]')}; ${is('evidence', ',"inForce":true,"evidence":"gone"')}`,
    stop: `${to}s ${is('stop')}; ${is('healed', ',"evidence":"back"')}`,
  }
}

describe('orphan-partition', () => {
  it('is a partition that members wanted and nobody had for longer than the bound', () => {
    const { convicts, findings } = run(`${join}; ${some}; 6s p8 poll -> ok`)
    expect(convicts).toEqual(['orphan-partition'])
    expect(findings[0]).toMatchObject({ key: 't-2', guarantees: ['GRP-1', 'GRP-2'] })
    expect(findings[0]!.message).toBe('t-2: nobody of group g (a) owned it for 6000 ms of calm, and 5000 were allowed')
    expect(run(`${join}; ${all}; 6s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${join}; ${some}; 5s p8 poll -> ok`).convicts).toEqual([])
  })

  it('begins to count at every change of the members and of what they own', () => {
    expect(run(`${join}; ${some}; 4s p2/b join g classic/range t -> ok m2@2; 8s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${join}; ${some}; 4s p1/a revoked g m1@1 t-0; 8s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${join}; ${some}; 4s p2/b leave g m2 -> ok; 8s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${join}; ${some}; 4s p2/b leave g m2 -> ok; 10s p8 poll -> ok`).convicts).toEqual(['orphan-partition'])
  })

  it('waits for the session of a member that crashed', () => {
    const crash = `${join}; ${all}; p2/b join g classic/range t -> ok m2@1; p2/b assigned g m2@1; 1s p1/a crash -> info`
    expect(run(`${crash}; 7.5s p8 poll -> ok`).convicts).not.toContain('orphan-partition')
    expect(run(`${crash}; 9s p8 poll -> ok`).convicts).toContain('orphan-partition')
  })

  it('does not count time under a fault, or what is wanted by nobody who is awake', () => {
    const { start, stop } = fault(1, 8)
    expect(run(`${join}; ${some}; ${start}; ${stop}; 12s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${join}; ${some}; ${start}; ${stop}; 14s p8 poll -> ok`).convicts).toEqual(['orphan-partition'])
    expect(run(`${join}; ${some}; p1/a leave g m1 -> ok; 9s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`p1/a join g classic/range u -> ok m1@1; 9s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${join}; ${some}; p1/a heard g m1 0s; 1s p2/b join g classic/range t -> ok m2@2; 9s p8 poll -> ok`).convicts).toEqual([])
  })

  it('waits until the cluster is back, by the word of the harness or for the time it is given, and not for who is gone for good', () => {
    const { start, stop } = fault(1, 2)
    const given = (more: string): string[] => [...judged(`${traffic.replace('{', '{"recoveryMs":10000,')}
      ${join}; ${some}; ${start}; ${more}; 13s p8 poll -> ok`).convicts]
    const recovered = (complete: boolean, absent: number): string =>
      `7s harness recovered {"complete":${complete},"absent":[${absent}],"unserved":[],"boundMs":10000,"tookMs":5000}`
    expect(given(stop)).toEqual([])
    expect(given(`${stop}; ${recovered(true, 2)}`)).toEqual(['orphan-partition'])
    expect(given(`${stop}; ${recovered(false, 2)}`)).not.toContain('orphan-partition')
    expect(given(recovered(true, 1))).toEqual(['orphan-partition'])
    expect(given(recovered(true, 2))).toEqual([])
  })

  it('ends with the traffic, and is not judged on a machine that was starved', () => {
    expect(run(`${join}; ${some}; 1s phase final; 9s p8 poll -> ok`).convicts).toEqual([])
    const starved = run(`${join}; ${some}; 1s harness starved; 9s p8 poll -> ok`)
    expect(starved).toMatchObject({ valid: 'unknown', convicts: [] })
    expect(starved.reasons.join()).toContain('the machine was too slow')
  })
})

describe('stuck-rebalance', () => {
  it('is a join that nobody answers for longer than the bound', () => {
    const { convicts, findings } = run(`${join}; ${all}; 1s p2/b join g classic/range t; 7s p8 poll -> ok`)
    expect(convicts).toEqual(['stuck-rebalance'])
    expect(findings[0]!.message).toBe('group g did not come to rest: b was not let in, for 6000 ms of calm, and 5000 were allowed')
    expect(run(`${join}; ${all}; 3s p2/b join g classic/range t; 7s p8 poll -> ok`).convicts).toEqual([])
  })

  it('counts joins that are asked again and again as one', () => {
    const again = `${join}; ${all}; 1s p2/b join g -> info TIMED_OUT; 4s p3/b join g -> info TIMED_OUT; 6s p4/b join g`
    expect(run(`${again}; 7s p8 poll -> ok`).convicts).toEqual(['stuck-rebalance'])
    expect(run(`${again} -> ok m2@2; 20s p8 poll -> ok`).convicts).not.toContain('stuck-rebalance')
  })

  it('is a member that is let in again and again, and never told its share', () => {
    const inVain = [1, 3, 5, 7].map((s) => `${s}s p2/b join g classic/range t -> ok m2@${s}; p2/b lost g m2 for ILLEGAL_GENERATION`).join('; ')
    expect(run(`${join}; ${all}; ${inVain}; 8s p8 poll -> ok`).convicts).toEqual(['stuck-rebalance'])
    expect(run(`${join}; ${all}; ${inVain.replace('; 5s', '; p2/b assigned g m2@3; 5s')}; 20s p8 poll -> ok`).convicts).not.toContain('stuck-rebalance')
    expect(run(`${join}; ${inVain}; 8s p8 poll -> ok`).convicts).toEqual([])
  })

  it('does not wait for whose instance id another has', () => {
    const restarted = (code: string): readonly string[] => run(`${join}; ${all}; 1s p2/b join g as i1 -> fail ${code}; 9s p8 poll -> ok`).convicts
    expect(restarted('COORDINATOR_NOT_AVAILABLE')).toEqual(['stuck-rebalance'])
    expect(restarted('FENCED_INSTANCE_ID')).toEqual([])
  })

  it('begins to count when somebody else comes or goes, and does not count time under a fault', () => {
    const { start, stop } = fault(2, 6)
    expect(run(`${join}; ${all}; 1s p2/b join g; 5s p3/c join g; 8s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${join}; ${all}; 1s p2/b join g; ${start}; ${stop}; 10s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${join}; ${all}; 1s p2/b join g; ${start}; ${stop}; 12s p8 poll -> ok`).convicts).toEqual(['stuck-rebalance'])
    expect(run(`${join}; ${all}; 1s p2/b join g; 3s p2/b crash -> info; 12s p8 poll -> ok`).convicts).not.toContain('stuck-rebalance')
  })

  it('is a coordinator that goes on saying that the group rebalances', () => {
    expect(run(`${join}; ${all}; 1s group g PreparingRebalance 1 m1=; 7s p8 poll -> ok`).convicts).toEqual(['stuck-rebalance'])
    expect(run(`${join}; ${all}; 1s group g PreparingRebalance 1 m1=; 3s group g Stable 2 m1=; 9s p8 poll -> ok`).convicts).toEqual([])
  })
})

describe('unbalanced-assignment', () => {
  const both = (assignor: string): string => `p1/a join g classic/${assignor} t -> ok m1@1; p2/b join g classic/${assignor} t -> ok m2@1`

  it('is an eager generation whose shares differ by more than one', () => {
    const given = `p1/a assigned g m1@1 t-0:0 t-1:0; p2/b assigned g m2@1`
    for (const assignor of ['range', 'roundrobin', 'sticky']) {
      const { convicts, findings } = run(`${both(assignor)}; ${given}`)
      expect(convicts, assignor).toEqual(['unbalanced-assignment'])
      expect(findings[0]!.message).toMatch(/^group g: in generation 1 a had 2 partitions( of t)? and b had 0$/)
    }
    expect(run(`${both('range')}; p1/a assigned g m1@1 t-0:0 t-1:0; p2/b assigned g m2@1 t-2:0`).convicts).toEqual([])
    expect(run(`${both('own')}; ${given}`).convicts).toEqual([])
  })

  it('is judged by topic for range, and over all for the others', () => {
    const given = `p1/a assigned g m1@1 t-0:0 t-1:0 u-0 u-1; p2/b assigned g m2@1 t-2 u-2`
    const two = (assignor: string): string => both(assignor).replaceAll(' t ', ' t u ')
    expect(run(`${two('range')}; ${given}`).convicts).toEqual([])
    expect(run(`${two('sticky')}; ${given}`).convicts).toEqual(['unbalanced-assignment'])
  })

  it('needs to know what everybody has, and that they want the same', () => {
    expect(run(`${both('range')}; p1/a assigned g m1@1 t-0:0 t-1:0`).convicts).toEqual([])
    expect(run(`${both('range').replace('t -> ok m2', 'u -> ok m2')}; p1/a assigned g m1@1 t-0:0 t-1:0; p2/b assigned g m2@1`).convicts).toEqual([])
  })

  it('is judged at rest where a generation may hold back what is being given up', () => {
    const cooperative = `${both('cooperative-sticky')}; p1/a assigned g m1@1 + t-0:0 t-1:0; p2/b assigned g m2@1 +; 1s p1/a assigned g m1@1 + t-2:0`
    expect(run(`${cooperative}; 3s p8 poll -> ok`).convicts).toEqual([])
    expect(run(`${cooperative}; 7s p8 poll -> ok`).convicts).toEqual(['unbalanced-assignment'])
  })

  it('does not expect an eager generation to know what a static member wants that came when it had begun', () => {
    const before = 'p1/a join g classic/sticky t as i -> ok m1@1'
    const given = 'p2/b join g classic/sticky t u -> ok m2@2; p2/b assigned g m2@2 t-0:0 t-1:0 t-2:0'
    const back = (topics: string): string => `p3/c join g classic/sticky ${topics} as i -> ok m3@2; p3/c assigned g m3@2`
    const eager = (...parts: readonly string[]): readonly string[] =>
      judged(`${traffic.replace('"g",', '"g","cooperative":false,')}\n${parts.join('; ')}`).convicts
    expect(eager(before, given, back('t u'))).toEqual([])
    expect(eager(before.replace(' t ', ' t u '), given, back('t u'))).toEqual(['unbalanced-assignment'])
  })

  it('does not expect a group to hear what a static member wants that came back within its generation', () => {
    const first = 'p1/a join g classic/sticky t as i -> ok m1@1; p2/b join g classic/sticky t u -> ok m2@1'
    const given = 'p1/a assigned g m1@1 t-0; p2/b assigned g m2@1 t-2 u-0 u-1'
    const back = (topics: string, generation: number): string =>
      `1s p1/a crash; p3/c join g classic/sticky ${topics} as i -> ok m3@${generation}; p3/c assigned g m3@${generation} t-0; 9s p8 poll -> ok`
    expect(run(`${first}; ${given}; ${back('t u', 1)}`).convicts).toEqual([])
    expect(run(`${first}; ${given}; ${back('t u', 2)}`).convicts).toContain('orphan-partition')
  })

  it('counts what members want that have changed their minds without joining anew', () => {
    const narrow = 'p1/a join g consumer/uniform t -> ok m1@1; p2/b join g consumer/uniform t -> ok m2@1'
    const given = 'p1/a assigned g m1@1 t-0:0 t-1:0 t-2:0; p2/b assigned g m2@1 u-0 u-1; 7s p8 poll -> ok'
    expect(run(`${narrow}; ${given}`).convicts).toEqual(['unbalanced-assignment'])
    expect(run(`${narrow}; p1/a subscribed g m1@1 t u; p2/b subscribed g m2@1 t u; ${given}`).convicts).toEqual([])
    expect(run(`${narrow}; p2/b subscribed g m2@1 t u; ${given}`).convicts).toEqual([])
  })
})

describe('a partition that first shows in a group at rest', () => {
  const config = 'config {"rebalanceBoundMs":5000}'
  const begun = '0s p0 send t-0 v1 -> ok @0; p1/a join g consumer/uniform t u -> ok m1@1; p1/a assigned g m1@1 t-0:0; p8 poll -> ok t-0[0:v1]'

  it('is nobody’s orphan before it is there', () => {
    expect(judged(`${config}\n${begun}; 9s p1/a assigned g m1@2 + u-0:0; 10s p0 send u-0 v2 -> ok @0; p8 poll -> ok u-0[0:v2]`).convicts).toEqual([])
  })

  it('is one when nobody owns it for longer than the bound from then on', () => {
    const told = (time: string): string => `${config}\n${begun}; 9s observe 1 u-0; ${time} p1/a assigned g m1@2 + u-0:0; 30s p0 send u-0 v2 -> ok @0; p8 poll -> ok u-0[0:v2]`
    expect(judged(told('13s')).convicts).toEqual([])
    expect(judged(told('15s')).convicts).toEqual(['orphan-partition'])
  })
})
