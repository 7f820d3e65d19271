import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StickyPartitions, murmur2, partitionOfKey } from './partitioner.ts'

const utf8 = new TextEncoder()

/** The same hash over 64-bit whole numbers, one byte at a time, to be slow and plain. */
function plainMurmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995n
  const cut = (n: bigint): bigint => n & 0xffffffffn
  let hash = cut(0x9747b28cn ^ BigInt(bytes.length))
  let at = 0
  for (; bytes.length - at >= 4; at += 4) {
    let word = 0n
    for (let i = 3; i >= 0; i--) word = (word << 8n) | BigInt(bytes[at + i]!)
    word = cut(word * m)
    word = cut((word ^ (word >> 24n)) * m)
    hash = cut(hash * m) ^ word
  }
  let rest = 0n
  for (let i = bytes.length - 1; i >= at; i--) rest = (rest << 8n) | BigInt(bytes[i]!)
  if (at < bytes.length) hash = cut((hash ^ rest) * m)
  hash = cut((hash ^ (hash >> 13n)) * m)
  return Number(BigInt.asIntN(32, hash ^ (hash >> 15n)))
}

describe('murmur2', () => {
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what Kafka computes', (text, hash) => {
    expect(murmur2(utf8.encode(text))).toBe(hash)
  })

  test('agrees with the plain form for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(murmur2(bytes)).toBe(plainMurmur2(bytes))
      }),
    )
  })
})

test('a key stays on one partition, inside the topic', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), (key, count) => {
      const partition = partitionOfKey(key, count)
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(count)
      expect(partitionOfKey(key.slice(), count)).toBe(partition)
    }),
  )
})

describe('records without a key', () => {
  test('stay on one partition until its batch closes, then move', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 2 }), (draws) => {
        let at = 0
        const sticky = new StickyPartitions({ next: () => draws[at++ % draws.length]! })
        const first = sticky.partition('t', 5)
        expect(sticky.partition('t', 5)).toBe(first)
        sticky.batchClosed('t', (first + 1) % 5, 5)
        expect(sticky.partition('t', 5)).toBe(first)
        sticky.batchClosed('t', first, 5)
        expect(sticky.partition('t', 5)).not.toBe(first)
        expect(sticky.partition('t', 5)).toBeLessThan(5)
      }),
    )
  })

  test('stay inside a topic of one partition', () => {
    const sticky = new StickyPartitions({ next: () => 0.99 })
    sticky.batchClosed('t', sticky.partition('t', 1), 1)
    expect(sticky.partition('t', 1)).toBe(0)
  })
})
