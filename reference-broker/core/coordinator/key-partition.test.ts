import { expect, it } from 'vitest'
import { javaStringHash, partitionOfKey } from './key-partition.ts'

it('the hash is Java\'s, over UTF-16 units and with overflow', () => {
  expect(javaStringHash('')).toBe(0)
  expect(javaStringHash('a')).toBe(97)
  expect(javaStringHash('hello')).toBe(99_162_322)
  expect(javaStringHash('consumer-group-1')).toBe(
    [...'consumer-group-1'].reduce((hash, char) => Number(BigInt.asIntN(32, BigInt(hash) * 31n + BigInt(char.charCodeAt(0)))), 0),
  )
  expect(javaStringHash('😀')).toBe(Math.imul(0xd83d, 31) + 0xde00)
  expect(javaStringHash('polygenelubricants')).toBe(-0x80000000)
})

it('a key falls on the absolute value of its hash, that of the smallest being 0', () => {
  expect(partitionOfKey('hello', 50)).toBe(22)
  expect(partitionOfKey('polygenelubricants', 50)).toBe(0)
})
