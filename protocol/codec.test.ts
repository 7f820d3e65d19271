import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apis } from './apis.ts'
import { decodeMessage, encodeMessage } from './codec.ts'
import { leaderChangeMessage } from './control-records.ts'
import { MalformedMessage } from './malformed.ts'
import type { Message } from './message.ts'
import { arbitraryBody } from './testing/arbitrary-message.ts'
import { parseRange } from './versions.ts'

/** Every notation feature the APIs do not use themselves, so that records of others can rely on it. */
const everything = {
  name: 'Everything',
  versions: '0-3',
  flexible: '2+',
  fields: {
    flag: { bool: '0+' },
    small: { int8: '1-2' },
    port: { uint16: '0+', default: 7 },
    blob: { bytes: '0+' },
    maybeBlob: { bytes: '1+', nullable: '2+' },
    names: { array: '0+', of: 'string', nullable: '3+' },
    ids: { array: '2+', of: 'uuid' },
    inner: { struct: '0+', fields: { a: { int64: '0+' }, b: { string: '0+', nullable: '1+' } } },
    longText: { string: '2+', tag: 5 },
    tagged: { struct: '2+', tag: 0, fields: { x: { int32: '0+', default: -1 }, list: { array: '0+', of: 'int16' } } },
    taggedBlob: { bytes: '3+', tag: 9, nullable: '3+', default: null },
  },
} as const

const messages: readonly Message[] = [
  ...Object.values(apis).flatMap((api) => [api.request, api.response] as Message[]),
  leaderChangeMessage,
  everything,
]

const cases = messages.flatMap((message) => {
  const { min, max } = parseRange(message.versions)
  return Array.from({ length: max - min + 1 }, (_, i) => ({ message, version: min + i, title: `${message.name} v${min + i}` }))
})

type Encode = (message: Message, version: number, body: unknown) => Uint8Array
const encode = encodeMessage as Encode
const property = (message: Message, version: number, law: (body: unknown, bytes: Uint8Array) => void): void => {
  const body = arbitraryBody(message, version)
  fc.assert(fc.property(body, (value) => law(value, encode(message, version, value))), { numRuns: 15 })
}

describe.each(cases)('$title', ({ message, version }) => {
  test('decodes to what was encoded, and encodes to the same bytes again', () => {
    property(message, version, (body, bytes) => {
      const decoded = decodeMessage(message, version, bytes)
      expect(decoded).toEqual(body)
      expect(encode(message, version, decoded)).toEqual(bytes)
    })
  })

  test('refuses every strict prefix and every byte too many', () => {
    property(message, version, (_, bytes) => {
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decodeMessage(message, version, bytes.subarray(0, length))).toThrow(MalformedMessage)
      }
      const longer = new Uint8Array(bytes.length + 1)
      longer.set(bytes)
      expect(() => decodeMessage(message, version, longer)).toThrow(MalformedMessage)
    })
  })

  test('answers damaged bytes with MalformedMessage or with a value that can be encoded again', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(arbitraryBody(message, version), damage, (body, flips) => {
        const bytes = encode(message, version, body)
        for (const [at, value] of flips) bytes[at % bytes.length] = value
        const decoded = decodeOrNull(message, version, bytes)
        if (decoded === null) return
        expect(decodeMessage(message, version, encode(message, version, decoded))).toEqual(decoded)
      }),
      { numRuns: 50 },
    )
  })

  test('every value has the keys of the descriptor in its order', () => {
    property(message, version, (_, bytes) => {
      expect(Object.keys(decodeMessage(message, version, bytes))).toEqual(Object.keys(message.fields))
    })
  })
})

function decodeOrNull(message: Message, version: number, bytes: Uint8Array): unknown {
  try {
    return decodeMessage(message, version, bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessage)
    return null
  }
}

