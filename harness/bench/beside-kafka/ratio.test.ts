import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { median, ratioOf } from './ratio.ts'

const figure = fc.double({ min: 0.001, max: 1e6, noNaN: true })
const pairs = fc.array(fc.record({ ours: figure, kafka: figure }), { minLength: 1, maxLength: 9 })
const self = (value: number): number => value

describe('a ratio of pairs', () => {
  it('lies between the least and the most of its pairs', () => {
    fc.assert(fc.property(pairs, (given) => {
      const ratio = ratioOf(given, self)
      expect(ratio.min).toBeLessThanOrEqual(ratio.median)
      expect(ratio.median).toBeLessThanOrEqual(ratio.max)
      expect(given.some(({ ours, kafka }) => ours / kafka === ratio.min)).toBe(true)
      expect(given.some(({ ours, kafka }) => ours / kafka === ratio.max)).toBe(true)
      expect(ratio.pairs).toBe(given.length)
    }))
  })

  it('is the same however the machine slows both down together', () => {
    const steady = [{ ours: 20, kafka: 10 }, { ours: 20, kafka: 10 }, { ours: 20, kafka: 10 }]
    const drifting = [{ ours: 20, kafka: 10 }, { ours: 8, kafka: 4 }, { ours: 2, kafka: 1 }]
    for (const given of [steady, drifting]) expect(ratioOf(given, self)).toMatchObject({ median: 2, min: 2, max: 2 })
  })

  it('has the medians of both sides beside it, which are of no one pair', () => {
    expect(ratioOf([{ ours: 1, kafka: 9 }, { ours: 2, kafka: 8 }, { ours: 3, kafka: 1 }], self)).toMatchObject({ ours: 2, kafka: 8, median: 0.25 })
  })
})

describe('a median', () => {
  it('has as many values above as below', () => {
    fc.assert(fc.property(fc.array(figure, { minLength: 1 }), (values) => {
      const middle = median(values)
      const below = values.filter((value) => value < middle).length
      const above = values.filter((value) => value > middle).length
      expect(Math.max(below, above) * 2).toBeLessThanOrEqual(values.length)
    }))
  })

  it('of nothing is refused', () => {
    expect(() => median([])).toThrow()
  })
})
