import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shapes, type ShapeName } from '../../workloads/k6/shapes.ts'
import { Arrivals } from './arrivals.ts'

const names = Object.keys(shapes) as ShapeName[]

function dues(name: ShapeName, rate: number, durationMs: number): number[] {
  const arrivals = new Arrivals(shapes[name], rate, durationMs)
  return Array.from({ length: arrivals.total }, (_, arrival) => arrivals.dueMs(arrival))
}

describe('arrivals', () => {
  it('come in order, within the time, whatever the shape', () => {
    fc.assert(fc.property(fc.constantFrom(...names), fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 100, max: 5000 }), (name, rate, durationMs) => {
      const due = dues(name, rate, durationMs)
      for (let at = 1; at < due.length; at++) expect(due[at]!).toBeGreaterThanOrEqual(due[at - 1]!)
      for (const ms of due) expect(ms >= 0 && ms <= durationMs + 1e-6).toBe(true)
    }))
  })

  it('of a steady rate are evenly apart', () => {
    expect(dues('steady', 100, 1000)).toHaveLength(100)
    expect(dues('steady', 100, 1000).slice(0, 3)).toEqual([0, 10, 20])
  })

  it('of a rising rate are half as many in half of the time, a quarter of the time apart', () => {
    const due = dues('breakpoint', 1000, 10_000)
    expect(due).toHaveLength(5000)
    expect(due.filter((ms) => ms < 5000).length).toBeCloseTo(1250, -1)
  })

  it('of a spike are three times as dense in it', () => {
    const due = dues('spike', 3000, 10_000)
    const within = (from: number, to: number): number => due.filter((ms) => ms >= from && ms < to).length
    expect(within(1000, 2000)).toBeCloseTo(1000, -2)
    expect(within(4300, 5300)).toBeCloseTo(3000, -2)
  })
})