describe('encoding', () => {
  const base = { flag: true, blob: new Uint8Array(0), names: [], inner: { a: 1n, b: 'b' } }

  test('a left-out field is written as its default', () => {
    expect(decodeMessage(everything, 2, encodeMessage(everything, 2, base))).toEqual({
      ...base,
      small: 0,
      port: 7,
      maybeBlob: new Uint8Array(0),
      ids: [],
      longText: '',
      tagged: { x: -1, list: [] },
      taggedBlob: null,
    })
  })

  test('a struct that may be null has one byte in front: -1 without it, 1 with it', () => {
    const { request } = apis.DescribeTopicPartitions
    const cursor = { topicName: 'a', partitionIndex: 2 }
    const limit = [0, 0, 0, 7]
    expect([...encodeMessage(request, 0, { topics: [], responsePartitionLimit: 7, cursor })]).toEqual([
      1, ...limit, 1, 2, 97, 0, 0, 0, 2, 0, 0,
    ])
    expect([...encodeMessage(request, 0, { topics: [], responsePartitionLimit: 7 })]).toEqual([1, ...limit, 255, 0])
  })

  test('a value the version cannot carry is refused, unless it is the default or ignorable', () => {
    expect(() => encodeMessage(everything, 0, { ...base, small: 1 })).toThrow('small: this version cannot carry it')
    expect(() => encodeMessage(everything, 0, { ...base, tagged: { x: 3, list: [] } })).toThrow('tagged')
    expect(() => encodeMessage(everything, 0, { ...base, small: 0, tagged: { x: -1, list: [] } })).not.toThrow()
    const fetch = { maxWaitMs: 0, minBytes: 0, topics: [], rackId: 'ignorable' }
    expect(decodeMessage(apis.Fetch.request, 4, encodeMessage(apis.Fetch.request, 4, fetch)).rackId).toBe('')
  })

  test('a mistake of the caller names the field', () => {
    const broken = { ...base, inner: { a: 5 as unknown as bigint, b: null } }
    expect(() => encodeMessage(everything, 1, broken)).toThrow(/^inner: a: /)
    const beyond = { ...base, inner: { a: 2n ** 63n, b: '' } }
    expect(() => encodeMessage(everything, 1, beyond)).toThrow('inner: a: not an int64: 9223372036854775808')
    expect(() => encodeMessage(everything, 1, { ...base, port: 65536 })).toThrow('port: not a uint16: 65536')
    expect(() => encodeMessage(everything, 0, { ...base, inner: { a: 1n, b: null } })).toThrow('null where none')
    expect(() => encodeMessage(everything, 2, { ...base, ids: ['short'] })).toThrow('ids: not a uuid: short')
    expect(() => encodeMessage(everything, 2, { ...base, longText: 'x'.repeat(32768) })).toThrow('32768 bytes')
    const { flag: _, ...withoutBlob } = base
    expect(() => encode(everything, 0, { ...withoutBlob, blob: undefined })).toThrow('blob: ')
    expect(() => encodeMessage(everything, 4, base)).toThrow('Everything has no version 4')
  })

  test('after a failed encoding the next one is clean', () => {
    const clean = encodeMessage(everything, 3, base)
    const broken = { ...base, blob: new Uint8Array(5000), tagged: { x: 1, list: [70000] } }
    expect(() => encodeMessage(everything, 3, broken)).toThrow('tagged: list: not an int16')
    expect(encodeMessage(everything, 3, base)).toEqual(clean)
  })

  test('tagged payloads of every size get the right size in front', () => {
    for (let count = 55; count < 65; count++) {
      const body = { ...base, tagged: { x: 1, list: Array.from({ length: count }, (_, i) => i) } }
      expect(decodeMessage(everything, 3, encodeMessage(everything, 3, body)).tagged).toEqual(body.tagged)
    }
    for (const length of [1, 125, 126, 127, 128, 16380, 16383, 16384, 32767]) {
      const body = { ...base, longText: 'y'.repeat(length), taggedBlob: new Uint8Array(length * 70).fill(9) }
      const decoded = decodeMessage(everything, 3, encodeMessage(everything, 3, body))
      expect(decoded.longText).toBe(body.longText)
      expect(Buffer.compare(decoded.taggedBlob!, body.taggedBlob)).toBe(0)
    }
  })

  test('long byte fields arrive whole and in place', () => {
    for (const length of [511, 512, 20_000, 2_000_000]) {
      const blob = new Uint8Array(length).fill(length)
      const body = { ...base, blob, maybeBlob: blob, names: ['after'] }
      const decoded = decodeMessage(everything, 1, encodeMessage(everything, 1, body))
      expect(decoded.names).toEqual(['after'])
      expect(Buffer.compare(decoded.blob, blob)).toBe(0)
      expect(Buffer.compare(decoded.maybeBlob!, blob)).toBe(0)
    }
  })

  test('results share no bytes with each other', () => {
    const first = encodeMessage(everything, 0, { ...base, port: 1 })
    const copy = first.slice()
    for (let i = 0; i < 5000; i++) encodeMessage(everything, 0, { ...base, port: 2 })
    expect(first).toEqual(copy)
  })
})

