/** The rule proxy in the simulator, between a client and a server that answers what it is asked. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ConnectionId } from '../../ports/events.ts'
import { Loop } from '../../ports/loop.ts'
import { apis } from '../../protocol/apis.ts'
import { decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse, readCorrelationId } from '../../protocol/frames.ts'
import { calmDisk } from '../../simulator/sim-disk.ts'
import { calmNetwork } from '../../simulator/sim-wire.ts'
import { World } from '../../simulator/world.ts'
import { RuleProxy } from './rule-proxy.ts'
import type { WireRule } from './rule.ts'

const port = 9092
const nodes = [1, 2]

/** What came to the servers, and what the client heard. */
class Scene {
  readonly world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  readonly arrived: { node: number; correlationId: number; own: boolean }[] = []
  readonly heard: { connection: number; correlationId: number; errors: number[] }[] = []
  readonly closed: number[] = []
  proxy!: RuleProxy
  #loop!: Loop
  readonly #connections: ConnectionId[] = []

  constructor(rules: readonly WireRule[]) {
    for (const node of nodes) this.#addServer(node)
    this.world.addClient('here', (ports) => {
      this.#loop = new Loop(ports)
      this.proxy = new RuleProxy({ loop: this.#loop, host: 'here', nodes, portOf: (node) => 9200 + node, upstream: (node) => ({ host: `server-${node}`, port }) })
      this.proxy.setRules(rules)
      this.proxy.open(() => undefined)
      return this.#loop
    })
    this.pass()
  }

  #addServer(node: number): void {
    this.world.addClient(`server-${node}`, (ports) => {
      const loop = new Loop(ports)
      loop.listen('all', `server-${node}`, port, {
        onListening: () => undefined,
        onListenFailed: (reason) => {
          throw new Error(reason)
        },
        onAccepted: (connection) => ({
          onFrame: (frame) => {
            const { apiKey, apiVersion, correlationId } = decodeRequestHeader(frame)
            this.arrived.push({ node, correlationId, own: correlationId >= 0x40000000 })
            loop.send(connection, answerTo(apiKey, apiVersion, correlationId))
          },
          onClosed: () => undefined,
        }),
      })
      return loop
    })
  }

  connect(node: number): number {
    const number = this.#connections.length
    this.#connections.push(this.#loop.connect('here', 9200 + node, {
      onFrame: (frame) => this.heard.push({ connection: number, correlationId: readCorrelationId(frame), errors: errorsIn(frame) }),
      onClosed: () => this.closed.push(number),
    }))
    return number
  }

  endTxn(connection: number, correlationId: number, clientId = 'a'): void {
    const body = { transactionalId: 't', producerId: 7n, producerEpoch: 1, committed: true }
    this.#loop.send(this.#connections[connection]!, encodeRequest(apis.EndTxn, 4, { correlationId, clientId }, body))
  }

  ask(connection: number, frame: Uint8Array): void {
    this.#loop.send(this.#connections[connection]!, frame)
  }

  pass(ms = 1000): void {
    this.world.run({ untilMs: this.world.now() + ms })
  }

  deeds(): string[] {
    return this.proxy.record.map(({ did, correlationId }) => `${did} ${correlationId >= 0x40000000 ? 'own' : correlationId}`)
  }
}

function answerTo(apiKey: number, version: number, correlationId: number): Uint8Array {
  if (apiKey === apis.Metadata.key) {
    const brokers = nodes.map((nodeId) => ({ nodeId, host: `server-${nodeId}`, port, rack: null }))
    return encodeResponse(apis.Metadata, version, correlationId, { brokers, topics: [], controllerId: 1, clusterId: 'c' })
  }
  return encodeResponse(apis.EndTxn, version, correlationId, { errorCode: 0 })
}

function errorsIn(frame: Uint8Array): number[] {
  return [decodeResponse(apis.EndTxn, 4, frame).body.errorCode]
}

function rule(act: WireRule['act'], more: Partial<WireRule> = {}, match: Partial<WireRule['match']> = {}): WireRule {
  return { name: 'r', match: { api: 'EndTxn', ...match }, act, ...more }
}

it('without a rule everything passes in order, and is in the record', () => {
  const scene = new Scene([])
  const connection = scene.connect(1)
  for (const id of [1, 2, 3]) scene.endTxn(connection, id)
  scene.pass()
  expect(scene.heard.map(({ correlationId }) => correlationId)).toEqual([1, 2, 3])
  expect(scene.deeds().filter((deed) => deed.startsWith('answered'))).toEqual(['answered 1', 'answered 2', 'answered 3'])
})

