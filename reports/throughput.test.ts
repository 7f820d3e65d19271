import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Op, OpType } from '../history/op.ts'
import { throughputOf } from './throughput.ts'

const done = (seconds: number, type: OpType): Op => ({
  index: 0, time: seconds * 1e9, process: 0, type, f: 'send', value: null,
})

describe('throughput', () => {
  test('counts every completion once, under its own outcome', () => {
    const types = fc.constantFrom<OpType>('invoke', 'ok', 'fail', 'info')
    const op = fc.tuple(fc.double({ min: 0, max: 59.9, noNaN: true }), types)
    fc.assert(
      fc.property(fc.array(op, { maxLength: 200 }), (list) => {
        const { rows, bucketSeconds } = throughputOf(list.map(([t, type]) => done(t, type)), 60)
        for (const outcome of ['ok', 'fail', 'info'] as const) {
          const own = rows.filter((row) => row.outcome === outcome)
          const total = own.reduce((sum, row) => sum + (row.perSecond ?? 0) * bucketSeconds, 0)
          expect(Math.round(total)).toBe(list.filter(([, type]) => type === outcome).length)
        }
      }),
    )
  })

  test('an outage of ok is a line at zero', () => {
    const { rows } = throughputOf([done(0.1, 'ok'), done(9.9, 'ok')], 10)
    expect(rows.filter(({ perSecond }) => perSecond === 0).length).toBe(rows.length - 2)
  })

  test('fail and info have no line where nothing failed', () => {
    const { rows } = throughputOf([done(0.1, 'ok'), done(5.05, 'fail')], 10)
    const fails = rows.filter(({ outcome }) => outcome === 'fail')
    expect(fails.filter(({ perSecond }) => perSecond !== null).map(({ perSecond }) => perSecond)).toEqual([0, 10, 0])
    expect(rows.some(({ outcome }) => outcome === 'info')).toBe(false)
  })

  test('the number of buckets is bounded for runs of any length', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (endSeconds) => {
        const { rows } = throughputOf([done(endSeconds, 'ok')], endSeconds)
        expect(rows.length).toBeLessThanOrEqual(161)
        expect(rows.filter(({ perSecond }) => perSecond! > 0)).toHaveLength(1)
      }),
    )
  })
})
