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
import { profiles } from './profile.ts'
import { wireClients } from './wire-clients.ts'

const topic = 'orders'
const brokers = 3
const patienceMs = 120_000
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

  acknowledges(): void {
    const producer = wireClients(this.loop, this.cluster.bootstrap, profiles.trial)('check').producer({
      acks: -1,
      idempotence: true,
      lingerMs: 0,
      batchSizeBytes: 1000,
      maxInFlight: 1,
      compression: 'none',
      retryBackoffMs: 100,
      deliveryTimeoutMs: 30_000,
      maxBlockMs: 30_000,
      bufferMemoryBytes: 10_000,
    })
    let outcome = ''
    this.until('outcome', (done) => {
      producer.send({ topic, partition: 0, key: null, value: new Uint8Array(1) }, ({ type }) => {
        outcome = type
        done()
      })
    })
    producer.close()
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
  if (/epoch$/i.test(key) && typeof value === 'number') return (Math.abs(value) % 4) - 1
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

it('any request of any version of any API is answered in that version or costs its connection', () => {
  fc.assert(
    fc.property(fc.array(requestsOf('broker'), { minLength: 1, maxLength: 20 }), (requests) => {
      const stage = new Stage()
      for (const { name, version, broker, pick, body } of requests) {
        const api: AnyApi = apis[name as keyof typeof apis]
        const sent = aimed(body, '', { topicId: stage.topicId, pick })
        const frame = encodeRequest(api, version, { correlationId: firstId, clientId: null }, sent as never)
        const answers = stage.ask(broker, clientPort, frame)
        expect(answers.length).toBeLessThanOrEqual(1)
        for (const answer of answers) expect(decodeResponse(api, version, answer).correlationId).toBe(firstId)
      }
      stage.acknowledges()
    }),
    { numRuns: 100 },
  )
})
