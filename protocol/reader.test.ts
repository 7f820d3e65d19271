import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { saturate, toNumber } from './int64.ts'
import { MalformedMessage } from './malformed.ts'
import { Reader } from './reader.ts'
import { varintSize, writeVarint } from './varint.ts'

const bytes = (...values: number[]): Reader => new Reader(new Uint8Array(values))

/** The encoding as the specification words it, on bigint. */
function zigZag(value: bigint): Uint8Array {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const out: number[] = []
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128)
  return new Uint8Array([...out, Number(rest)])
}

describe('varints', () => {
  const int64 = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.maxSafeInteger().map(BigInt),
    fc.integer().map(BigInt),
    fc.integer({ min: -200, max: 200 }).map(BigInt),
  )

  test('varlong reads all 64 bits, saturated', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const reader = new Reader(zigZag(value))
        expect(reader.varlong()).toBe(toNumber(value))
        reader.expectEnd()
      }),
      { numRuns: 1000 },
    )
  })

  test('varint reads all 32 bits', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(new Reader(zigZag(BigInt(value))).varint()).toBe(value)
      }),
    )
  })

  test('writing gives the bytes of the specification, and says their number', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const n = saturate(Number(value))
        const out = new Uint8Array(12)
        const end = writeVarint(out, 1, n)
        expect(out.subarray(1, end)).toEqual(zigZag(BigInt(n)))
        expect(varintSize(n)).toBe(end - 1)
      }),
      { numRuns: 1000 },
    )
  })

  test('an unsigned varint has at most five bytes and 32 bits', () => {
    expect(bytes(0xff, 0xff, 0xff, 0xff, 0x0f).uvarint()).toBe(0xffffffff)
    expect(() => bytes(0xff, 0xff, 0xff, 0xff, 0x10).uvarint()).toThrow('varint too long')
    expect(() => bytes(0x80, 0x80, 0x80, 0x80, 0x80, 0).uvarint()).toThrow('varint too long')
    expect(() => bytes(0x80, 0x80).uvarint()).toThrow(MalformedMessage)
  })

  test('a varlong has at most ten bytes and 64 bits', () => {
    const nine = Array.from({ length: 9 }, () => 0xff)
    expect(bytes(...nine, 1).varlong()).toBe(-Number.MAX_SAFE_INTEGER)
    expect(() => bytes(...nine, 2).varlong()).toThrow('varint too long')
    expect(() => bytes(...nine, 0x81, 0).varlong()).toThrow('varint too long')
    expect(() => bytes(...nine).varlong()).toThrow(MalformedMessage)
  })
})

describe('text', () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

  test('reads what was written, again and again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const utf8 = encode(text)
        expect(new Reader(utf8).text(utf8.length)).toBe(text)
        expect(new Reader(utf8).text(utf8.length)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  test('texts that fall on the same place of the table do not take each other for equal', () => {
    for (let i = 0; i < 20_000; i++) {
      const text = `topic-${i}`
      expect(new Reader(encode(text)).text(text.length)).toBe(text)
    }
  })

  test('text whose characters look like the bytes of another text is not taken for it', () => {
    for (let i = 0; i < 20_000; i++) {
      const text = `${i}é${i * 7919}`
      const looksLikeIt = encode(Buffer.from(text).toString('latin1'))
      new Reader(looksLikeIt).text(looksLikeIt.length)
      expect(new Reader(encode(text)).text(encode(text).length)).toBe(text)
    }
  })

  test('a byte order mark is kept', () => {
    expect(bytes(0xef, 0xbb, 0xbf, 0x61).text(4)).toBe('\ufeffa')
  })

  test('more than 32767 bytes are refused, as is what is not UTF-8', () => {
    expect(new Reader(new Uint8Array(32767).fill(97)).text(32767)).toHaveLength(32767)
    expect(() => new Reader(new Uint8Array(32768).fill(97)).text(32768)).toThrow('string of 32768 bytes')
    expect(() => bytes(0xff).text(1)).toThrow('not UTF-8')
    expect(() => bytes(0xed, 0xa0, 0x80).text(3)).toThrow('not UTF-8')
  })
})

test('numbers have their sign and byte order', () => {
  expect(bytes(0x80).int8()).toBe(-128)
  expect(bytes(0xff, 0xfe).int16()).toBe(-2)
  expect(bytes(0xff, 0xfe).uint16()).toBe(65534)
  expect(bytes(0x80, 0, 0, 1).int32()).toBe(-(2 ** 31) + 1)
  expect(bytes(0x80, 0, 0, 0, 0, 0, 0, 0).int64()).toBe(-(2n ** 63n))
  expect(bytes(2).bool()).toBe(true)
})
