import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkValue } from '../../history/value-checksum.ts'
import { valueOf } from '../../workloads/k6/values.ts'

it('values of k6 have the checksum of the history, and one character changed is seen', () => {
  const request = fc.tuple(fc.constantFrom('steady', 'spike'), fc.nat()).map(([scenario, number]) => `${scenario}.${number}`)
  fc.assert(fc.property(request, fc.nat(99), fc.nat(), (name, place, at) => {
    const value = valueOf(name, place)
    expect(checkValue(value)).toBe(true)
    const digits = value.slice(value.lastIndexOf('-') + 1).split('')
    const changed = at % digits.length
    digits[changed] = digits[changed] === '0' ? '1' : '0'
    expect(checkValue(value.slice(0, value.lastIndexOf('-') + 1) + digits.join(''))).toBe(false)
  }))
})
