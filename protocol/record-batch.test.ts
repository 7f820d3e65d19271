import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compress, compressions } from './compression.ts'
import { MalformedMessage, TooLarge } from './malformed.ts'
import { decodeRecords, forEachRecord, recompressBatch, validateBatch } from './record-batch-decode.ts'
import { type BatchInput, encodeBatch, type RecordInput } from './record-batch-encode.ts'
import {
  assignBatch,
  batchCrcIsValid,
  batchHeaderBytes,
  compressionOf,
  forEachBatch,
  isControl,
  isTransactional,
  lastOffset,
  readBatchHeader,
  renewBatchCrc,
  setLogAppendTime,
  usesLogAppendTime,
} from './record-batch.ts'

const limits = { maxBytes: 1_000_000 }
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const one: BatchInput = { records: [{ key: utf8('k'), value: utf8('v'), timestamp: 1000 }] }

const blob = fc.option(fc.uint8Array({ maxLength: 200, size: 'max' }), { nil: null })
const timestamp = fc.oneof(fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }), fc.nat(), fc.constant(-1))
const recordHeader = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 10 }), value: blob })
const record: fc.Arbitrary<RecordInput> = fc.record(
  { key: blob, value: blob, timestamp, headers: fc.array(recordHeader, { maxLength: 3 }) },
  { requiredKeys: ['key', 'value', 'timestamp'] },
)
const batch = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 12 }),
  compression: fc.constantFrom(...compressions),
  producerId: fc.integer({ min: -1, max: 2 ** 40 }),
  producerEpoch: fc.integer({ min: -1, max: 32767 }),
  baseSequence: fc.integer({ min: -1 }),
  baseOffset: fc.nat({ max: 2 ** 45 }),
  partitionLeaderEpoch: fc.integer({ min: -1 }),
  isTransactional: fc.boolean(),
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
/** A batch inside other bytes: nothing may depend on its standing at the front. */
const inside = (bytes: Uint8Array): Uint8Array => concat(new Uint8Array(5), bytes, new Uint8Array(3))

test('a batch of one record, byte for byte', () => {
  expect(hex(encodeBatch(one))).toBe(
    [
      '0000000000000000', // base offset
      '0000003a', // bytes after this
      'ffffffff', // leader epoch
      '02', // magic
      '716a6189', // crc
      '0000', // attributes
      '00000000', // last offset delta
      '00000000000003e8', // base timestamp
      '00000000000003e8', // max timestamp
      'ffffffffffffffff', // producer id
      'ffff', // producer epoch
      'ffffffff', // base sequence
      '00000001', // records
      '10', // length 8
      '00', // attributes
      '00', // timestamp delta
      '00', // offset delta
      '026b', // key
      '0276', // value
      '00', // headers
    ].join(''),
  )
})

test('header and records of a batch are those it was made of', () => {
  fc.assert(
    fc.property(batch, (input) => {
      const bytes = inside(encodeBatch(input))
      const header = readBatchHeader(bytes, 5)
      const { records, compression, isTransactional: transactional, ...numbers } = input
      expect(header).toMatchObject({
        ...numbers,
        sizeBytes: bytes.length - 8,
        magic: 2,
        lastOffsetDelta: records.length - 1,
        recordsCount: records.length,
        baseTimestamp: records[0]!.timestamp,
        maxTimestamp: Math.max(...records.map((record) => record.timestamp)),
      })
      expect(compressionOf(header)).toBe(compression)
      expect(isTransactional(header)).toBe(transactional)
      expect(isControl(header)).toBe(false)
      expect(lastOffset(header)).toBe(input.baseOffset + records.length - 1)
      expect(batchCrcIsValid(bytes, 5, header.sizeBytes)).toBe(true)
      expect(decodeRecords(bytes, 5, limits)).toEqual(
        records.map((record, i) => ({ headers: [], ...record, offset: input.baseOffset + i })),
      )
    }),
    { numRuns: 200 },
  )
})

