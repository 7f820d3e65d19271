import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Value } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'
import { RecordDictionary } from './record-dictionary.ts'

/** Values of our form, of forms close to it, and of none; few enough to come again. */
const sequence = fc.oneof(fc.nat(40), fc.nat(40), fc.constantFrom(1023, 1024, 5000, 5001, 10 ** 8, 10 ** 9, 2 ** 40))
const ours = fc.tuple(fc.constantFrom('0', '1', 'producer-2', ''), sequence).map(([who, at]) => makeValue(who, at))
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: ours },
  { weight: 2, arbitrary: ours.map(text => text.replace(/-(\d+)-/, '-0$1-')) },
  { weight: 2, arbitrary: ours.map(text => `${text.slice(0, -1)}x`) },
  fc.constantFrom('', '-', '--00000000', '-7-00000000', '1-7-0000000', '7-00000000', 'a-b-00000000', '1', 'v1'),
  fc.string(),
  fc.nat(30),
  fc.maxSafeInteger(),
)

describe('the record dictionary', () => {
  it('gives each pair of key and value a code of its own, and the same code again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('x', 'y', 3), value), { maxLength: 300 }), pairs => {
        const records = new RecordDictionary(4)
        const known = new Map<string, number>()
        for (const [key, value] of pairs) {
          const name = JSON.stringify([key, value])
          const record = records.record(records.keyCode(key), value)
          expect(record).toBe(known.get(name) ?? known.size)
          known.set(name, record)
          expect([records.keys[records.keyOf[record]!], records.values[record]]).toEqual([key, value])
        }
        expect(records.size).toBe(known.size)
        for (const [, value] of pairs) {
          const all = [...known].filter(([name]) => (JSON.parse(name) as unknown[])[1] === value).map(([, record]) => record)
          expect(records.withValue(value).sort((a, b) => a - b)).toEqual(all)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('finds what it took before it grew, of thousands of each form', () => {
    const records = new RecordDictionary(1)
    const values: Value[] = Array.from({ length: 3000 }, (_, at) => [makeValue(at % 3, at), makeValue('x', 7 * at), `v${at}`, at]).flat()
    const codes = values.map(value => records.record(records.keyCode('x'), value))
    expect(new Set(codes).size).toBe(values.length)
    expect(values.map(value => records.record(0, value))).toEqual(codes)
  })

  it('follows readers of one sequence, also when they part', () => {
    const records = new RecordDictionary(4)
    const key = records.keyCode('x')
    const read = (...values: string[]): number[] => {
      let before = -1
      return values.map(value => (before = records.recordAfter(before, key, value)))
    }
    expect(read('a', 'b', 'c')).toEqual([0, 1, 2])
    expect(read('a', 'b', 'c')).toEqual([0, 1, 2])
    expect(read('a', 'c', 'b')).toEqual([0, 2, 1])
    expect(read('a', 'b', 'd')).toEqual([0, 1, 3])
  })

  it('keeps the key that a record was first told to carry', () => {
    const records = new RecordDictionary(1)
    const [one, other] = [1, 2].map(value => records.record(records.keyCode('x'), value)) as [number, number]
    expect(records.recordKeyOf(other)).toBe(-1)
    records.keepRecordKey(other, 'bob')
    records.keepRecordKey(other, 'eve')
    expect([records.recordKeyOf(one), records.recordKeys[records.recordKeyOf(other)]]).toEqual([-1, 'bob'])
  })
})
