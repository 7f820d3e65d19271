import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derivedFrom, derivedValue } from './derived-value.ts'
import { transferAmount, transferValue } from './transfer-value.ts'
import { checkValue, makeValue } from './value-checksum.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/)

describe('the value of a record made from another', () => {
  it('tells what it was made from, and has a checksum over all of it', () => {
    fc.assert(
      fc.property(name, fc.nat(), name, fc.nat(), (key, offset, producer, sequence) => {
        const value = derivedValue({ key, offset }, producer, sequence)
        expect(derivedFrom(value)).toEqual({ key, offset })
        expect(checkValue(value)).toBe(true)
        expect(checkValue(value.replace('@', '@1'))).toBe(false)
      }),
    )
  })

  it('is stable: recorded histories can be read by later versions', () => {
    expect(derivedValue({ key: 'in-0', offset: 17 }, 'worker-1', 4)).toBe('in-0@17#worker-1-4-5f557e5f')
  })

  it('is not recognised in anything else', () => {
    for (const value of [7, '', 'a@b#c', 'a@1#b', 'a@1', makeValue('worker-1', 4)]) expect(derivedFrom(value)).toBeUndefined()
  })
})

describe('the value of one side of a transfer', () => {
  it('tells the amount, with its sign', () => {
    fc.assert(
      fc.property(name, fc.nat(), fc.integer({ min: -1e6, max: 1e6 }), (producer, sequence, amount) => {
        expect(transferAmount(transferValue(producer, sequence, amount))).toBe(amount)
      }),
    )
    expect(transferValue('teller-0', 3, 25)).toMatch(/^teller-0-3-[0-9a-f]{8}#\+25$/)
  })

  it('is not recognised in anything else', () => {
    for (const value of [7, '', '#5', 'x#1.5', makeValue('p', 1)]) expect(transferAmount(value)).toBeUndefined()
  })
})
