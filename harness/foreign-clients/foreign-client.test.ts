/** Libraries that are not ours under trial: what of their word is believed, and that they get through a short one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clockDrift } from '../../nemesis/clock-drift.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { SendOutcome, WorkloadClient, WorkloadProducer } from '../../workloads/client/client.ts'
import { producerDefaults } from '../../workloads/client/defaults.ts'
import { brokerCommand } from '../broker-command.ts'
import { runOnProcesses } from '../run-processes.ts'
import { RunStore } from '../run-store.ts'
import { scenarios, type ProcessScenario } from '../scenarios.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import { foreignClients } from './foreign-client.ts'
import type { ForeignProducer, PlacedRecord } from './library.ts'
import { loadLibrary } from './registry.ts'

const topic = { name: 'orders', topicId: '', partitions: [0, 1].map((partition) => ({ partition, leader: 1, leaderEpoch: 0, replicas: [1], inSyncReplicas: [1] })) }

describe('a library', () => {
  let runner: NodeRunner
  let loop: Loop

  beforeEach(() => {
    runner = new NodeRunner({ seed: 1 })
    loop = new Loop(runner.ports)
    runner.run((event) => loop.step(event))
  })
  afterEach(() => runner.stop())

  /** A producer over a library that answers with `send`; `closed` when it was let go. */
  function driven(send: ForeignProducer['send'], deliveryTimeoutMs = 10_000): WorkloadProducer {
    const wire = {
      admin: { metadata: (_topics, _timeoutMs, done) => done({ ok: true, value: { clusterId: null, controllerId: 1, nodes: [], topics: [topic] } }) },
      close: () => undefined,
    } as Partial<WorkloadClient> as WorkloadClient
    const library = { name: 'fake 1', producer: (): ForeignProducer => ({ send, close: () => Promise.resolve() }) }
    const make = foreignClients({ loop, library, bootstrap: [], security: {}, requestTimeoutMs: 1000, wire: () => wire })
    return make('producer-0').producer({ ...producerDefaults, deliveryTimeoutMs })
  }

  function sent(producer: WorkloadProducer, partition: number): Promise<SendOutcome> {
    return new Promise((done) => producer.send({ topic: 'orders', partition, key: null, value: null }, done))
  }

  it('that acknowledges gives each record its offset, by partition and in the order of the calls', async () => {
    const handed: PlacedRecord[][] = []
    const producer = driven((records) => {
      handed.push([...records])
      return Promise.resolve(new Map([['orders-0', 10], ['orders-1', 20]]))
    })
    const outcomes = await Promise.all([0, 1, 0].map((partition) => sent(producer, partition)))
    expect(outcomes).toMatchObject([
      { type: 'ok', partition: 0, offset: 10 },
      { type: 'ok', partition: 1, offset: 20 },
      { type: 'ok', partition: 0, offset: 11 },
    ])
    expect(handed.map((records) => records.map(({ partition }) => partition))).toEqual([[0, 1, 0]])
  })

  it('that fails leaves open what happened, under the name Kafka has for it', async () => {
    const error = Object.assign(new Error('gave up'), { cause: Object.assign(new Error('x'), { type: 'NOT_ENOUGH_REPLICAS' }) })
    const outcome = await sent(driven(() => Promise.reject(error)), 0)
    expect(outcome).toMatchObject({ type: 'info', error: { code: 'NOT_ENOUGH_REPLICAS', definite: false, message: 'gave up' } })
  })

  it('that never answers is not waited for: what it has may have happened, what it never got has not', async () => {
    const producer = driven(() => new Promise(() => undefined), 200)
    const first = sent(producer, 0)
    // Handed over a linger later, so this one comes behind the call.
    await new Promise<void>((done) => void loop.after(50, done))
    const outcomes = await Promise.all([first, sent(producer, 0)])
    expect(outcomes).toMatchObject([
      { type: 'info', error: { code: 'DELIVERY_TIMED_OUT', definite: false } },
      { type: 'fail', error: { code: 'DELIVERY_TIMED_OUT', definite: true } },
    ])
  })

  it('that is closed ends what is open', async () => {
    const producer = driven(() => new Promise(() => undefined))
    const open = sent(producer, 0)
    producer.close()
    expect(await open).toMatchObject({ type: 'fail', error: { code: 'CLOSED' } })
  })
})

const directory = mkdtempSync(join(tmpdir(), 'tribunal-foreign-'))
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

const leaderLost = scenarios.find((each): each is ProcessScenario => each.target === 'processes' && each.name === 'kill-leader')!
const leadersStay: ProcessScenario = {
  ...leaderLost,
  name: 'clock-drift',
  keepsLeaders: true,
  nemesis: { ...leaderLost.nemesis, attacks: [{ fault: clockDrift, aim: 'one' }] },
}

/** kafkajs loses records when a leader is lost (tulios/kafkajs#1303), so it is tried where leaders stay. */
it.each([
  ['kafkajs', leadersStay],
  ['platformatic', leaderLost],
])('%s sends through a trial, and the history says who sent', async (name, scenario) => {
  const library = (await loadLibrary(name))!
  const [{ verdict, ops }] = await runOnProcesses(scenario, {
    seed: 1,
    store: new RunStore(directory),
    recipe: referenceBroker(await brokerCommand()),
    library,
    accept: [],
    signal: new AbortController().signal,
    onProgress: () => undefined,
    faultsMs: 6000,
    recordsPerSecond: 400,
  })
  expect(ops.at(0)!.value).toMatchObject({ client: library.name })
  expect(verdict).toMatchObject({ valid: true, reasons: [], findings: [] })
  expect(verdict.acknowledged).toBeGreaterThanOrEqual(2000)
})
