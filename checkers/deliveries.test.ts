/** skipped-record and reprocessed-record: what became of each record in a group, against what the group promises. */
import { describe, expect, it } from 'vitest'
import { type Judged, judged } from './testing/judged.ts'

const traffic = `0s p0 send x v0, x v1, x v2, x v3 -> ok @0, @1, @2, @3; p8 poll -> ok x[0:v0 1:v1 2:v2 3:v3]`

function run(history: string, delivery?: string): Judged {
  const config = delivery === undefined ? '' : `config {"groups":[{"group":"g","delivery":"${delivery}"}]}\n`
  return judged(`${config}${traffic}\n${history}`)
}

describe('skipped-record of a group that begins at the end', () => {
  const story = (policy: string, committed: string): string => `config {"groups":[{"group":"g","resetPolicy":"${policy}","delivery":"at-least-once","sessionTimeoutMs":2000}]}
    0s p1/a join g classic/range x -> ok m1@1; p1/a assigned g m1@1 x:0; p0 send x v1 -> ok @0; ${committed}; p1/a crash -> info
    3s p2/b join g classic/range x -> ok m2@2; p2/b assigned g m2@2 x:1; p0 send x v2 -> ok @1; p2/b poll -> ok x[1:v2]
    p2/b process g m2@2 x 1..1 -> ok; p2/b commit g m2@2 x:2 -> ok; p8 poll -> ok x[0:v1 1:v2]`
  const isFound = (history: string): boolean => judged(history).convicts.includes('skipped-record')

  it('is nothing that came while nobody had committed', () => {
    expect(isFound(story('latest', ''))).toBe(false)
    expect(isFound(story('earliest', ''))).toBe(true)
    expect(isFound(story('latest', 'p1/a commit g m1@1 x:0 -> ok'))).toBe(true)
  })
})

describe('skipped-record', () => {
  const gap = 'p1/a process g m1@1 x 0..0 -> ok; p1/a process g m1@1 x 3..3 -> ok; p1/a commit g m1@1 x:4 -> ok'

  it('is every acknowledged record behind the committed offset that was never worked on', () => {
    const { convicts, findings } = run(gap)
    expect(convicts).toEqual(['skipped-record'])
    expect(findings.map(({ offsets }) => offsets)).toEqual([[1], [2]])
    expect(findings[0]!.message).toBe('x: group g committed 4 and never worked on v1 at offset 1')
  })

  it('goes by the delivery that the group has chosen', () => {
    expect(run(gap, 'at-least-once')).toMatchObject({ valid: false, convicts: ['skipped-record'] })
    expect(run(gap, 'exactly-once')).toMatchObject({ valid: false, convicts: ['skipped-record'] })
    expect(run(gap, 'at-most-once')).toMatchObject({ valid: true, allowed: ['skipped-record'] })
  })

  it('is not what lies at or beyond the committed offset, or before the start', () => {
    expect(run('p1/a process g m1@1 x 0..0 -> ok; p1/a commit g m1@1 x:1 -> ok').convicts).toEqual([])
    expect(run('p1/a join g -> ok m1@1; p1/a assigned g m1@1 x:2; p1/a process g m1@1 x 2..3 -> ok; p1/a commit g m1@1 x:4 -> ok').convicts).toEqual([])
    expect(run('p1/a process g m1@1 x 0..0 -> ok; p9 reset-offsets g x:3 -> ok; p1/a process g m1@1 x 3..3 -> ok; p1/a commit g m1@1 x:4 -> ok').convicts).toEqual([])
  })

  it('is not what may have been done, nor poison', () => {
    const rest = 'p2/a process g m1@1 x 2..3 -> ok; p2/a commit g m1@1 x:4 -> ok'
    expect(run(`p1/a process g m1@1 x 0..1 -> info; ${rest}`).convicts).toEqual([])
    expect(run(`p1/a process g m1@1 x 0..1 -> fail 1; ${rest}`).convicts).toEqual([])
    expect(run(`p1/a process g m1@1 x 0..1 -> info 0; ${rest}`).convicts).toEqual(['skipped-record'])
    expect(run('p1/a process g m1@1 x 0..3; p2/a commit g m1@1 x:4 -> ok; p3/a process g m1@1 x 3..3 -> ok').convicts).not.toContain('skipped-record')
  })

  it('is not a record that was not acknowledged, nor a group that records no work', () => {
    expect(judged(`p0 send x v0 -> info; p0 send x v1 -> ok @1; p8 poll -> ok x[0:v0 1:v1]
      p1/a process g m1@1 x 1..1 -> ok; p9 reset-offsets g x:0 -> ok; p1/a commit g m1@1 x:2 -> ok`).convicts).toEqual([])
    expect(run('p1/a commit g m1@1 x:4 -> ok').convicts).toEqual([])
  })
})

