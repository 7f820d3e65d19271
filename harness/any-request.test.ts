/**
 * What a stranger sends costs the stranger's connection and never a broker: well-formed requests of every API and every
 * version, with any values in them, and bytes that are no request, against a cluster in the simulator.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Loop, type ConnectionHandler } from '../ports/loop.ts'
import { apis, type AnyApi, type Listener } from '../protocol/apis.ts'
import { decodeResponse, encodeRequest, readCorrelationId } from '../protocol/frames.ts'
import { arbitraryBody } from '../protocol/testing/arbitrary-message.ts'
import { soundDecisions } from '../reference-broker/core/decisions.ts'
import { brokerName, clientPort, SimCluster } from '../simulator/sim-cluster.ts'
import { calmDisk } from '../simulator/sim-disk.ts'
import { calmNetwork } from '../simulator/sim-wire.ts'
import { World } from '../simulator/world.ts'
import { producerDefaults } from '../workloads/client/defaults.ts'
import { profiles } from './profile.ts'
import { wireClients } from './wire-clients.ts'

const topic = 'orders'
const brokers = 3
const patienceMs = 120_000
/** Where SimCluster has its controllers. */
const controllerPort = clientPort + 1
const firstId = 7
const lastId = 8

class Stage {
  readonly world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  readonly cluster = new SimCluster(this.world, {
    brokers,
    settings: profiles.trial.settings,
    decisions: soundDecisions,
  })
  readonly loop: Loop
  topicId = ''

  constructor() {
    let made: Loop | undefined
    this.world.addClient('stranger', (ports) => (made = new Loop(ports)))
    this.loop = made!
    const { admin } = wireClients(this.loop, this.cluster.bootstrap, profiles.trial)('stage')
    this.until('a topic', (done) => {
      admin.createTopics([{ name: topic, partitions: 3, replicationFactor: 3 }], patienceMs, () =>
        admin.metadata([topic], patienceMs, (result) => {
          if (!result.ok) return
          this.topicId = result.value.topics[0]!.topicId
          done()
        }),
      )
    })
  }

  until(what: string, begin: (done: () => void) => void): void {
    let open = true
    begin(() => (open = false))
    this.world.run({ untilMs: this.world.now() + patienceMs, while: () => open && this.world.failures.length === 0 })
    expect(this.world.failures.map(({ node, error }) => `${node}: ${String(error)}`)).toEqual([])
    if (open) throw new Error(`no ${what} within ${patienceMs} ms`)
  }

  /** Sends the frame and a question behind it on a connection of its own; what came before the answer to that, or the end. */
  ask(brokerId: number, port: number, frame: Uint8Array): Uint8Array[] {
    const answers: Uint8Array[] = []
    this.until('answer', (done) => {
      const handler: ConnectionHandler = {
        onFrame: (bytes) => {
          if (readCorrelationId(bytes) !== lastId) return void answers.push(bytes)
          this.loop.close(connection)
          return done()
        },
        onClosed: done,
      }
      const connection = this.loop.connect(brokerName(brokerId), port, handler)
      this.loop.send(connection, frame)
      this.loop.send(connection, encodeRequest(apis.ApiVersions, 0, { correlationId: lastId, clientId: null }, {}))
    })
    return answers
  }

  /** Whatever was asked of the cluster before, it serves. */
  serves(): void {
    const client = wireClients(this.loop, this.cluster.bootstrap, profiles.trial)('check')
    const producer = client.producer(producerDefaults)
    let outcome = ''
    this.until('outcome', (done) => {
      client.admin.createTopics([{ name: 'afterwards', partitions: 1, replicationFactor: 3 }], patienceMs, () =>
        producer.send({ topic: 'afterwards', key: null, value: new Uint8Array(1) }, ({ type }) => {
          outcome = type
          done()
        }),
      )
    })
    client.close()
    expect(outcome).toBe('ok')
  }
}