test('validation sums up the timestamps and sees null keys', () => {
  fc.assert(
    fc.property(batch, (input) => {
      const timestamps = input.records.map((record) => record.timestamp)
      const { header, ...summary } = validateBatch(inside(encodeBatch(input)), 5, limits)
      expect(header.recordsCount).toBe(input.records.length)
      expect(summary).toEqual({
        firstTimestamp: timestamps[0],
        lastTimestamp: timestamps.at(-1),
        minTimestamp: Math.min(...timestamps),
        maxTimestamp: Math.max(...timestamps),
        hasNullKey: input.records.some((record) => record.key === null),
      })
    }),
    { numRuns: 200 },
  )
})

describe('changes in place', () => {
  test('base offset and leader epoch leave the CRC alone', () => {
    const bytes = inside(encodeBatch(one))
    assignBatch(bytes, 5, 2 ** 40 + 7, 12)
    const header = readBatchHeader(bytes, 5)
    expect(header).toMatchObject({ baseOffset: 2 ** 40 + 7, partitionLeaderEpoch: 12 })
    expect(batchCrcIsValid(bytes, 5, header.sizeBytes)).toBe(true)
    expect(decodeRecords(bytes, 5, limits)[0]!.offset).toBe(2 ** 40 + 7)
  })

  test.each(compressions)('log append time becomes the time of every record (%s)', (compression) => {
    const records = [1000, 900, 1100].map((timestamp) => ({ key: null, value: null, timestamp }))
    const bytes = inside(encodeBatch({ records, compression }))
    setLogAppendTime(bytes, 5, 5000)
    const header = readBatchHeader(bytes, 5)
    expect(usesLogAppendTime(header)).toBe(true)
    expect(compressionOf(header)).toBe(compression)
    expect(batchCrcIsValid(bytes, 5, header.sizeBytes)).toBe(true)
    expect(decodeRecords(bytes, 5, limits).map((record) => record.timestamp)).toEqual([5000, 5000, 5000])
    const made = encodeBatch({ records, compression, logAppendTime: 5000 })
    expect(inside(made)).toEqual(bytes)
  })

  test('any other changed byte after the CRC breaks it', () => {
    const bytes = encodeBatch(one)
    for (let at = 21; at < bytes.length; at++) {
      const damaged = bytes.slice()
      damaged[at]! ^= 0x40
      expect(batchCrcIsValid(damaged, 0, bytes.length)).toBe(false)
    }
  })
})

describe('a run of batches', () => {
  const three = [1, 2, 3].map((baseOffset) => encodeBatch({ ...one, baseOffset }))

  test('is walked batch by batch; a cut tail is left alone', () => {
    const whole = concat(...three)
    const size = three[0]!.length
    for (let length = 0; length <= whole.length; length++) {
      const seen: [number, number][] = []
      const end = forEachBatch(whole.subarray(0, length), (header, at) => seen.push([header.baseOffset, at]))
      const complete = Math.floor(length / size)
      expect(end).toBe(complete * size)
      expect(seen).toEqual(Array.from({ length: complete }, (_, i) => [i + 1, i * size]))
    }
  })

  test.each([0, 48, -1, -(2 ** 31)])('with a length of %i is refused', (length) => {
    const bytes = concat(...three)
    new DataView(bytes.buffer).setInt32(three[0]!.length + 8, length)
    expect(() => forEachBatch(bytes, () => {})).toThrow(MalformedMessage)
  })

  test('a header cut short is refused', () => {
    for (let length = 0; length < batchHeaderBytes; length++) {
      expect(() => readBatchHeader(three[0]!.subarray(0, length), 0)).toThrow(MalformedMessage)
    }
  })
})

