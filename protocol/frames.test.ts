import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apiByKey, apis, type AnyApi } from './apis.ts'
import { errorCode } from './errors.ts'
import {
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  readCorrelationId,
} from './frames.ts'
import { MalformedMessage } from './malformed.ts'
import { arbitraryBody } from './testing/arbitrary-message.ts'
import { zeroUuid } from './uuid.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
const plain = (text: string): string => text.replaceAll(/\s/g, '')
const header = { correlationId: 7, clientId: 'me' }

const allVersions = Object.values(apis).flatMap((api: AnyApi) => {
  const { min, max } = api.versions
  return Array.from({ length: max - min + 1 }, (_, i) => ({ api, version: min + i, title: `${api.name} v${min + i}` }))
})

describe.each(allVersions)('$title', ({ api, version }) => {
  test('a request comes back with its header and body', () => {
    const clientId = fc.option(fc.string({ maxLength: 20, unit: 'grapheme' }))
    fc.assert(
      fc.property(arbitraryBody(api.request, version), fc.integer(), clientId, (body, correlationId, clientId) => {
        const frame = encodeRequest(api, version, { correlationId, clientId }, body as never)
        const { bodyStart, ...read } = decodeRequestHeader(frame)
        expect(read).toEqual({ apiKey: api.key, apiVersion: version, correlationId, clientId })
        expect(decodeRequestBody(api, version, frame, bodyStart)).toEqual(body)
        expect(readCorrelationId(frame.subarray(4))).toBe(correlationId)
      }),
      { numRuns: 5 },
    )
  })

  test('a response comes back with its correlation id and body', () => {
    fc.assert(
      fc.property(arbitraryBody(api.response, version), fc.integer(), (body, correlationId) => {
        const frame = encodeResponse(api, version, correlationId, body as never)
        fc.pre(api.key !== 18 || (body as { errorCode: number }).errorCode !== errorCode.UNSUPPORTED_VERSION)
        expect(decodeResponse(api, version, frame)).toEqual({ correlationId, body })
        expect(readCorrelationId(frame)).toBe(correlationId)
      }),
      { numRuns: 5 },
    )
  })
})

describe('known frames, byte for byte', () => {
  test('ApiVersions v0', () => {
    const request = encodeRequest(apis.ApiVersions, 0, header, {})
    expect(hex(request)).toBe(plain('0012 0000 00000007 0002 6d65'))
    const response = { errorCode: 0, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }
    expect(hex(encodeResponse(apis.ApiVersions, 0, 7, response))).toBe(
      plain('00000007 0000 00000001 0012 0000 0004'),
    )
  })

  test('ApiVersions v3: flexible body, response header without tags', () => {
    const request = { clientSoftwareName: 'ab', clientSoftwareVersion: '1.0' }
    expect(hex(encodeRequest(apis.ApiVersions, 3, header, request))).toBe(
      plain('0012 0003 00000007 0002 6d65 00  03 6162 04 312e30 00'),
    )
    const response = {
      errorCode: 0,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
      finalizedFeaturesEpoch: 5n,
      finalizedFeatures: [{ name: 'f', maxVersionLevel: 2, minVersionLevel: 1 }],
    }
    expect(hex(encodeResponse(apis.ApiVersions, 3, 7, response))).toBe(
      plain(`00000007  0000 02 0012 0000 0004 00 00000000
        02  01 08 0000000000000005  02 08 02 02 66 0002 0001 00`),
    )
  })

  test('Metadata v1', () => {
    expect(hex(encodeRequest(apis.Metadata, 1, header, { topics: null }))).toBe(
      plain('0003 0001 00000007 0002 6d65  ffffffff'),
    )
    expect(hex(encodeRequest(apis.Metadata, 1, header, { topics: [{ name: 't' }] }))).toBe(
      plain('0003 0001 00000007 0002 6d65  00000001 0001 74'),
    )
    expect(hex(encodeResponse(apis.Metadata, 1, 7, metadata))).toBe(
      plain(`00000007  00000001 00000001 0001 68 00002384 ffff  00000001
        00000001 0000 0001 74 00  00000001 0000 00000000 00000001 00000001 00000001 00000001 00000001`),
    )
  })

  test('Metadata v12', () => {
    const request = { topics: [{ topicId: zeroUuid, name: 't' }], allowAutoTopicCreation: true }
    expect(hex(encodeRequest(apis.Metadata, 12, header, { ...request, includeTopicAuthorizedOperations: false }))).toBe(
      plain(`0003 000c 00000007 0002 6d65 00  02 00000000000000000000000000000000 02 74 00  01 00 00`),
    )
    expect(hex(encodeResponse(apis.Metadata, 12, 7, metadata))).toBe(
      plain(`00000007 00  00000000  02 00000001 02 68 00002384 00 00  02 63  00000001
        02 0000 02 74 000102030405060708090a0b0c0d0e0f 00
          02 0000 00000000 00000001 00000003 02 00000001 02 00000001 01 00
          80000000 00
        00`),
    )
  })

  const produce = {
    acks: -1,
    timeoutMs: 30000,
    topicData: [{ name: 't', partitionData: [{ index: 0, records: new Uint8Array([0xaa, 0xbb, 0xcc]) }] }],
  }

  test('Produce v3', () => {
    expect(hex(encodeRequest(apis.Produce, 3, header, produce))).toBe(
      plain('0000 0003 00000007 0002 6d65  ffff ffff 00007530 00000001 0001 74 00000001 00000000 00000003 aabbcc'),
    )
  })

  test('Produce v9, and a null client id', () => {
    expect(hex(encodeRequest(apis.Produce, 9, { correlationId: -1, clientId: null }, produce))).toBe(
      plain('0000 0009 ffffffff ffff 00  00 ffff 00007530 02 02 74 02 00000000 04 aabbcc 00 00 00'),
    )
  })

  const metadata = {
    brokers: [{ nodeId: 1, host: 'h', port: 9092, rack: null }],
    clusterId: 'c',
    controllerId: 1,
    topics: [
      {
        errorCode: 0,
        name: 't',
        topicId: 'AAECAwQFBgcICQoLDA0ODw',
        partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 3, replicaNodes: [1], isrNodes: [1] }],
      },
    ],
  }
})