it('a held request keeps all behind it; released, it goes out on its own connection, and its answer no further', () => {
  const scene = new Scene([rule({ do: 'hold' }, { nth: 2 })])
  const connection = scene.connect(1)
  for (const id of [1, 2, 3]) scene.endTxn(connection, id)
  scene.pass()
  expect(scene.arrived.map(({ correlationId }) => correlationId)).toEqual([1])
  const told: unknown[] = []
  expect(scene.proxy.release('r', (released) => told.push(released))).toBe(true)
  scene.pass()
  expect(told).toEqual([{ errors: ['NONE'] }])
  expect(scene.arrived.map(({ own }) => own)).toEqual([false, true])
  expect(scene.heard.map(({ correlationId }) => correlationId)).toEqual([1])
  expect(scene.deeds()).toEqual(['forwarded 1', 'held 2', 'answered 1', 'released own', 'swallowed own'])
})

it('a held answer is let go to who waits for it, in order', () => {
  const scene = new Scene([rule({ do: 'hold' }, {}, { of: 'answer' })])
  const connection = scene.connect(1)
  for (const id of [1, 2]) scene.endTxn(connection, id)
  scene.pass()
  expect([scene.arrived.length, scene.heard.length]).toEqual([2, 0])
  expect(scene.proxy.resume('r')).toBe(true)
  scene.pass()
  expect(scene.heard.map(({ correlationId }) => correlationId)).toEqual([1, 2])
})

it('a held request that is resumed goes on where it was, once', () => {
  const scene = new Scene([rule({ do: 'hold' })])
  const connection = scene.connect(1)
  for (const id of [1, 2]) scene.endTxn(connection, id)
  scene.pass()
  expect([scene.proxy.resume('r'), scene.proxy.resume('r')]).toEqual([true, false])
  scene.pass()
  expect(scene.arrived.map(({ correlationId, own }) => [correlationId, own])).toEqual([[1, false], [2, false]])
  expect(scene.heard.map(({ correlationId }) => correlationId)).toEqual([1, 2])
})

it('a dropped request never arrives, a dropped answer is never heard, and the connection stays as it is', () => {
  for (const [of, arrived] of [['request', 0], ['answer', 1]] as const) {
    const scene = new Scene([rule({ do: 'drop' }, {}, { of })])
    scene.endTxn(scene.connect(1), 1)
    scene.pass()
    expect([scene.arrived.length, scene.heard.length, scene.closed.length]).toEqual([arrived, 0, 0])
  }
})

it('a duplicate arrives twice and is answered once', () => {
  const scene = new Scene([rule({ do: 'duplicate' })])
  scene.endTxn(scene.connect(1), 1)
  scene.pass()
  expect(scene.arrived.map(({ own }) => own).sort()).toEqual([false, true])
  expect(scene.heard.map(({ correlationId }) => correlationId)).toEqual([1])
})

it('a captured request passes, and is sent again as often as it is released', () => {
  const scene = new Scene([rule({ do: 'capture' })])
  scene.endTxn(scene.connect(2), 1)
  scene.pass()
  expect(scene.heard).toHaveLength(1)
  for (let again = 0; again < 3; again++) scene.proxy.release('r', () => undefined)
  scene.pass()
  expect(scene.arrived.map(({ node, own }) => [node, own])).toEqual([[2, false], [2, true], [2, true], [2, true]])
})

it('a delayed request comes when its time is over, with all behind it', () => {
  const scene = new Scene([rule({ do: 'delay', delayMs: 5000 })])
  const connection = scene.connect(1)
  for (const id of [1, 2]) scene.endTxn(connection, id)
  scene.pass(4000)
  expect(scene.arrived).toEqual([])
  scene.pass(2000)
  expect(scene.heard.map(({ correlationId }) => correlationId)).toEqual([1, 2])
})

it('a request that is reordered arrives after the one it was to come before', () => {
  const scene = new Scene([rule({ do: 'reorder', after: { api: 'EndTxn', client: 'b' } }, {}, { client: 'a' })])
  scene.endTxn(scene.connect(1), 1, 'a')
  scene.pass()
  expect(scene.arrived).toEqual([])
  scene.endTxn(scene.connect(2), 2, 'b')
  scene.pass()
  expect(scene.arrived.map(({ correlationId }) => correlationId)).toEqual([2, 1])
  expect(scene.heard).toHaveLength(2)
})

