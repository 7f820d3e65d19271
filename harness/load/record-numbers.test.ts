import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Value } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'
import { RecordNumbers } from './record-numbers.ts'

/** Mostly counting on, sometimes far out, sometimes of another form. */
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom('k6.steady.0', 'k6.steady.1', 'native-0'), fc.nat(200)).map(([producer, sequence]) => makeValue(producer, sequence)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('k6.steady.0', 'far'), fc.integer({ min: 65_000, max: 400_000_000 })).map(([producer, sequence]) => makeValue(producer, sequence)) },
  { weight: 2, arbitrary: fc.oneof(fc.nat(50), fc.constantFrom('', 'x', 'k6.steady.0-7-00000000', makeValue('a', 7).toUpperCase())) },
)
const steps = fc.array(fc.record({ value, isTaken: fc.boolean() }), { maxLength: 300 })

it('a record has the number that a map would have given it', () => {
  fc.assert(fc.property(steps, (given) => {
    const numbers = new RecordNumbers()
    const model = new Map<Value, number>()
    for (const { value: asked, isTaken } of given) {
      if (isTaken && !model.has(asked)) model.set(asked, model.size)
      expect(isTaken ? numbers.take(asked) : numbers.find(asked)).toBe(model.get(asked) ?? -1)
    }
    expect(numbers.size).toBe(model.size)
  }))
})

it('who asks for a sequence far out keeps nobody from getting there', () => {
  const numbers = new RecordNumbers()
  expect(numbers.find(makeValue('p', 900_000))).toBe(-1)
  for (let sequence = 0; sequence < 300_000; sequence++) numbers.take(makeValue('p', sequence))
  expect(numbers.take(makeValue('p', 900_000))).toBe(300_000)
  expect(numbers.find(makeValue('p', 900_000))).toBe(300_000)
  expect(numbers.find(makeValue('p', 299_999))).toBe(299_999)
})