describe('decoding', () => {
  const fields = (bytes: readonly number[]): (() => unknown) => () =>
    decodeMessage(everything, 0, new Uint8Array([1, 0, 7, ...bytes]))

  test('bytes are views of the input', () => {
    const frame = encodeMessage(everything, 0, {
      flag: true,
      blob: new Uint8Array([4, 5, 6]),
      names: [],
      inner: { a: 0n, b: '' },
    })
    expect(decodeMessage(everything, 0, frame).blob.buffer).toBe(frame.buffer)
  })

  test('defaults that are objects are not shared between values', () => {
    const bytes = encodeMessage(everything, 0, { flag: true, blob: new Uint8Array(0), names: [], inner: { a: 0n, b: '' } })
    const [first, second] = [decodeMessage(everything, 0, bytes), decodeMessage(everything, 0, bytes)]
    first.ids.push('x')
    first.tagged.list.push(1)
    expect(second.ids).toEqual([])
    expect(second.tagged.list).toEqual([])
  })

  test('a hostile count is refused before anything is made of it', () => {
    expect(fields([0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])).toThrow('names: 2147483647 elements')
    const compact = new Uint8Array([1, 0, 7, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f])
    expect(() => decodeMessage(everything, 2, compact)).toThrow(MalformedMessage)
  })

  test('a negative length other than -1 is refused, and -1 where null is not allowed', () => {
    expect(fields([0xff, 0xff, 0xff, 0xfe])).toThrow('blob: length -2')
    expect(fields([0xff, 0xff, 0xff, 0xff])).toThrow('blob: null where none is allowed')
    expect(fields([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])).toThrow('names: null where none is allowed')
    expect(fields([0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff])).toThrow('names: null where none is allowed')
  })

  test('text that is not UTF-8 is refused', () => {
    expect(fields([0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0xc3, 0x28])).toThrow('names: not UTF-8')
  })

  test('an unknown tag is passed over; tags out of order, twice or of the wrong size are refused', () => {
    const body = [1, 0, 7, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]
    const decode = (...tags: readonly number[]): unknown =>
      decodeMessage(everything, 2, new Uint8Array([1, 0, ...body.slice(1), ...tags]))
    expect(decode(2, 3, 2, 0xee, 0xee, 5, 2, 2, 0x61)).toMatchObject({ longText: 'a' })
    expect(() => decode(2, 5, 2, 2, 0x61, 3, 0)).toThrow('tag 3 after tag 5')
    expect(() => decode(2, 5, 2, 2, 0x61, 5, 2, 2, 0x61)).toThrow('tag 5 after tag 5')
    expect(() => decode(1, 5, 3, 2, 0x61, 0x61)).toThrow('longText: 1 bytes left over')
    expect(() => decode(1, 5, 1, 2, 0x61)).toThrow('longText: ')
  })
})
