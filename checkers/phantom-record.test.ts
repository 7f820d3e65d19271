import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import type { Op } from '../history/op.ts'
import { makeValue } from '../history/value-checksum.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

const sent = `
  p0 send x v1 -> ok @0
  p0 send y v2 -> ok @0`

describe('phantom-record', () => {
  it('is a record that nobody sent', () => {
    const { convicts, findings } = judged(`${sent}
      p1 poll -> ok x[0:v1 1:v9] y[0:v2]`)
    expect(convicts).toEqual(['phantom-record'])
    expect(findings[0]).toMatchObject({ key: 'x', values: ['v9'], offsets: [1], witness: [{ op: 5 }] })
    expect(findings[0]!.message).toContain('nobody sent it')
  })

  it('is not a record that somebody tried to send, with whatever outcome', () => {
    expect(judged(`${sent}
      p2 send x v9
      p1 poll -> ok x[0:v1 1:v9] y[0:v2]`).valid).toBe(true)
  })

  it('is a record of another key, and says where it came from', () => {
    const { convicts, findings } = judged(`${sent}
      p1 poll -> ok x[0:v1 1:v2] y[0:v2]`)
    expect(convicts).toEqual(['phantom-record'])
    expect(findings[0]!.message).toContain('it was sent to y, not here')
    expect(findings[0]!.witness).toMatchObject([{ op: 3 }, { op: 5 }])
  })

  it('says when the checksum shows that a record of ours was altered', () => {
    const value = makeValue('p', 7)
    const { findings } = judged(`
      p0 send x ${value} -> ok @0
      p1 poll -> ok x[0:${value}]
      p2 poll -> fail x[1:${value.replace('7', '8')}]`)
    expect(findings.map(({ anomaly }) => anomaly)).toEqual(['phantom-record'])
    expect(findings[0]!.message).toContain('its checksum is wrong: it was altered')
  })

  it('tells a number from the same digits as text', () => {
    const poll = (value: number | string): Op[] => [
      ...parseNotation('p0 send x 1 -> ok @0'),
      { index: 2, time: null, process: 1, type: 'invoke', f: 'poll', value: null },
      { index: 3, time: null, process: 1, type: 'ok', f: 'poll', value: [{ f: 'poll', polled: [['x', [[0, value]]]] }] },
    ]
    expect(judge(poll(1)).valid).toBe(true)
    expect(judge(poll('1')).findings.map(({ anomaly }) => anomaly)).toContain('phantom-record')
  })
})