describe('ApiVersions before versions are agreed', () => {
  const answer = { errorCode: errorCode.UNSUPPORTED_VERSION, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }

  test('the header of an unknown version is readable, its body is not', () => {
    const frame = bytes('0012 0009 00000007 0002 6d65 00 ee ee')
    expect(decodeRequestHeader(frame)).toEqual({ ...header, apiKey: 18, apiVersion: 9, bodyStart: -1 })
  })

  test.each([0, 1, 2, 3, 4])('the v0 answer is understood by a client that asked v%i', (version) => {
    const { correlationId, body } = decodeResponse(apis.ApiVersions, version, encodeResponse(apis.ApiVersions, 0, 7, answer))
    expect(correlationId).toBe(7)
    expect(body).toMatchObject(answer)
  })

  test('other errors come in the layout of the request', () => {
    const refused = { errorCode: errorCode.INVALID_REQUEST, apiKeys: [], throttleTimeMs: 12 }
    const frame = encodeResponse(apis.ApiVersions, 3, 7, refused)
    expect(decodeResponse(apis.ApiVersions, 3, frame).body).toMatchObject(refused)
  })
})

describe('headers', () => {
  test('an unknown API still tells key, version, correlation id and client id', () => {
    expect(apiByKey(999)).toBeUndefined()
    const frame = bytes('03e7 0001 fffffffe ffff 01')
    expect(decodeRequestHeader(frame)).toEqual({
      apiKey: 999,
      apiVersion: 1,
      correlationId: -2,
      clientId: null,
      bodyStart: -1,
    })
    expect(decodeRequestHeader(bytes('03e7 0001 00000007 0009 6d65')).clientId).toBeNull()
  })

  test('Produce below 3 is advertised but has no body', () => {
    expect(apis.Produce.advertisedMin).toBe(0)
    expect(decodeRequestHeader(bytes('0000 0002 00000007 0002 6d65')).bodyStart).toBe(-1)
    expect(() => decodeRequestBody(apis.Produce, 2, bytes('0000'), 0)).toThrow('no version 2')
  })

  test('unknown tags in a header are passed over', () => {
    const frame = bytes('0012 0003 00000007 0002 6d65  01 05 02 eeee  01 01 00')
    const { bodyStart } = decodeRequestHeader(frame)
    expect(decodeRequestBody(apis.ApiVersions, 3, frame, bodyStart)).toEqual({
      clientSoftwareName: '',
      clientSoftwareVersion: '',
    })
  })

  test('a frame too short for its header is refused', () => {
    const whole = encodeRequest(apis.Vote, 2, header, { topics: [] })
    const { bodyStart } = decodeRequestHeader(whole)
    for (let length = 0; length < bodyStart; length++) {
      expect(() => decodeRequestHeader(whole.subarray(0, length))).toThrow(MalformedMessage)
    }
    expect(() => readCorrelationId(bytes('000000'))).toThrow(MalformedMessage)
  })

  test('a request of more elements than a broker will hold is refused, however small they are', () => {
    const asked = (topics: number): Uint8Array =>
      encodeRequest(apis.Metadata, 4, { correlationId: 1, clientId: null }, { topics: Array.from({ length: topics }, () => ({ name: '' })), allowAutoTopicCreation: false })
    const read = (frame: Uint8Array): unknown => decodeRequestBody(apis.Metadata, 4, frame, decodeRequestHeader(frame).bodyStart)
    expect(() => read(asked(1 << 18))).not.toThrow()
    expect(() => read(asked((1 << 18) + 1))).toThrow('262145 elements, and too many in all')
  })

  test('any bytes give a header or MalformedMessage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...Object.values(apis)), (noise, api: AnyApi) => {
        if (noise.length > 3) noise.set([0, api.key, 0, api.versions.max], 0)
        try {
          const { apiVersion, bodyStart } = decodeRequestHeader(noise)
          if (bodyStart >= 0) decodeRequestBody(api, apiVersion, noise, bodyStart)
          decodeResponse(api, api.versions.max, noise)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
