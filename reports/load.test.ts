import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Op } from '../history/op.ts'
import { timelineSpec } from './charts.ts'
import { loadOf } from './load.ts'
import { prepare } from './prepare.ts'

function loadOp(value: unknown): Op {
  return { index: 0, time: 9e9, process: 'harness', type: 'info', f: 'load', value }
}

const second = { t: 3, requests: 2, acknowledged: 20, notAcknowledged: 1, dropped: 0, p50Ms: 1.5, p99Ms: 9, maxMs: 0 }

describe('the numbers of a load tool', () => {
  test('become rows on the time axis of the run', () => {
    const load = loadOf([loadOp({ tool: 'k6 v1', seconds: [second, { ...second, t: 4, p50Ms: null }] })])
    expect(load.tool).toBe('k6 v1')
    expect(load.latency.slice(0, 4)).toEqual([
      { t: 3.5, q: 'p50', ms: 1.5 }, { t: 3.5, q: 'p99', ms: 9 }, { t: 3.5, q: 'max', ms: 0.001 }, { t: 4.5, q: 'p50', ms: null },
    ])
    expect(load.rates.slice(0, 3)).toEqual([
      { t: 3, outcome: 'acknowledged', perSecond: 20 }, { t: 3, outcome: 'not acknowledged', perSecond: 1 }, { t: 3, outcome: 'dropped', perSecond: 0 },
    ])
  })

  test('are drawn beside those of the history, and not where there are none', () => {
    const drawn = (ops: readonly Op[]): string[] => {
      const spec = timelineSpec(prepare(ops, { faults: [], findings: [], maxPoints: 100 })!)
      return ((spec?.['vconcat'] ?? []) as { layer: { name?: string }[] }[]).flatMap(({ layer }) => layer.flatMap(({ name }) => name ?? []))
    }
    expect(drawn([loadOp({ tool: 'k6', seconds: [second] })])).toEqual(['loadLatency', 'loadRates'])
    expect(drawn([loadOp({ tool: 'k6', seconds: [] })])).toEqual([])
  })

  test('may be anything in a foreign history, and stay bounded', () => {
    fc.assert(fc.property(fc.anything(), fc.array(fc.anything()), (value, seconds) => {
      loadOf([loadOp(value), loadOp({ seconds })])
    }))
    const many = Array.from({ length: 10_000 }, (_, t) => ({ ...second, t }))
    expect(loadOf([loadOp({ tool: 'k6', seconds: many })]).rates.length).toBeLessThan(4000)
  })
})
