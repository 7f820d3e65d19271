import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultsOfHistory } from './faults.ts'
import { prepare } from './prepare.ts'
import { hostileFinding, hostileOps } from './testing/arbitraries.ts'
import { trial } from './testing/trial-fixture.ts'

describe('preparing a history', () => {
  test('a history without times has nothing to draw over', () => {
    const op = { index: 0, time: null, process: 0, type: 'invoke', f: 'send', value: null } as const
    expect(prepare([op], { faults: [], findings: [], maxPoints: 10 })).toBeUndefined()
    expect(prepare([], { faults: [], findings: [], maxPoints: 10 })).toBeUndefined()
  })

  test('a real history gives rows of every kind, findings from the first to the last op of their witness', () => {
    const { verdict, histories } = trial({ rate: 40, durationSeconds: 30, seed: 3 })
    const { ops } = histories[0]!
    const { findings } = verdict.scenarios[0]!
    const prepared = prepare(ops, { faults: faultsOfHistory(ops), findings, maxPoints: 5000 })!
    expect(prepared.endSeconds).toBeCloseTo(30)
    expect(prepared.phases.map(({ phase }) => phase)).toEqual(['faults', 'heal', 'final', 'end'])
    expect(prepared.faults).toHaveLength(3)
    expect(prepared.leadership.changes.length).toBeGreaterThan(0)
    const times = findings[0]!.witness.map(({ op }) => ops.at(op)!.time! / 1e9)
    expect(prepared.findings).toHaveLength(1)
    expect(prepared.findings[0]!.t).toBeCloseTo(Math.min(...times), 3)
    expect(prepared.findings[0]!.to).toBeCloseTo(Math.max(...times), 3)
  })

  test('any history can be prepared, and its rows are bounded', () => {
    fc.assert(
      fc.property(hostileOps, fc.array(hostileFinding, { maxLength: 5 }), (ops, findings) => {
        const prepared = prepare(ops, { faults: faultsOfHistory(ops), findings, maxPoints: 8 })
        if (prepared === undefined) return
        expect(prepared.endSeconds).toBeGreaterThan(0)
        expect(prepared.latency.points.length).toBeLessThanOrEqual(8)
        expect(prepared.throughput.rows.length).toBeLessThanOrEqual(3 * 161)
      }),
    )
  })
})
