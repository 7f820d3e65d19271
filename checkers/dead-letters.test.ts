/** What becomes of records that a group cannot process, and the figures of how far it is behind. */
import { describe, expect, it } from 'vitest'
import { derivedValue } from '../history/derived-value.ts'
import { parseNotation } from '../history/notation.ts'
import { buildHistoryIndex } from './history-index.ts'
import { lagFigures } from './groups/lag.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

const config = (more: object = {}, delivery?: string): string => {
  const groups = delivery === undefined ? {} : { groups: [{ group: 'g', delivery }] }
  return `config ${JSON.stringify({ rebalanceBoundMs: 5000, deadLetters: [{ group: 'g', topic: 'd', blocksForMs: 1000, ...more }], ...groups })}\n`
}
const traffic = '0s p0 send x v0, x v1, x v2 -> ok @0, @1, @2; p8 poll -> ok x[0:v0@0/ann 1:v1@0/bob 2:v2@0/ann]'
const about1 = derivedValue({ key: 'x', offset: 1 }, 'd', 0)
const failed = 'p1/a process g m1@1 x 0..2 -> fail 1'
const wentOn = 'p1/a process g m1@1 x 2..2 -> ok; p1/a commit g m1@1 x:3 -> ok'

function run(history: string, delivery?: string): ReturnType<typeof judged> {
  return judged(`${config({}, delivery)}${traffic}\n${history}`)
}

describe('lost-dead-letter', () => {
  it('is a record that the group failed at and committed past, of which nothing is told anywhere', () => {
    const { convicts, findings } = run(`${failed}; ${wentOn}`)
    expect(convicts).toEqual(['lost-dead-letter'])
    expect(findings[0]).toMatchObject({ key: 'x', offsets: [1] })
  })

  it('is not one whose letter was acknowledged or read, and is one whose letter is about another record', () => {
    expect(run(`${failed}; p2 send d ${about1} -> ok @0; ${wentOn}; p8 poll -> ok d[0:${about1}]`).convicts).toEqual([])
    expect(run(`${failed}; p2 send d ${about1} -> info TIMED_OUT; ${wentOn}; p8 poll -> ok d[0:${about1}]`).convicts).toEqual([])
    const other = derivedValue({ key: 'x', offset: 2 }, 'd', 0)
    expect(run(`${failed}; p2 send d ${other} -> ok @0; ${wentOn}; p8 poll -> ok d[0:${other}]`).convicts).toEqual(['lost-dead-letter'])
    expect(run(`${failed}; p2 send e ${about1} -> ok @0; ${wentOn}; p8 poll -> ok e[0:${about1}]`).convicts).toEqual(['lost-dead-letter'])
  })

  it('is not one that was not committed past, was finished later, may have been, or was led past on purpose', () => {
    expect(run(`${failed}; p1/a commit g m1@1 x:1 -> ok`).convicts).toEqual([])
    expect(run(`${failed}; p1/a process g m1@1 x 1..1 -> ok; ${wentOn}`).convicts).toEqual([])
    expect(run(`${failed}; p1/a process g m1@1 x 1..1 -> info; p3/a process g m1@1 x 2..2 -> ok; p3/a commit g m1@1 x:3 -> ok`).convicts).toEqual([])
    expect(run(`${failed}; p9 reset-offsets g x:2 -> ok; ${wentOn}`).convicts).toEqual([])
  })

  it('goes by the delivery that the group has chosen', () => {
    expect(run(`${failed}; ${wentOn}`, 'at-least-once').convicts).toEqual(['lost-dead-letter'])
    expect(run(`${failed}; ${wentOn}`, 'at-most-once')).toMatchObject({ valid: true, allowed: ['lost-dead-letter'] })
  })

  it('is asked only of groups that have a place for letters', () => {
    expect(judged(`${traffic}\n${failed}; ${wentOn}`).convicts).toEqual([])
  })
})

describe('false-dead-letter', () => {
  const put = `${failed}; p2 send d ${about1} -> ok @0; ${wentOn}; p8/r poll -> ok d[0:${about1}]`
  const says = (letter: string): readonly string[] => run(`${put}; p8/r letter h m2@1 d:0${letter}`).convicts

  it('is not one that says all there is to say', () => {
    expect(says(' of x:1 key bob for POISON')).toEqual([])
  })

  it('leaves something out', () => {
    expect(says('')).toEqual(['false-dead-letter'])
    expect(says(' key bob for POISON')).toEqual(['false-dead-letter'])
    expect(says(' of x:1 key bob')).toEqual(['false-dead-letter'])
    expect(says(' of x:1 for POISON')).toEqual(['false-dead-letter'])
  })

  it('names another record, or another key', () => {
    expect(says(' of x:2 key ann for POISON')).toEqual(['false-dead-letter'])
    expect(says(' of x:1 key ann for POISON')).toEqual(['false-dead-letter'])
  })

  it('is about a record at which nobody failed', () => {
    const about2 = derivedValue({ key: 'x', offset: 2 }, 'd', 0)
    const history = `p1/a process g m1@1 x 0..2 -> ok; p2 send d ${about2} -> ok @0; p8/r poll -> ok d[0:${about2}]; p8/r letter h m2@1 d:0 of x:2 key ann for POISON`
    expect(run(history).convicts).toEqual(['false-dead-letter'])
  })

  it('is not one of another group that puts aside in the same topic', () => {
    const shared = config().replace(']', ',{"group":"i","topic":"d","blocksForMs":1000}]')
    const isFalse = (group: string): boolean =>
      judged(`${shared}${traffic}\n${put.replaceAll(' g m1@1', ` ${group} m1@1`)}; p4/b process i m4@1 x 0..0 -> ok; p8/r letter h m2@1 d:0 of x:1 key bob for POISON`).convicts.includes('false-dead-letter')
    expect(['g', 'i', 'k'].map(isFalse)).toEqual([false, false, true])
  })

  it('is told once, however often it is read', () => {
    expect(run(`${put}; p8/r letter h m2@1 d:0; p8/r letter h m2@1 d:0`).findings).toHaveLength(1)
  })
})

