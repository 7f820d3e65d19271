import fc from 'fast-check'
import { uncompressSync as rawSnappyUncompress, compressSync as rawSnappy } from 'snappy'
import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
import { memoryUsage } from 'node:process'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compress, compressions, decompress } from './compression.ts'
import { MalformedMessage } from './malformed.ts'

const packing = compressions.filter((compression) => compression !== 'none')
const repetitive = fc
  .tuple(fc.uint8Array({ maxLength: 50 }), fc.nat({ max: 4000 }))
  .map(([unit, times]) => Buffer.concat(Array.from({ length: times }, () => unit)))
const data = fc.oneof(fc.uint8Array({ maxLength: 3000, size: 'max' }), repetitive)
const zeros = new Uint8Array(50_000_000)
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

describe.each(packing)('%s', (compression) => {
  test('gives back what was compressed, in a plain Uint8Array', () => {
    fc.assert(
      fc.property(data, (plain) => {
        const out = decompress(compression, compress(compression, plain), Math.max(1, plain.length))
        expect(same(out, plain)).toBe(true)
        expect(Object.getPrototypeOf(out)).toBe(Uint8Array.prototype)
      }),
      { numRuns: 60 },
    )
  })

  test('one byte over the bound is refused, the bound itself is not', () => {
    const plain = new Uint8Array(100_000).map((_, i) => i % 251)
    const packed = compress(compression, plain)
    expect(decompress(compression, packed, plain.length)).toHaveLength(plain.length)
    expect(() => decompress(compression, packed, plain.length - 1)).toThrow(MalformedMessage)
  })

  test('a bomb of fifty megabytes is refused without holding them', () => {
    const bomb = compress(compression, zeros)
    expect(bomb.length).toBeLessThan(zeros.length / 20)
    const before = memoryUsage()
    expect(() => decompress(compression, bomb, 1_000_000)).toThrow(MalformedMessage)
    const after = memoryUsage()
    expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(10_000_000)
  })

  test('truncated and damaged bytes are refused or give other bytes, nothing else', () => {
    const packed = compress(compression, new TextEncoder().encode('the quick brown fox '.repeat(40)))
    for (let length = 0; length < packed.length; length++) expectRefusedOrBounded(packed.subarray(0, length))
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(flips, (all) => {
        const damaged = packed.slice()
        for (const [at, value] of all) damaged[at % damaged.length] = value
        expectRefusedOrBounded(damaged)
      }),
      { numRuns: 300 },
    )
  })

  function expectRefusedOrBounded(bytes: Uint8Array): void {
    try {
      expect(decompress(compression, bytes, 5000).length).toBeLessThanOrEqual(5000)
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessage)
    }
  }
})

describe('formats others read and write', () => {
  const plain = new TextEncoder().encode('to be or not to be '.repeat(5000))

  test('gzip and zstd are plain streams', () => {
    expect(same(gunzipSync(compress('gzip', plain)), plain)).toBe(true)
    expect(same(zstdDecompressSync(compress('zstd', plain)), plain)).toBe(true)
  })

  test('snappy is written as a Xerial stream of blocks, and a raw block is read as well', () => {
    const packed = compress('snappy', plain)
    expect(Buffer.from(packed.subarray(0, 16)).toString('hex')).toBe('82534e41505059000000000100000001')
    const view = new DataView(packed.buffer, packed.byteOffset)
    const blocks: Uint8Array[] = []
    for (let at = 16; at < packed.length; at += 4 + view.getInt32(at)) {
      blocks.push(rawSnappyUncompress(packed.subarray(at + 4, at + 4 + view.getInt32(at))) as Uint8Array)
    }
    expect(same(Buffer.concat(blocks), plain)).toBe(true)
    expect(same(decompress('snappy', rawSnappy(plain), plain.length), plain)).toBe(true)
  })

  test('a snappy block that claims a gigabyte is refused by its claim', () => {
    const claim = new Uint8Array([0x80, 0x80, 0x80, 0x80, 4, 0, 65])
    expect(() => decompress('snappy', claim, 1_000_000)).toThrow('snappy block of 1073741824 bytes')
  })

  test('lz4 is a frame of independent blocks, with or without checksums', () => {
    expect(same(decompressFrameSync(Buffer.from(compress('lz4', plain))), plain)).toBe(true)
    expect(Buffer.from(compress('lz4', plain).subarray(0, 5)).toString('hex')).toBe('04224d1860')
    const checked = compressFrameSync(Buffer.from(plain), { contentChecksum: true, blockChecksums: true })
    expect(same(decompress('lz4', checked, plain.length), plain)).toBe(true)
  })

  test('an lz4 frame with linked blocks, a dictionary, a strange version or bytes behind it is refused', () => {
    const packed = compress('lz4', plain)
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = packed.slice()
      bytes[at] = value
      return bytes
    }
    const refused = (bytes: Uint8Array, reason: string): void =>
      expect(() => decompress('lz4', bytes, plain.length)).toThrow(reason)
    refused(changed(0, 5), 'not an lz4 frame')
    refused(changed(4, 0x40), 'depend on each other')
    refused(changed(4, 0x61), 'dictionary')
    refused(changed(4, 0xa0), 'version 2')
    refused(changed(5, 0x30), 'block size unknown')
    refused(Buffer.concat([packed, new Uint8Array(1)]), '1 bytes left over')
  })

  test('an lz4 content size and stored blocks are read, and the bound is for all blocks together', () => {
    const contentSize = [6, 0, 0, 0, 0, 0, 0, 0]
    const block = [3, 0, 0, 0x80, 7, 8, 9]
    const start = [4, 0x22, 0x4d, 0x18, 0x68, 0x40, ...contentSize, 0]
    const stored = new Uint8Array([...start, ...block, ...block, 0, 0, 0, 0])
    expect(decompress('lz4', stored, 6)).toEqual(new Uint8Array([7, 8, 9, 7, 8, 9]))
    expect(() => decompress('lz4', stored, 5)).toThrow('lz4: more than the 2 bytes left')
  })
})

test('no compression hands the bytes through', () => {
  const plain = new Uint8Array([1, 2, 3])
  expect(compress('none', plain)).toBe(plain)
  expect(decompress('none', plain, 1)).toBe(plain)
})
