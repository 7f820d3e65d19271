import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readInt64, saturate, toBigInt, toNumber, writeInt64 } from './int64.ts'

const maxSafe = Number.MAX_SAFE_INTEGER
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

test('numbers that fit come back, others saturate', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (n) => {
      expect(toNumber(toBigInt(n))).toBe(n)
    }),
  )
  fc.assert(
    fc.property(int64, (value) => {
      const n = toNumber(value)
      if (value > BigInt(maxSafe)) expect(n).toBe(maxSafe)
      else if (value < -BigInt(maxSafe)) expect(n).toBe(-maxSafe)
      else expect(BigInt(n)).toBe(value)
    }),
  )
  expect(toNumber(2n ** 63n - 1n)).toBe(maxSafe)
  expect(toNumber(-(2n ** 63n))).toBe(-maxSafe)
  expect(() => toBigInt(0.5)).toThrow(RangeError)
})

test('reading bytes agrees with DataView and toNumber', () => {
  const bytes = new Uint8Array(10)
  const view = new DataView(bytes.buffer)
  fc.assert(
    fc.property(fc.oneof(int64, fc.maxSafeInteger().map(BigInt)), (value) => {
      view.setBigInt64(1, value)
      expect(readInt64(bytes, 1)).toBe(toNumber(value))
    }),
  )
})

test('writing bytes agrees with DataView, and refuses what is no safe integer', () => {
  const bytes = new Uint8Array(10)
  const view = new DataView(bytes.buffer)
  fc.assert(
    fc.property(fc.maxSafeInteger(), (n) => {
      writeInt64(bytes, 2, n)
      expect(view.getBigInt64(2)).toBe(BigInt(n))
    }),
  )
  for (const n of [0.5, NaN, 2 ** 53, -(2 ** 53)]) expect(() => writeInt64(bytes, 0, n)).toThrow(RangeError)
})

test('saturate leaves safe integers alone', () => {
  for (const n of [0, -1, maxSafe, -maxSafe]) expect(saturate(n)).toBe(n)
  expect(saturate(2 ** 60)).toBe(maxSafe)
  expect(saturate(-Infinity)).toBe(-maxSafe)
})