describe('blocked-partition', () => {
  const later = (history: string): readonly string[] => run(history).convicts

  it('is a group that stays at a record it cannot process', () => {
    expect(later(`1s ${failed}; 7.5s p1/a poll -> ok`)).toEqual(['blocked-partition'])
    expect(later(`1s ${failed}; 6.5s p1/a poll -> ok`)).toEqual([])
  })

  it('is not one that gets past it in time', () => {
    expect(later(`1s ${failed}; p2 send d ${about1} -> ok @0; p8 poll -> ok d[0:${about1}]; 6s ${wentOn}; 20s p1/a poll -> ok`)).toEqual([])
    expect(later(`1s ${failed}; p2 send d ${about1} -> ok @0; p8 poll -> ok d[0:${about1}]; 6s p1/a commit g m1@1 x:2 -> ok; 20s p1/a poll -> ok`)).toEqual([])
  })

  it('waits for faults and sessions to end', () => {
    const kill = (action: string, more = ''): string => `nemesis kill {"action":"${action}","id":1${more}}`
    const broken = `1s ${failed}; ${kill('start', ',"targets":[1]')}; ${kill('evidence', ',"inForce":true,"evidence":{}')}`
    const healed = `${kill('stop')}; ${kill('healed', ',"evidence":{}')}`
    expect(later(`${broken}; 9s ${healed}; 14s p1/a poll -> ok`)).toEqual([])
    expect(later(`${broken}; 9s ${healed}; 16s p1/a poll -> ok`)).toEqual(['blocked-partition'])
  })

  it('is not judged of a machine that was too slow', () => {
    expect(run(`1s ${failed}; 5s harness starved; 9s p1/a poll -> ok`)).toMatchObject({ valid: 'unknown', convicts: [] })
  })
})

describe('coverage of dead letters', () => {
  it('counts what was put aside, and the letters that were read, so that a run without either falls below its floor', () => {
    const floors = '"floors":{"coverage.putAside":1,"coverage.deadLetters":1}'
    const history = (more: string): string => `config {"deadLetters":[{"group":"g","topic":"d"}],${floors}}\n${traffic}\n${more}`
    expect(judged(history('p1/a process g m1@1 x 0..2 -> ok')).valid).toBe('unknown')
    const put = `${failed}; p2 send d ${about1} -> ok @0; ${wentOn}; p8/r poll -> ok d[0:${about1}]; p8/r letter h m2@1 d:0 of x:1 key bob for POISON`
    expect(judged(history(put))).toMatchObject({ valid: true, reasons: [] })
  })
})

describe('lag', () => {
  const lag = (history: string): ReturnType<typeof lagFigures> => lagFigures(buildHistoryIndex(parseNotation(history)))
  const end = (at: number, key = 'x'): string => `observe 2 ${key} leader 2 leaderEpoch 1 highWatermark ${at}`

  it('is what leaders hold beyond what is committed, over the keys of a group', () => {
    expect(lag(`p1/a assigned g m1@1 x:0 y:2; ${end(10)}; ${end(5, 'y')}; p1/a commit g m1@1 x:4 -> ok`)).toEqual({ groupLagMax: 13, groupLagEnd: 9 })
    expect(lag(`p1/a assigned g m1@1 x:0; ${end(10)}; p1/a commit g m1@1 x:10 -> ok`)).toEqual({ groupLagMax: 10, groupLagEnd: 0 })
  })

  it('counts no commit that may not have happened, and no key the group does not read', () => {
    expect(lag(`p1/a assigned g m1@1 x:0; ${end(10)}; ${end(7, 'y')}; p1/a commit g m1@1 x:10 -> info`)).toEqual({ groupLagMax: 10, groupLagEnd: 10 })
  })

  it('rises again when offsets are set back, and is never below nothing', () => {
    expect(lag(`p1/a assigned g m1@1 x:0; ${end(6)}; p1/a commit g m1@1 x:6 -> ok; p9 reset-offsets g x:0 -> ok`)).toEqual({ groupLagMax: 6, groupLagEnd: 6 })
    expect(lag(`p1/a assigned g m1@1 x:0; ${end(6)}; p9 reset-offsets g x:900 -> ok`)).toEqual({ groupLagMax: 6, groupLagEnd: 0 })
  })

  it('is a figure of every judgement of groups, and of no other', () => {
    expect(judge(parseNotation(`p1/a assigned g m1@1 x:0; ${end(10)}`)).figures).toMatchObject({ groupLagMax: 10 })
    expect(judge(parseNotation(`p0 send x v1 -> ok @0; ${end(10)}`)).figures).not.toHaveProperty('groupLagMax')
  })
})
