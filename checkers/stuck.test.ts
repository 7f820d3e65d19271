import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import type { Op } from '../history/op.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

const before = `config {"recoveryMs":5000}
  0s p0 send x v1 -> ok @0
  p1/reader poll -> ok x[0:v1]
  1s phase heal`

function final(end: number, second = 'v2'): string {
  return `phase final
    p9/final-1 poll -> ok x[0:v1${end === 2 ? ` 1:${second}` : ''}]
    p9/final-1 final-read -> ok x:${end}/${end}
    phase end`
}

describe('stuck', () => {
  it('is that no send succeeded after healing', () => {
    const { convicts, findings } = judged(`${before}
      7s p0 send x v2 -> info TIMED_OUT
      p1/reader poll -> ok
      ${final(1)}`)
    expect(convicts).toEqual(['stuck'])
    expect(findings).toHaveLength(1)
    expect(findings[0]!.witness.map(({ op }) => op)).toEqual([5, 7])
    expect(findings[0]!.message).toBe('after healing, none of 1 sends succeeded')
  })

  it('is not said of sends that succeed, nor of those that began before healing and end well', () => {
    expect(judged(`${before}
      7s p0 send x v2 -> info TIMED_OUT
      p2 send x v3 -> ok @1
      p1/reader poll -> ok x[1:v3]
      ${final(2, 'v3')}`).valid).toBe(true)
    expect(judged(`config {"recoveryMs":5000}
      0s p0 send x v1
      p1/reader poll -> ok
      1s phase heal
      2s p0 -> ok @0
      p1/reader poll -> ok x[0:v1]
      8s p2 send x v2 -> info TIMED_OUT
      ${final(1)}`).valid).toBe(true)
  })

  it('is not said before there was time to recover, but then nothing is valid either', () => {
    const { valid, reasons } = judged(`${before}
      2s p0 send x v2
      20s p0 -> info TIMED_OUT
      p1/reader poll -> ok
      ${final(1)}`)
    expect(valid).toBe('unknown')
    expect(reasons).toEqual([
      'stuck: no send succeeded after healing, but none was tried late enough to say that it should have',
    ])
  })

  it('is said of an op that has been open for longer than recovering takes', () => {
    const open = (at: number): string => `${before}
      2s p0 send x v2 -> ok @1
      p1/reader poll -> ok x[1:v2]
      3s p4 send y v3
      ${at}s ${final(2)}`
    expect(judged(open(8)).convicts).toEqual(['stuck'])
    expect(judged(open(7)).valid).toBe(true)
  })

  it('is said of one key while others work', () => {
    const { convicts, findings } = judged(`${before}
      7s p0 send x v2 -> ok @1
      p1/reader poll -> ok x[1:v2]
      p2 send y v3 -> info TIMED_OUT
      ${final(2)}`)
    expect(convicts).toEqual(['stuck'])
    expect(findings[0]).toMatchObject({ key: 'y', message: 'after healing, none of 1 sends to y succeeded' })
  })

  it('is said of one client while others work', () => {
    const { convicts, findings } = judged(`${before}
      7s p0 send x v2 -> ok @1
      p1/reader poll -> ok x[1:v2]
      p2/other poll -> info TIMED_OUT
      ${final(2)}`)
    expect(convicts).toEqual(['stuck'])
    expect(findings[0]!.message).toBe('after healing, none of 1 ops of client other succeeded')
  })

  it('is not said of a client whose earlier op succeeded after healing', () => {
    expect(judged(`config {"recoveryMs":5000}
      0s p0 send x v1 -> ok @0
      p2/other poll
      1s phase heal
      2s p2 -> ok x[0:v1]
      7s p0 send x v2 -> ok @1
      p3/other poll -> info TIMED_OUT x[1:v2]
      p1/reader poll -> ok x[0:v1 1:v2]
      ${final(2)}`).valid).toBe(true)
  })

  it('is not said of a client that got a definite refusal, but is when told to wait for ever', () => {
    const refused = (code: string): string => `${before}
      7s p0 send x v2 -> ok @1
      p1/reader poll -> ok x[1:v2]
      p2/zombie send x v3 -> fail ${code}
      ${final(2)}`
    expect(judged(refused('INVALID_PRODUCER_EPOCH')).valid).toBe(true)
    expect(judged(refused('NOT_ENOUGH_REPLICAS')).convicts).toEqual(['stuck'])
  })

  it('is not said of a process without a client whose op ended: its thread goes on under another number', () => {
    expect(judged(`${before}
      7s p0 send x v2 -> ok @1
      p1/reader poll -> ok x[1:v2]
      p2 poll -> info TIMED_OUT
      ${final(2)}`).valid).toBe(true)
  })

  it('is a final read that ended before what was acknowledged', () => {
    const { convicts, findings } = judged(`${before}
      7s p0 send x v2 -> ok @1
      p1/reader poll -> ok x[1:v2]
      phase final
      p9/final-1 poll -> ok x[0:v1]
      p9/final-1 final-read -> info x:1/2`)
    expect(convicts).toEqual(['stuck'])
    expect(findings[0]).toMatchObject({ key: 'x', offsets: [1, 1] })
  })

  it('is not a final read that ended behind everything acknowledged, nor one before any healing', () => {
    expect(judged(`${before}
      7s p0 send x v2 -> ok @1
      p1/reader poll -> ok x[1:v2]
      phase final
      p9/final-1 poll -> ok x[0:v1 1:v2]
      p9/final-1 final-read -> info x:2/9`).convicts).toEqual([])
    expect(judged(`
      p0 send x v1 -> ok @0
      p1 poll -> ok x[0:v1]
      phase final
      p9/final-1 final-read -> info x:0/1`).convicts).toEqual([])
  })

  it('is not said of a machine that was starved', () => {
    const ops = parseNotation(`${before}
      7s p0 send x v2 -> info TIMED_OUT
      p1/reader poll -> ok
      ${final(1)}`)
    const starved: Op = { index: ops.length, time: null, process: 'harness', type: 'info', f: 'starved', value: null }
    const { valid, reasons } = judge([...ops, starved])
    expect(valid).toBe('unknown')
    expect(reasons).toEqual(['stuck: the machine was too slow to say that anything is stuck'])
  })

  it('is not said, and nothing is left open, where all came back although the machine was starved', () => {
    const text = (ended: string): string => `${before}
      7s p0 send x v2 -> ok @1
      harness starved
      p1/reader poll -> ok x[1:v2]
      phase final
      p9/final-1 poll -> ok x[0:v1 1:v2]
      p9/final-1 final-read -> ${ended}`
    expect(judged(text('ok x:2/2')).valid).toBe(true)
    const { convicts, reasons } = judged(text('info x:0/2'))
    expect(convicts).toEqual([])
    expect(reasons).toContain('stuck: the machine was too slow to say that anything is stuck')
  })

  describe('of a recovery that the harness waited for', () => {
    const again = `p0 send x v2 -> ok @1
      p1/reader poll -> ok x[1:v2]`
    const value = (unserved: string, absent = ''): string => {
      return `{"complete":false,"absent":[${absent}],"unserved":[${unserved}],"boundMs":5000,"tookMs":5012}`
    }

    it('convicts when it did not come, also of keys nobody sent to again', () => {
      const { convicts, findings } = judged(`${before}
        7s harness recovered ${value('"y"')}
        ${again}
        ${final(2)}`)
      expect(convicts).toEqual(['stuck'])
      expect(findings[0]).toMatchObject({ key: 'y', message: 'within 5000 ms after healing y acknowledged nothing' })
      expect(findings[0]!.witness.map(({ op }) => op)).toEqual([5, 6])
    })

    it('says which brokers were not to come back', () => {
      expect(judged(`${before}
        7s harness recovered ${value('', '3')}
        ${again}
        ${final(2)}`).findings[0]!.message).toBe(
        'within 5000 ms after healing not every partition had its leader and its replicas again (without 3)',
      )
    })

    it('says nothing when it came', () => {
      expect(judged(`${before}
        7s harness recovered ${value('').replace('false', 'true')}
        ${again}
        ${final(2)}`).valid).toBe(true)
    })

    it('is judged for each healing, and not where the machine was starved meanwhile', () => {
      const twice = (first: string, second: string): string => `${before}
        ${first}
        7s harness recovered ${value('"x"')}
        ${again}
        phase heal
        ${second}
        9s harness recovered ${value('"x"')}
        p0 send x v3 -> ok @2
        p1/reader poll -> ok x[2:v3]
        phase final
        p9/final-1 poll -> ok x[0:v1 1:v2 2:v3]
        p9/final-1 final-read -> ok x:3/3`
      expect(judged(twice('', '')).findings).toHaveLength(2)
      const once = judged(twice('harness starved', ''))
      expect([once.convicts, once.findings.length]).toEqual([['stuck'], 1])
      expect(once.findings[0]!.witness.map(({ op }) => op)).toEqual([12, 13])
      const late = judged(twice('', 'harness starved'))
      expect([late.convicts, late.findings.length]).toEqual([['stuck'], 1])
      expect(judged(twice('harness starved', 'harness starved'))).toMatchObject({
        valid: 'unknown',
        reasons: ['stuck: the machine was too slow to say that anything is stuck'],
      })
    })
  })
})
