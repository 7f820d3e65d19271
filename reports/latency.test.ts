import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Op, OpType } from '../history/op.ts'
import { latencyOf, quantile } from './latency.ts'

const at = (index: number, ms: number, type: OpType, more: Partial<Op> = {}): Op => ({
  index, time: ms * 1e6, process: 0, type, f: 'send', value: null, ...more,
})

/** `count` sends one after the other, each begun every 10 ms and taking `ms(i)`. */
function sends(count: number, ms: (i: number) => number, type: (i: number) => OpType = () => 'ok'): Op[] {
  return Array.from({ length: count }, (_, i) => [
    at(2 * i, i * 10, 'invoke', { process: i }),
    at(2 * i + 1, i * 10 + ms(i), type(i), { process: i }),
  ]).flat()
}

const whole = { maxPoints: 1_000_000, endSeconds: 100 }

describe('latency', () => {
  test('runs from the invoke of a process to its completion, whatever comes between', () => {
    const ops = [
      at(0, 0, 'invoke', { process: 1 }), at(1, 1, 'invoke', { process: 2 }),
      at(2, 5, 'ok', { process: 2 }), at(3, 2000, 'info', { process: 1 }),
    ]
    expect(latencyOf(ops, whole).points).toEqual([
      { t: 0.001, ms: 4, outcome: 'ok', op: 1 },
      { t: 0, ms: 2000, outcome: 'info', op: 0 },
    ])
  })

  test('polls, observers, ops without time and ops never completed have none', () => {
    const ops = [
      at(0, 0, 'invoke', { f: 'poll' }), at(1, 9, 'ok', { f: 'poll' }),
      at(2, 0, 'info', { process: 'observer' }), at(3, 1, 'invoke', { process: 1 }),
      at(4, 0, 'invoke', { process: 2, time: null }), at(5, 3, 'ok', { process: 2 }), at(6, 4, 'ok', { process: 3 }),
    ]
    expect(latencyOf(ops, whole).points).toEqual([])
    expect(latencyOf(ops, whole).summary).toEqual({ count: 0, p50Ms: null, p99Ms: null, maxMs: null })
  })

  test('a quantile has at least its share at or below it, and no smaller value has', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (list, share) => {
        const sorted = list.toSorted((a, b) => a - b)
        const value = quantile(sorted, share)
        const upTo = (limit: number): number => sorted.filter((one) => one <= limit).length
        expect(upTo(value)).toBeGreaterThanOrEqual(share * sorted.length - 1e-9)
        expect(sorted.filter((one) => one < value).length).toBeLessThan(share * sorted.length)
      }),
    )
  })

  test('above the limit quantiles replace the answered operations, and a silence is a gap', () => {
    const loud = sends(8000, (i) => 1 + (i % 100))
    const late = sends(1000, () => 3).map((op) => ({ ...op, index: op.index + 16_000, time: op.time! + 90e9, process: 9 }))
    const { points, quantiles, leftOut } = latencyOf([...loud, ...pairwise(late)], { maxPoints: 5000, endSeconds: 100 })
    expect(points).toEqual([])
    expect(leftOut).toBe(9000)
    const first = quantiles.slice(0, 4)
    expect(first.map(({ q }) => q)).toEqual(['p50', 'p95', 'p99', 'max'])
    expect(first.at(-1)!.ms).toBeCloseTo(100)
    const during = (from: number, to: number): (number | null)[] =>
      quantiles.filter(({ t }) => t > from && t < to).map(({ ms }) => ms)
    expect(new Set(during(82, 88))).toEqual(new Set([null]))
    expect(during(10, 70)).not.toContain(null)
  })

  test('down-sampled failures keep the slowest and stay within a quarter of the limit', () => {
    const ops = sends(8000, (i) => (i === 4321 ? 9999 : 5), () => 'info')
    const { points } = latencyOf(ops, { maxPoints: 1000, endSeconds: 90 })
    expect(points.length).toBeLessThanOrEqual(250)
    expect(points.length).toBeGreaterThan(100)
    expect(points.map(({ ms }) => ms)).toContain(9999)
    expect(points.map(({ t }) => t)).toEqual(points.map(({ t }) => t).toSorted((a, b) => a - b))
  })
})

/** The completion of a process right after its invoke. */
function pairwise(ops: readonly Op[]): Op[] {
  return ops.toSorted((a, b) => a.index - b.index)
}
