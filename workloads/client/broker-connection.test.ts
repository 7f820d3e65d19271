import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from '../../protocol/frames.ts'
import type { EndpointConnection } from '../testing/world.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import { BrokerConnection } from './broker-connection.ts'

interface Seen {
  readonly key: number
  readonly version: number
  readonly correlationId: number
}

type Range = readonly [min: number, max: number]

/** A broker that answers ApiVersions in its range and does with the rest what `onRequest` says. */
class Broker {
  readonly world: TestWorld = new TestWorld(1)
  readonly seen: Seen[] = []
  readonly results: { name: string; ok: boolean; reason?: string; mayHaveHappened?: boolean; version?: number }[] = []
  closed: string | undefined
  onRequest: (seen: Seen, connection: EndpointConnection) => void = (seen, connection) => this.answer(seen, connection)
  readonly #versions: Range
  readonly #metadata: Range | null

  constructor(versions: Range = [0, 4], metadata: Range | null = [0, 13]) {
    this.#versions = versions
    this.#metadata = metadata
    this.world.listen('b', 1, { onFrame: (frame, connection) => this.#arrive(frame, connection) })
  }

  connect(requestTimeoutMs = 1000): BrokerConnection {
    return new BrokerConnection(this.world.client(), { host: 'b', port: 1 }, {
      clientId: 'me',
      requestTimeoutMs,
      onReady: () => undefined,
      onClosed: (reason) => {
        this.closed = reason
      },
    })
  }

  ask(connection: BrokerConnection, name: string, maxVersion?: number): void {
    const body = (version: number) => ({ topics: [], allowAutoTopicCreation: version < 4 })
    connection.request(apis.Metadata, body, (result) => {
      if (result.ok) this.results.push({ name, ok: true, version: result.version })
      else this.results.push({ name, ...result })
    }, maxVersion === undefined ? undefined : { maxVersion })
  }

  answer({ version, correlationId }: Seen, connection: EndpointConnection): void {
    connection.send(encodeResponse(apis.Metadata, version, correlationId, { brokers: [], topics: [] }))
  }

  #arrive(frame: Uint8Array, connection: EndpointConnection): void {
    const { apiKey: key, apiVersion: version, correlationId, clientId, bodyStart } = decodeRequestHeader(frame)
    const seen = { key, version, correlationId }
    this.seen.push(seen)
    if (key !== apis.ApiVersions.key) return this.onRequest(seen, connection)
    expect(clientId).toBe('me')
    const [minVersion, maxVersion] = this.#versions
    const apiKeys = [{ apiKey: 18, minVersion, maxVersion }]
    if (version > maxVersion) {
      return connection.send(encodeResponse(apis.ApiVersions, 0, correlationId, { errorCode: 35, apiKeys }))
    }
    if (version >= 3) {
      const body = decodeRequestBody(apis.ApiVersions, version, frame, bodyStart)
      expect(body.clientSoftwareName).toMatch(/^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/)
      expect(body.clientSoftwareVersion).toMatch(/^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/)
    }
    if (this.#metadata !== null) {
      apiKeys.push({ apiKey: 3, minVersion: this.#metadata[0], maxVersion: this.#metadata[1] })
    }
    apiKeys.push({ apiKey: 999, minVersion: 0, maxVersion: 3 })
    connection.send(encodeResponse(apis.ApiVersions, version, correlationId, { errorCode: 0, apiKeys }))
  }
}

describe('versions', () => {
  test.each([
    [[0, 4], [3]],
    [[0, 3], [3]],
    [[0, 2], [3, 2]],
    [[0, 0], [3, 0]],
  ] as [Range, number[]][])('of a broker with ApiVersions %j are asked for in %j', (range, asked) => {
    const broker = new Broker(range)
    broker.ask(broker.connect(), 'a')
    broker.world.runFor(100)
    expect(broker.seen.filter(({ key }) => key === 18).map(({ version }) => version)).toEqual(asked)
    expect(broker.results).toEqual([{ name: 'a', ok: true, version: 13 }])
  })

  test('are the highest both have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), (a, b) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)]
        const broker = new Broker([0, 4], [min, max])
        const connection = broker.connect()
        broker.ask(connection, 'a')
        broker.world.runFor(100)
        const agreed = min > 13 ? undefined : Math.min(13, max)
        expect(connection.versionOf(apis.Metadata)).toBe(agreed)
        expect(broker.results).toMatchObject([agreed === undefined ? { reason: 'unsupported' } : { version: agreed }])
      }),
    )
  })

  test('of an API the broker does not have: the request fails, unsent, and the connection lives', () => {
    const broker = new Broker([0, 4], null)
    const connection = broker.connect()
    broker.ask(connection, 'a')
    broker.world.runFor(100)
    broker.ask(connection, 'b')
    broker.world.runFor(100)
    const refused = { ok: false, reason: 'unsupported', mayHaveHappened: false }
    expect(broker.results).toEqual([{ name: 'a', ...refused }, { name: 'b', ...refused }])
    expect(connection.isReady).toBe(true)
  })