/** Values that mean something to this cluster in place of most of the random ones, so that requests get far. */
function aimed(value: unknown, key: string, aim: { readonly topicId: string; readonly pick: number }): unknown {
  if (Array.isArray(value)) return value.map((element) => aimed(element, key, aim))
  if (value instanceof Uint8Array || value === null) return value
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, aimed(inner, name, aim)]))
  }
  const { pick } = aim
  if (/timeoutMs$|maxWaitMs$/i.test(key)) return Math.abs(Number(value)) % 1000
  if (pick % 4 === 0) return value
  if (typeof value === 'string' && /^(name|topic|topicNames)$/.test(key)) return topic
  if (key === 'topicId') return aim.topicId
  if (/^(partition|partitionIndex|index|partitions)$/.test(key) && typeof value === 'number') return Math.abs(value) % 4
  // What a version does not carry must keep its default.
  if (/epoch$/i.test(key) && typeof value === 'number') return value === -1 || value === 0 ? value : (Math.abs(value) % 4) - 1
  if (key === 'replicationFactor') return (Math.abs(Number(value)) % 5) - 1
  if (/offset$/i.test(key) && typeof value === 'bigint') return value % 3n
  if (key === 'timestamp') return -1n - (value as bigint & 3n)
  if (key === 'acks') return (Math.abs(Number(value)) % 3) - 1
  return value
}

interface Sent {
  readonly name: string
  readonly version: number
  readonly broker: number
  readonly pick: number
  readonly body: unknown
}

function requestsOf(listener: Listener): fc.Arbitrary<Sent> {
  return fc
    .constantFrom(...Object.values(apis).filter(({ listeners }) => listeners.includes(listener)))
    .chain(({ name, versions, request }: AnyApi) =>
      fc.integer(versions).chain((version) =>
        fc.record({
          name: fc.constant(name),
          version: fc.constant(version),
          broker: fc.integer({ min: 1, max: brokers }),
          pick: fc.nat(),
          body: arbitraryBody(request, version),
        }),
      ),
    )
}

function sendAll(stage: Stage, port: number, requests: readonly Sent[]): void {
  for (const { name, version, broker, pick, body } of requests) {
    const api: AnyApi = apis[name as keyof typeof apis]
    const sent = aimed(body, '', { topicId: stage.topicId, pick })
    const frame = encodeRequest(api, version, { correlationId: firstId, clientId: null }, sent as never)
    const answers = stage.ask(broker, port, frame)
    expect(answers.length).toBeLessThanOrEqual(1)
    for (const answer of answers) expect(decodeResponse(api, version, answer).correlationId).toBe(firstId)
  }
}

it('any request of a client is answered in its version or costs its connection, and the cluster serves on', () => {
  fc.assert(
    fc.property(fc.array(requestsOf('broker'), { minLength: 1, maxLength: 20 }), (requests) => {
      const stage = new Stage()
      sendAll(stage, clientPort, requests)
      stage.serves()
    }),
    { numRuns: 300 },
  )
})

it('no request to a controller stops a broker', () => {
  fc.assert(
    fc.property(fc.array(requestsOf('controller'), { minLength: 1, maxLength: 20 }), (requests) => {
      sendAll(new Stage(), controllerPort, requests)
    }),
    { numRuns: 300 },
  )
})

it('bytes that are no request cost their connection, and the cluster serves on', () => {
  const header = fc.record({ api: fc.integer({ min: -1, max: 80 }), version: fc.integer({ min: -1, max: 20 }) })
  const frame = fc.record({ header, rest: fc.uint8Array({ maxLength: 200 }) })
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), (frames) => {
      const stage = new Stage()
      for (const { header: { api, version }, rest } of frames) {
        const start = Buffer.alloc(4)
        start.writeInt16BE(api, 0)
        start.writeInt16BE(version, 2)
        stage.ask(1, clientPort, Buffer.concat([start, rest]))
      }
      stage.serves()
    }),
    { numRuns: 100 },
  )
})
