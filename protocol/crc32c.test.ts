import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c, nativeCrc32c, slicedCrc32c } from './crc32c.ts'

const check = new TextEncoder().encode('123456789')

/** One bit at a time. */
function naive(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

test('the check value is E3069283', () => {
  expect(naive(check)).toBe(0xe3069283)
  expect(slicedCrc32c(check, 0, check.length)).toBe(0xe3069283)
  expect(nativeCrc32c?.(check)).toBe(0xe3069283)
})

test('any stretch of any bytes has the checksum of the bit-by-bit way', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1200, size: 'max' }), fc.nat({ max: 40 }), fc.nat({ max: 40 }), (bytes, skip, cut) => {
      const from = Math.min(skip, bytes.length)
      const to = Math.max(from, bytes.length - cut)
      const expected = naive(bytes.subarray(from, to))
      expect(slicedCrc32c(bytes, from, to)).toBe(expected)
      expect(crc32c(bytes, from, to)).toBe(expected)
    }),
    { numRuns: 300 },
  )
})

test('the native module is there, or the JavaScript stands in', () => {
  const bytes = new Uint8Array(5000).map((_, i) => i)
  expect(crc32c(bytes, 0, 5000)).toBe(nativeCrc32c?.(bytes) ?? slicedCrc32c(bytes, 0, 5000))
})