  test('are capped by the request, but not below what the broker has', () => {
    const broker = new Broker([0, 4], [5, 13])
    const connection = broker.connect()
    broker.ask(connection, 'seven', 7)
    broker.ask(connection, 'four', 4)
    broker.world.runFor(100)
    expect(broker.results).toHaveLength(2)
    expect(broker.results).toContainEqual({ name: 'seven', ok: true, version: 7 })
    expect(broker.results).toContainEqual({ name: 'four', ok: false, reason: 'unsupported', mayHaveHappened: false })
  })
})

describe('a request', () => {
  test('may be made at once, and answers come in order', () => {
    const broker = new Broker()
    const connection = broker.connect()
    for (const name of ['a', 'b', 'c']) broker.ask(connection, name)
    broker.world.runFor(100)
    for (const name of ['d', 'e']) broker.ask(connection, name)
    broker.world.runFor(100)
    expect(broker.results.map(({ name, ok }) => `${name} ${ok}`)).toEqual(['a', 'b', 'c', 'd', 'e'].map((n) => `${n} true`))
    expect(new Set(broker.seen.map(({ correlationId }) => correlationId)).size).toBe(broker.seen.length)
  })

  test('without an answer in time ends the connection and everything on it', () => {
    const broker = new Broker()
    broker.onRequest = () => undefined
    const connection = broker.connect(1000)
    broker.world.runFor(100)
    broker.ask(connection, 'a')
    broker.world.runFor(400)
    broker.ask(connection, 'b')
    broker.world.runFor(590)
    expect(broker.results).toEqual([])
    broker.world.runFor(20)
    expect(broker.results).toEqual([
      { name: 'a', ok: false, reason: 'timed-out', mayHaveHappened: true },
      { name: 'b', ok: false, reason: 'disconnected', mayHaveHappened: true },
    ])
    expect(connection.isClosed).toBe(true)
  })

  test('cut off while open may have happened; one never sent has not', () => {
    const broker = new Broker()
    broker.onRequest = (_, connection) => connection.close()
    const connection = broker.connect()
    broker.world.runFor(100)
    broker.ask(connection, 'a')
    broker.world.runFor(100)
    broker.ask(connection, 'late')
    broker.world.runFor(100)
    expect(broker.results).toEqual([
      { name: 'a', ok: false, reason: 'disconnected', mayHaveHappened: true },
      { name: 'late', ok: false, reason: 'disconnected', mayHaveHappened: false },
    ])
  })

  test('to nobody is refused, and has not happened', () => {
    const broker = new Broker()
    broker.world.unlisten('b', 1)
    broker.ask(broker.connect(), 'a')
    broker.world.runFor(100)
    expect(broker.results).toEqual([{ name: 'a', ok: false, reason: 'refused', mayHaveHappened: false }])
  })

  test('to a broker that takes the connection and agrees on nothing has not happened', () => {
    const broker = new Broker()
    broker.world.listen('b', 1, { onFrame: () => undefined })
    broker.ask(broker.connect(700), 'a')
    broker.world.runFor(800)
    expect(broker.results).toEqual([{ name: 'a', ok: false, reason: 'timed-out', mayHaveHappened: false }])
  })

  test('is never answered twice, nor after close', () => {
    const broker = new Broker()
    const connection = broker.connect()
    broker.ask(connection, 'a')
    connection.close()
    broker.world.runFor(5000)
    expect(broker.results).toEqual([])
    expect(broker.closed).toBeUndefined()
  })
})

describe('an answer that is wrong', () => {
  test.each<[string, (seen: Seen, broker: Broker) => Uint8Array]>([
    ['malformed', ({ correlationId }) => encodeResponse(apis.Metadata, 1, correlationId, { brokers: [], topics: [] })],
    ['empty', () => new Uint8Array(0)],
    ['for another request', ({ correlationId }) => encodeResponse(apis.Metadata, 13, correlationId + 5, { brokers: [], topics: [] })],
  ])('(%s) ends the connection; the request may have happened', (_, bytesOf) => {
    const broker = new Broker()
    broker.onRequest = (seen, connection) => connection.send(bytesOf(seen, broker))
    broker.ask(broker.connect(), 'a')
    broker.world.runFor(100)
    expect(broker.results).toEqual([{ name: 'a', ok: false, reason: 'disconnected', mayHaveHappened: true }])
    expect(broker.closed).toBeDefined()
  })

  test('without a question ends the connection', () => {
    const broker = new Broker()
    broker.onRequest = (seen, connection) => {
      broker.answer(seen, connection)
      broker.answer(seen, connection)
    }
    broker.ask(broker.connect(), 'a')
    broker.world.runFor(100)
    expect(broker.results).toMatchObject([{ ok: true }])
    expect(broker.closed).toBe('an answer nobody asked for')
  })

  test('of any bytes ends in a result, never in an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const broker = new Broker()
        broker.onRequest = ({ correlationId }, connection) => {
          const frame = new Uint8Array(4 + bytes.length)
          new DataView(frame.buffer).setInt32(0, correlationId)
          frame.set(bytes, 4)
          connection.send(frame)
        }
        broker.ask(broker.connect(), 'a')
        broker.world.runFor(5000)
        expect(broker.results).toHaveLength(1)
      }),
    )
  })
})
