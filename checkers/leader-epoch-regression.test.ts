import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

const sent = 'p0 send x v1, x v2, x v3 -> ok @0, @1, @2'

describe('leader-epoch-regression', () => {
  it('is a lower leaderEpoch behind a higher one, also between two readers and over records without one', () => {
    const one = judged(`${sent}; p1 poll -> ok x[0:v1@5 1:v2 2:v3@4]`)
    expect(one.convicts).toEqual(['leader-epoch-regression'])
    expect(one.findings[0]).toMatchObject({ key: 'x', values: ['v1', 'v3'], offsets: [0, 2], witness: [{ op: 3 }, { op: 3 }] })
    expect(one.findings[0]!.message).toBe('x: offset 0 has leaderEpoch 5, and offset 2 behind it has 4')
    const two = judged(`${sent}; p1 poll -> ok x[0:v1@5]; p2 poll -> fail x[1:v2@4 2:v3@5]; p3 poll -> ok x[0:v1 1:v2 2:v3]`)
    expect(two.findings).toMatchObject([{ offsets: [0, 1], witness: [{ op: 3 }, { op: 5 }] }])
  })

  it('is one offset with two leaderEpochs', () => {
    const { convicts, findings } = judged(`${sent}; p1 poll -> ok x[0:v1@4 1:v2@5 2:v3@5]; p2 poll -> ok x[0:v1@5 1:v2@5 2:v3@5]`)
    expect(convicts).toEqual(['leader-epoch-regression'])
    expect(findings[0]).toMatchObject({ values: ['v1'], offsets: [0] })
    expect(findings[0]!.message).toBe('x: offset 0 was read with leaderEpoch 4 and with 5')
  })

  it('is not a leaderEpoch that stays or rises, nor another one of another key', () => {
    expect(judged(`${sent}; p0 send y v4 -> ok @0; p1 poll -> ok x[0:v1@4 1:v2@4 2:v3@5] y[0:v4@1]`).valid).toBe(true)
  })

  it('says nothing where leaderEpochs or offsets are unknown', () => {
    expect(judged(`${sent}; p1 poll -> ok x[0:v1 1:v2 2:v3]`).valid).toBe(true)
    expect(judged('p0 send x v1, x v2 -> ok; p1 poll -> ok x[?:v1@5 ?:v2@4]').convicts).toEqual([])
  })

  it('passes over what is no leaderEpoch', () => {
    const odd = [null, 7, { leaderEpoch: '4' }, { leaderEpoch: -1 }, { leaderEpoch: 1.5 }, { leaderEpoch: 2 ** 40 }, { recordKey: null }]
    const ops = parseNotation(`${sent}; p1 poll -> ok x[0:v1@5 1:v2@6 2:v3@7]`)
    for (const meta of odd) {
      const value = [{ f: 'poll', polled: [['x', [[0, 'v1', { leaderEpoch: 5 }], [1, 'v2', meta], [2, 'v3', { leaderEpoch: 5 }]]]] }]
      expect(judge([...ops.slice(0, -1), { ...ops.at(-1)!, value }]).valid, JSON.stringify(meta)).toBe(true)
    }
  })

  it('tells every step down against the highest before it', () => {
    const { findings } = judged(`${sent}; p1 poll -> ok x[0:v1@5 1:v2@3 2:v3@4]`)
    expect(findings.map(({ offsets }) => offsets)).toEqual([[0, 1], [0, 2]])
  })
})