describe('reprocessed-record of an offset that was told late', () => {
  const story = (node: number): string => `config {"recoveryMs":20000,"groups":[{"group":"g","delivery":"at-most-once","sessionTimeoutMs":1000}]}
    0s p0 send x v1 -> ok @0; p1/a join g classic/range x -> ok m1@1 by 2; p1/a assigned g m1@1 x:0 by 2; p1/a poll -> ok x[0:v1]
    1s nemesis isolate {"action":"start","id":1,"targets":[2]}; nemesis isolate {"action":"evidence","id":1,"inForce":true,"evidence":"seen"}
    2s p1/a commit g m1@1 x:1 -> ok by 1; p1/a process g m1@1 x 0..0 -> ok; p1/a crash -> info
    4s nemesis isolate {"action":"stop","id":1}; nemesis isolate {"action":"healed","id":1,"evidence":"seen"}
    4s p2/b join g classic/range x -> ok m2@2 by 1; p2/b assigned g m2@2 x:0 by ${node}; p2/b poll -> ok x[0:v1]; p2/b process g m2@2 x 0..0 -> ok`

  it('is none when a deposed coordinator may have told it', () => {
    expect(judged(story(2)).convicts).toEqual([])
    expect(judged(story(1)).convicts).toContain('reprocessed-record')
  })
})

describe('reprocessed-record', () => {
  const twice = 'p1/a process g m1@1 x 0..2 -> ok; p2/b process g m2@2 x 2..3 -> ok'

  it('is work that was finished twice', () => {
    const { convicts, findings } = run(twice)
    expect(convicts).toEqual(['reprocessed-record'])
    expect(findings[0]).toMatchObject({ key: 'x', offsets: [2], message: 'x: group g processed offset 2 twice' })
  })

  it('goes by the delivery that the group has chosen', () => {
    expect(run(twice, 'at-most-once').convicts).toEqual(['reprocessed-record'])
    expect(run(twice, 'at-least-once')).toMatchObject({ valid: true, allowed: ['reprocessed-record'] })
    expect(judged(`config {"transactional":true,"groups":[{"group":"g","delivery":"exactly-once"}]}\n${traffic}\n${twice}`).convicts).toEqual([])
  })

  it('is not work that was broken off before, poison that is tried again, or a gap that is filled', () => {
    expect(run('p1/a process g m1@1 x 0..3 -> info 1; p2/b process g m2@2 x 2..3 -> ok').convicts).toEqual([])
    expect(run('p1/a process g m1@1 x 0..3 -> fail 2; p1/a process g m1@1 x 2..3 -> fail 2; p1/a process g m1@1 x 3..3 -> ok').convicts).toEqual([])
    expect(run('p1/a process g m1@1 x 0..0 -> ok; p1/a process g m1@1 x 2..3 -> ok; p1/a process g m1@1 x 1..1 -> ok').convicts).toEqual([])
  })

  it('is not what is read again on purpose', () => {
    const again = 'p2/b process g m2@2 x 0..3 -> ok'
    expect(run(`p1/a process g m1@1 x 0..3 -> ok; p9 reset-offsets g x:0 -> ok; ${again}`).convicts).toEqual([])
    expect(run(`p9 reset-offsets g x:0 -> ok; p1/a process g m1@1 x 0..3 -> ok; ${again}`).convicts).toEqual(['reprocessed-record'])
    expect(run(`p1/a process g m1@1 x 0..3 -> ok; p9 reset-offsets g x:3 -> ok; ${again}`).convicts).toEqual(['reprocessed-record'])
  })
  it('is not what is read again because a commit may have come late', () => {
    const again = 'p1/a process g m1@1 x 0..1 -> ok; p1/a commit g m1@1 x:4 -> ok; p1/a process g m1@1 x 2..3 -> ok; p2/b assigned g m2@2 x:2; p2/b process g m2@2 x 2..3 -> ok'
    expect(run(`p3/a commit g m1@1 x:2 -> ok; ${again}`, 'at-most-once').convicts).toEqual(['reprocessed-record'])
    expect(run(`p3/a commit g m1@1 x:2 -> fail ILLEGAL_GENERATION; ${again}`, 'at-most-once').convicts).toEqual(['reprocessed-record'])
    expect(run(`p3/a commit g m1@1 x:2 -> info TIMED_OUT; ${again}`, 'at-most-once').convicts).toEqual([])
    expect(run(`p3/a commit g m1@1 x:3 -> info TIMED_OUT; ${again}`, 'at-most-once').convicts).toEqual(['reprocessed-record'])
    expect(run(`p3/a commit g m1@1 x:2 -> info TIMED_OUT; ${again.replace('p2/b assigned g m2@2 x:2; ', '')}`, 'at-most-once').convicts)
      .toEqual(['reprocessed-record'])
  })
})
