import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkValue, makeValue } from './value-checksum.ts'

const producer = fc.oneof(fc.nat(), fc.string({ minLength: 1 }).filter(name => !name.includes('\n')))

describe('the value of a record of ours', () => {
  it('has the right checksum when it comes back as it was sent', () => {
    fc.assert(
      fc.property(producer, fc.maxSafeNat(), (producer, sequence) => {
        expect(checkValue(makeValue(producer, sequence))).toBe(true)
      }),
    )
  })

  it('has the wrong one, or is none of ours, when one character was changed', () => {
    fc.assert(
      fc.property(producer, fc.maxSafeNat(), fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (producer, sequence, at, character) => {
        const value = makeValue(producer, sequence)
        const place = at % value.length
        const altered = value.slice(0, place) + character + value.slice(place + 1)
        fc.pre(altered !== value)
        expect(checkValue(altered)).not.toBe(true)
      }),
    )
    expect(checkValue(makeValue('p', 17).replace('17', '18'))).toBe(false)
  })

  it('is stable: recorded histories can be checked by later versions', () => {
    expect(makeValue('producer-2', 41)).toBe('producer-2-41-6edcc874')
  })

  it('is not recognised in anything else', () => {
    for (const value of [7, '', 'v1', 'p-1', 'p-x-12345678', 'p-1-1234567', 'p-1-12345678 ']) expect(checkValue(value)).toBeUndefined()
  })
})