it('a cut comes when the request went through, and its answer is lost', () => {
  const scene = new Scene([rule({ do: 'cut' })])
  scene.endTxn(scene.connect(1), 1)
  scene.pass()
  expect([scene.arrived.length, scene.heard.length, scene.closed]).toEqual([1, 0, [0]])
  expect(scene.deeds()).toEqual(['forwarded 1', 'cut 1'])
})

it('a refused request is told the error and does not arrive; of an answer that is replaced, it did', () => {
  for (const [of, arrived] of [['request', 1], ['answer', 2]] as const) {
    const scene = new Scene([rule({ do: 'answer', error: 'COORDINATOR_NOT_AVAILABLE' }, { nth: 2 }, { of })])
    const connection = scene.connect(1)
    for (const id of [1, 2]) scene.endTxn(connection, id)
    scene.pass()
    expect(scene.arrived).toHaveLength(arrived)
    expect(scene.heard.map(({ correlationId, errors }) => [correlationId, ...errors])).toEqual([[1, 0], [2, 15]])
  }
})

it('who reads addresses from an answer stays behind the proxy', () => {
  const scene = new Scene([])
  const frames: Uint8Array[] = []
  const connection = scene.connect(1)
  const sent = encodeRequest(apis.Metadata, 8, { correlationId: 1, clientId: 'a' }, { topics: [] })
  scene.world.addClient('other', (ports) => {
    const loop = new Loop(ports)
    const dialled = loop.connect('here', 9201, { onFrame: (frame) => frames.push(frame), onClosed: () => undefined })
    loop.send(dialled, sent)
    return loop
  })
  scene.pass()
  expect(connection).toBe(0)
  const { brokers } = decodeResponse(apis.Metadata, 8, frames[0]!).body
  expect(brokers.map(({ nodeId, host, port: told }) => [nodeId, host, told])).toEqual([[1, 'here', 9201], [2, 'here', 9202]])
})

const anyMatch = fc.record({
  client: fc.constantFrom(undefined, 'a', 'b'),
  node: fc.constantFrom(undefined, 1, 2),
  transactionalId: fc.constantFrom(undefined, 't', 'other'),
})

it('a rule meets exactly the requests it describes, from its first on, as often as it says', () => {
  const anyRequest = fc.record({ client: fc.constantFrom('a', 'b'), node: fc.constantFrom(1, 2) })
  fc.assert(fc.property(anyMatch, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.array(anyRequest, { maxLength: 8 }), (match, nth, times, requests) => {
    const given = Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined))
    const scene = new Scene([rule({ do: 'answer', error: 'INVALID_TXN_STATE' }, { nth, times }, given)])
    const connections = nodes.map((node) => scene.connect(node))
    requests.forEach(({ client, node }, i) => {
      scene.endTxn(connections[node - 1]!, i, client)
      scene.pass(50)
    })
    const fitting = requests.map((each, i) => ({ ...each, i })).filter(({ client, node }) =>
      (match.client ?? client) === client && (match.node ?? node) === node && (match.transactionalId ?? 't') === 't')
    const expected = fitting.slice(nth - 1, nth - 1 + times).map(({ i }) => i)
    const refused = scene.heard.filter(({ errors }) => errors[0] !== 0).map(({ correlationId }) => correlationId)
    expect(refused.sort()).toEqual(expected)
  }), { numRuns: 40 })
})

it('two rules that mean one request: the first whose turn it is applies, and both count it', () => {
  const scene = new Scene([
    { ...rule({ do: 'answer', error: 'INVALID_TXN_STATE' }, { nth: 2 }), name: 'second' },
    { ...rule({ do: 'answer', error: 'PRODUCER_FENCED' }, { nth: 1, times: 3 }), name: 'all' },
  ])
  const connection = scene.connect(1)
  for (const id of [1, 2, 3]) scene.endTxn(connection, id)
  scene.pass()
  expect(scene.proxy.record.map((event) => event.rule)).toEqual(['all', 'second', 'all'])
})

it('what no API of ours is passes untouched', () => {
  const scene = new Scene([rule({ do: 'drop' })])
  const unknown = Uint8Array.of(0x7f, 0xff, 0, 0, 0, 0, 0, 9, 0xff, 0xff)
  scene.ask(scene.connect(1), unknown)
  scene.pass()
  expect(scene.arrived.map(({ correlationId }) => correlationId)).toEqual([9])
})

