import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkValue, makeValue } from '../../history/value-checksum.ts'
import { valueOf } from '../../workloads/k6/values.ts'

it('values of k6 have the checksum of the history, and one character changed is seen', () => {
  fc.assert(fc.property(fc.constantFrom('steady', 'spike'), fc.nat(), fc.nat(99), fc.nat(), (scenario, request, place, at) => {
    const value = valueOf(scenario, request, place)
    expect(checkValue(value)).toBe(true)
    const digits = value.slice(value.lastIndexOf('-') + 1).split('')
    const changed = at % digits.length
    digits[changed] = digits[changed] === '0' ? '1' : '0'
    expect(checkValue(value.slice(0, value.lastIndexOf('-') + 1) + digits.join(''))).toBe(false)
  }))
})

it('values of k6 are numbers to the history: one producer a place, counting requests', () => {
  fc.assert(fc.property(fc.constantFrom('steady', 'spike'), fc.nat(999_999_999), fc.nat(99), (scenario, request, place) => {
    expect(valueOf(scenario, request, place)).toBe(makeValue(`k6.${scenario}.${place}`, request))
  }))
})
