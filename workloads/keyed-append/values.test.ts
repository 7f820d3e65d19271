import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeValue } from '../../history/value-checksum.ts'
import { decodeValue, encodeValue } from './values.ts'

const size = fc.integer({ min: 0, max: 200 })

test('a value comes back from its padded bytes, at the size asked for or its own', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), size, (producer, sequence, sizeBytes) => {
      const value = makeValue(producer, sequence)
      const bytes = encodeValue(value, sizeBytes)
      expect(bytes.length).toBe(Math.max(sizeBytes, value.length))
      expect(decodeValue(bytes)).toBe(value)
    }),
  )
})

test('one changed byte, of value or padding, makes another value', () => {
  fc.assert(
    fc.property(fc.nat(), size, fc.nat(), fc.integer({ min: 1, max: 255 }), (sequence, sizeBytes, at, change) => {
      const value = makeValue(0, sequence)
      const bytes = encodeValue(value, sizeBytes)
      bytes[at % bytes.length]! ^= change
      expect(decodeValue(bytes)).not.toBe(value)
    }),
  )
})

test('no value is the empty one', () => {
  expect(decodeValue(null)).toBe('')
  expect(decodeValue(new Uint8Array(0))).toBe('')
})