describe('validation refuses', () => {
  const refuses = (bytes: Uint8Array, reason: string): void => {
    expect(() => validateBatch(bytes, 0, limits)).toThrow(MalformedMessage)
    expect(() => validateBatch(bytes, 0, limits)).toThrow(reason)
  }
  /** A batch of these record bytes, whatever they are. */
  const raw = (records: readonly number[], count: number, compressed = false): Uint8Array => {
    const section = new Uint8Array(records)
    const bytes = concat(encodeBatch(one).subarray(0, batchHeaderBytes), compressed ? compress('gzip', section) : section)
    const view = new DataView(bytes.buffer)
    view.setInt32(8, bytes.length - 12)
    view.setInt16(21, compressed ? 1 : 0)
    view.setInt32(23, count - 1)
    view.setInt32(57, count)
    renewBatchCrc(bytes, 0)
    return bytes
  }
  const first = [0x10, 0, 0, 0, 2, 0x6b, 2, 0x76, 0]
  const second = [0x10, 0, 0, 2, 2, 0x6b, 2, 0x76, 0]

  test('nothing of a sound batch, compressed or not', () => {
    for (const compressed of [false, true]) {
      expect(validateBatch(raw([...first, ...second], 2, compressed), 0, limits).header.recordsCount).toBe(2)
    }
  })

  test('another format, a cut batch, an unknown codec', () => {
    const set = (at: number, value: number): Uint8Array => {
      const bytes = encodeBatch(one)
      bytes[at] = value
      return bytes
    }
    refuses(set(16, 1), 'batch of format 1')
    refuses(set(22, 5), 'compression 5')
    refuses(encodeBatch(one).subarray(0, 69), 'cut')
  })

  test.each([false, true])('counts, deltas and lengths that do not fit (compressed: %s)', (compressed) => {
    refuses(raw(first, 0, compressed), '0 records')
    refuses(raw(first, -5, compressed), '-5 records')
    refuses(raw(first, 2, compressed), '2 records')
    refuses(raw([...first, ...second], 1, compressed), '9 bytes left over')
    refuses(raw([...first, ...first], 2, compressed), 'offset delta 0 of record 1')
    refuses(raw([...first, 0x0e, ...second.slice(1)], 2, compressed), 'ends 1 bytes off')
    refuses(raw([...first, 0x12, ...second.slice(1), 0], 2, compressed), 'ends -1 bytes off')
    refuses(raw([0x7e, ...first.slice(1)], 1, compressed), 'record of 63 bytes')
    refuses(raw([0x01, ...first.slice(1)], 1, compressed), 'record of -1 bytes')
    refuses(raw([0x10, 0, 0, 0, 3, 0x6b, 2, 0x76, 0], 1, compressed), 'length -2')
    refuses(raw([0x10, 0, 0, 0, 2, 0x6b, 2, 0x76, 1], 1, compressed), '-1 record headers')
    refuses(raw([0x10, 0, 0, 0, 2, 0x6b, 2, 0x76, 0x7e], 1, compressed), '63 record headers')
    refuses(raw([0x14, 0, 0, 0, 2, 0x6b, 2, 0x76, 2, 1, 1], 1, compressed), 'record header without key')
  })

  test('a last offset delta that is not the count less one', () => {
    const bytes = encodeBatch(one)
    new DataView(bytes.buffer).setInt32(23, 1)
    refuses(bytes, '1 records with last offset delta 1')
  })

  test('records that decompress to more than the bound', () => {
    const bytes = encodeBatch({ records: [{ key: null, value: new Uint8Array(5000), timestamp: 0 }], compression: 'zstd' })
    expect(() => validateBatch(bytes, 0, { maxBytes: 4000 })).toThrow(MalformedMessage)
    expect(() => decodeRecords(bytes, 0, { maxBytes: 4000 })).toThrow(MalformedMessage)
    expect(() => validateBatch(bytes, 0, { maxBytes: 6000 })).not.toThrow()
  })

  test.each(compressions.slice(1))('as too large, not as damaged, when it is %s and would decompress to more than the bound', (compression) => {
    const bytes = encodeBatch({ records: [{ key: null, value: new Uint8Array(5000), timestamp: 0 }], compression })
    for (const read of [validateBatch, decodeRecords]) expect(() => read(bytes, 0, { maxBytes: 4000 })).toThrow(TooLarge)
  })

  test('as too large to keep: every record and every header costs more than its bytes', () => {
    const headers = Array.from({ length: 500 }, () => ({ key: '', value: null }))
    const manyHeaders = encodeBatch({ records: [{ key: null, value: null, timestamp: 0, headers }] })
    const manyRecords = encodeBatch({ records: headers.map(() => ({ key: null, value: null, timestamp: 0 })) })
    for (const bytes of [manyHeaders, manyRecords]) {
      expect(bytes.length).toBeLessThan(5000)
      expect(() => decodeRecords(bytes, 0, { maxBytes: 10_000 })).toThrow(TooLarge)
      expect(() => decodeRecords(bytes, 0, { maxBytes: 40_000 })).not.toThrow()
      expect(() => validateBatch(bytes, 0, { maxBytes: 10_000 })).not.toThrow()
    }
  })

  test('or accepts, but never throws anything else; what it accepts can be read', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(batch, flips, (input, all) => {
        const bytes = encodeBatch(input)
        for (const [at, value] of all) bytes[at % bytes.length] = value
        try {
          forEachBatch(bytes, () => {})
          validateBatch(bytes, 0, limits)
          expect(decodeRecords(bytes, 0, limits)).toHaveLength(readBatchHeader(bytes, 0).recordsCount)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('without keeping records', () => {
  test('a walk tells of the same ones that are decoded', () => {
    fc.assert(fc.property(batch, (input) => {
      const bytes = encodeBatch(input)
      const told: unknown[] = []
      forEachRecord(bytes, 0, limits, (offset, time, hasKey) => told.push([offset, time, hasKey]))
      expect(told).toEqual(decodeRecords(bytes, 0, limits).map(({ offset, timestamp: time, key }) => [offset, time, key !== null]))
    }))
  })

  test('a batch in another codec has the same records, and the same header but for codec, length and CRC', () => {
    fc.assert(fc.property(batch, fc.constantFrom(...compressions), (input, wanted) => {
      const bytes = encodeBatch(input)
      const other = recompressBatch(bytes, wanted, limits)
      const header = readBatchHeader(other, 0)
      expect(decodeRecords(other, 0, limits)).toEqual(decodeRecords(bytes, 0, limits))
      expect(compressionOf(header)).toBe(wanted)
      expect(header.sizeBytes).toBe(other.length)
      expect(batchCrcIsValid(other, 0, other.length)).toBe(true)
      const { crc: _crc, sizeBytes: _size, attributes, ...rest } = readBatchHeader(bytes, 0)
      expect(header).toMatchObject({ ...rest, attributes: (attributes & ~7) | compressions.indexOf(wanted) })
    }))
  })
})

describe('extremes', () => {
  test('a compacted batch keeps its offsets: deltas with gaps, or no records at all', () => {
    const bytes = encodeBatch({ records: [0, 1, 2].map((timestamp) => ({ key: utf8('k'), value: null, timestamp })) })
    const gaps = concat(bytes.subarray(0, batchHeaderBytes), bytes.subarray(batchHeaderBytes + 8))
    const view = new DataView(gaps.buffer)
    view.setInt32(8, gaps.length - 12)
    view.setInt32(57, 2)
    expect(decodeRecords(gaps, 0, limits).map((record) => record.offset)).toEqual([1, 2])
    const empty = bytes.slice(0, batchHeaderBytes)
    new DataView(empty.buffer).setInt32(8, batchHeaderBytes - 12)
    new DataView(empty.buffer).setInt32(57, 0)
    expect(decodeRecords(empty, 0, limits)).toEqual([])
    expect(lastOffset(readBatchHeader(empty, 0))).toBe(2)
  })

  test('64-bit fields beyond a double saturate', () => {
    const bytes = encodeBatch(one)
    const view = new DataView(bytes.buffer)
    for (const at of [0, 27, 35, 43]) view.setBigInt64(at, 2n ** 63n - 1n)
    const max = Number.MAX_SAFE_INTEGER
    expect(readBatchHeader(bytes, 0)).toMatchObject({ baseOffset: max, baseTimestamp: max, maxTimestamp: max, producerId: max })
    expect(validateBatch(bytes, 0, limits).maxTimestamp).toBe(max)
  })

  test('timestamps as far apart as numbers go come back', () => {
    const records = [-(2 ** 51), 2 ** 51].map((timestamp) => ({ key: null, value: null, timestamp }))
    expect(decodeRecords(encodeBatch({ records }), 0, limits).map((record) => record.timestamp)).toEqual([-(2 ** 51), 2 ** 51])
  })

  test('a batch without records is a mistake of the caller', () => {
    expect(() => encodeBatch({ records: [] })).toThrow(RangeError)
  })
})
