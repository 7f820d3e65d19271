import { describe, expect, test } from 'vitest'
import type { Finding } from '../checkers/verdict.ts'
import type { Op, OpType } from '../history/op.ts'
import { offsetStrips } from './offset-strip.ts'

const op = (type: OpType, f: string, value: unknown): Op => ({ index: 0, time: 0, process: 0, type, f, value })
const send = (type: OpType, key: string, value: string, offset: number): Op =>
  op(type, 'send', [{ f: 'send', key, value, offset }])
const poll = (type: OpType, key: string, ...records: [number, string][]): Op =>
  op(type, 'poll', [{ f: 'poll', polled: [[key, records]] }])
const lost = (offsets: number[]): Finding => ({
  anomaly: 'lost-write', guarantees: [], message: '', key: 'a', offsets, witness: [],
})

describe('the offsets around a finding', () => {
  test('show what was acknowledged beside what was read, and which offset is meant', () => {
    const finding = lost([2])
    const ops = [send('ok', 'a', 'v1', 1), send('ok', 'a', 'v2', 2), send('ok', 'b', 'w', 2), poll('ok', 'a', [1, 'v1'], [3, 'v3'])]
    const strip = offsetStrips(ops, [finding]).get(finding)!
    expect(strip.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(strip.filter(({ named }) => named)).toEqual([
      { offset: 2, acknowledged: ['v2'], read: [], named: true, afterGap: false },
    ])
    expect(strip[1]).toMatchObject({ acknowledged: ['v1'], read: ['v1'] })
    expect(strip[3]).toMatchObject({ acknowledged: [], read: ['v3'] })
  })

  test('a send counts as acknowledged only when it is ok, a read whatever became of its op', () => {
    const finding = lost([0])
    const ops = [send('info', 'a', 'v0', 0), send('fail', 'a', 'v0', 0), poll('info', 'a', [0, 'x']), poll('fail', 'a', [0, 'y'])]
    expect(offsetStrips(ops, [finding]).get(finding)![0]).toMatchObject({ acknowledged: [], read: ['x', 'y'] })
  })

  test('far offsets leave a gap between them', () => {
    const finding = lost([100, 5])
    const strip = offsetStrips([], [finding]).get(finding)!
    expect(strip.filter(({ afterGap }) => afterGap).map(({ offset }) => offset)).toEqual([96])
    expect(strip.filter(({ named }) => named).map(({ offset }) => offset)).toEqual([5, 100])
  })

  test('a finding without a real offset or without a key has no strip', () => {
    const { key: _, ...keyless } = lost([1])
    expect(offsetStrips([], [lost([]), lost([NaN, -1, 1e300, 0.5]), keyless]).size).toBe(0)
  })
})
