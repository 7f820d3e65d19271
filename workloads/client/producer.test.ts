import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCode, isDefinite } from '../../protocol/errors.ts'
import { utf8 } from '../testing/bytes.testing.ts'
import { TestCluster } from '../testing/cluster.testing.ts'
import type { Misbehaviour, ProduceCall, TestClusterOptions } from '../testing/cluster.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import type { ProducerOptions, SendOutcome } from './client.ts'
import { KafkaCluster } from './cluster.ts'
import { clusterDefaults, producerDefaults } from './defaults.ts'
import { WireProducer } from './producer.ts'

class Stage {
  readonly world: TestWorld
  readonly cluster: TestCluster
  readonly client: KafkaCluster
  readonly producer: WireProducer
  readonly outcomes = new Map<string, SendOutcome>()
  readonly order: string[] = []

  constructor(options: Partial<ProducerOptions> = {}, more: Partial<TestClusterOptions> & { seed?: number } = {}) {
    this.world = new TestWorld(more.seed ?? 1)
    this.cluster = new TestCluster(this.world, { topics: { t: 1 }, ...more })
    const bootstrap = [{ host: 'b0', port: 9092 }]
    this.client = new KafkaCluster(this.world.client(), { ...clusterDefaults, bootstrap, clientId: 'p' })
    this.producer = new WireProducer(this.client, { ...producerDefaults, lingerMs: 0, ...options })
  }

  send(value: string, place: { topic?: string; partition?: number } = {}): void {
    const { topic = 't', partition = 0 } = place
    this.producer.send({ topic, partition, key: null, value: utf8(value) }, (outcome) => {
      if (this.outcomes.has(value)) throw new Error(`${value} completed twice`)
      this.outcomes.set(value, outcome)
      this.order.push(value)
    })
  }

  /** Sends one record and waits until it is acknowledged. */
  settle(value = 'first'): void {
    this.send(value)
    expect(this.world.runUntil(() => this.outcomes.has(value), 20_000)).toBe(true)
    expect(this.outcomes.get(value)).toMatchObject({ type: 'ok' })
  }

  /** Sends each value in a batch of its own. */
  sendApart(...values: string[]): void {
    for (const value of values) {
      this.send(value)
      this.world.runFor(0)
    }
  }

  finish(): void {
    this.world.runFor(30_000)
  }

  log(): string[] {
    return this.cluster.log('t', 0).values()
  }

  offset(value: string): number | undefined {
    const outcome = this.outcomes.get(value)
    return outcome?.type === 'ok' ? outcome.offset : undefined
  }
}

/** Misbehaves on the first `times` calls that match. */
function atFirst(times: number, what: Misbehaviour, matches: (call: ProduceCall) => boolean = () => true) {
  let left = times
  return (call: ProduceCall): Misbehaviour | undefined => {
    if (!matches(call) || left === 0) return undefined
    left--
    return what
  }
}

describe('a healthy cluster', () => {
  test('acknowledges each record at its own offset', () => {
    const stage = new Stage({}, { topics: { t: 2, u: 1 } })
    for (let i = 0; i < 20; i++) stage.send(`v${i}`, { topic: i % 3 === 0 ? 'u' : 't', partition: i % 3 === 1 ? 1 : 0 })
    stage.finish()
    expect(stage.outcomes.size).toBe(20)
    for (const topic of ['t', 'u']) {
      for (const [offset, value] of stage.cluster.log(topic, 0).values().entries()) {
        expect(stage.outcomes.get(value)).toMatchObject({ type: 'ok', offset, partition: 0, attempts: 1 })
      }
    }
  })

  test('gets records sent together in one batch, and batches cut at their size', () => {
    const batches: number[] = []
    const stage = new Stage({ lingerMs: 5, batchSizeBytes: 300 })
    stage.cluster.onProduce = ({ header }) => void batches.push(header.recordsCount)
    for (let i = 0; i < 12; i++) stage.send(`value-${String(i).padStart(3, '0')}`)
    stage.finish()
    expect(stage.log()).toHaveLength(12)
    expect(batches.length).toBeGreaterThan(1)
    expect(Math.max(...batches)).toBeGreaterThan(3)
  })

  test('gets what had to wait in one batch, not in many', () => {
    const stage = new Stage({ maxInFlight: 1 })
    stage.settle()
    const batches: number[] = []
    stage.cluster.onProduce = ({ header }) => void batches.push(header.recordsCount)
    stage.world.latencyMs = 100
    for (let i = 0; i < 50; i++) {
      stage.send(`v${i}`)
      stage.world.runFor(1)
    }
    stage.finish()
    expect(stage.log()).toHaveLength(51)
    expect(batches).toEqual([1, 49])
  })

  test.each([0, 1, -1] as const)('answers acks %i', (acks) => {
    const stage = new Stage({ acks, idempotence: false })
    stage.send('v')
    stage.finish()
    expect(stage.outcomes.get('v')).toMatchObject({ type: 'ok', offset: acks === 0 ? undefined : 0 })
    expect(stage.log()).toEqual(['v'])
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('takes batches in %s', (compression) => {
    const stage = new Stage({ compression })
    stage.settle('v')
    expect(stage.log()).toEqual(['v'])
  })

  test.each([3, 8, 9, 12, 13])('is spoken to in Produce v%i', (version) => {
    const stage = new Stage({}, { versions: { Produce: [0, version] } })
    stage.settle('v')
    expect(stage.cluster.calls.filter((each) => each.api === 'Produce')).toEqual([{ node: 0, api: 'Produce', version }])
  })

  test('without topic ids is spoken to by name', () => {
    const stage = new Stage({}, { topicIds: false })
    stage.settle('v')
    expect(stage.cluster.calls.find((each) => each.api === 'Produce')?.version).toBe(12)
  })
})

describe('an attempt without an answer', () => {
  test('is sent again; an idempotent record is then in the log once, at the offset acknowledged', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.onProduce = atFirst(1, { append: true, end: 'cut' })
    stage.send('v')
    stage.finish()
    expect(stage.log()).toEqual(['first', 'v'])
    expect(stage.outcomes.get('v')).toMatchObject({ type: 'ok', offset: 1, attempts: 2 })
  })

  test('is sent again; without idempotence that writes it twice, and the later offset is told', () => {
    const stage = new Stage({ idempotence: false })
    stage.cluster.onProduce = atFirst(1, { append: true, end: 'cut' })
    stage.send('v')
    stage.finish()
    expect(stage.log()).toEqual(['v', 'v'])
    expect(stage.outcomes.get('v')).toMatchObject({ type: 'ok', offset: 1, attempts: 2 })
  })

  test('makes the outcome info, whatever definite error follows', () => {
    const stage = new Stage({ idempotence: false })
    const cut = atFirst(1, { append: true, end: 'cut' })
    stage.cluster.onProduce = (call) => cut(call) ?? { error: errorCode.MESSAGE_TOO_LARGE }
    stage.send('v')
    stage.finish()
    expect(stage.outcomes.get('v')).toMatchObject({ type: 'info', error: { code: 'MESSAGE_TOO_LARGE', definite: false } })
  })

  test('from a broker that never answers ends with the delivery timeout, as info', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.onProduce = () => ({ end: 'silent' })
    const before = stage.world.nowMs
    stage.send('v')
    expect(stage.world.runUntil(() => stage.outcomes.has('v'), 60_000)).toBe(true)
    expect(stage.outcomes.get('v')).toMatchObject({ type: 'info', error: { definite: false } })
    expect(stage.world.nowMs - before).toBeCloseTo(10_000, -1)
  })
})

describe('definite and indefinite answers', () => {
  test('of one kind only: a definite error ends as fail', () => {
    const stage = new Stage()
    stage.cluster.onProduce = () => ({ error: errorCode.MESSAGE_TOO_LARGE })
    stage.send('v')
    stage.finish()
    expect(stage.outcomes.get('v')).toMatchObject({
      type: 'fail',
      error: { code: 'MESSAGE_TOO_LARGE', definite: true },
      attempts: 1,
      node: 0,
    })
  })

  test('NOT_ENOUGH_REPLICAS until the delivery timeout is fail', () => {
    const stage = new Stage({ deliveryTimeoutMs: 9950 })
    stage.cluster.onProduce = () => ({ error: errorCode.NOT_ENOUGH_REPLICAS })
    stage.send('v')
    stage.finish()
    expect(stage.outcomes.get('v')).toMatchObject({ type: 'fail', error: { code: 'NOT_ENOUGH_REPLICAS' } })
    expect(stage.outcomes.get('v')!.attempts).toBeGreaterThan(50)
  })

  test('one REQUEST_TIMED_OUT among them makes it info', () => {
    const stage = new Stage({ deliveryTimeoutMs: 9950 })
    const late = atFirst(1, { error: errorCode.REQUEST_TIMED_OUT, append: true })
    stage.cluster.onProduce = (call) => late(call) ?? { error: errorCode.NOT_ENOUGH_REPLICAS }
    stage.send('v')
    stage.finish()
    expect(stage.outcomes.get('v')).toMatchObject({ type: 'info', error: { code: 'NOT_ENOUGH_REPLICAS' } })
  })

  test('a record never sent is fail: no leader, no broker, no topic', () => {
    const stage = new Stage({}, { topics: { t: 2 } })
    stage.cluster.log('t', 0).moveTo(-1)
    stage.send('leaderless')
    stage.producer.send({ topic: 'missing', key: null, value: null }, (outcome) => stage.outcomes.set('missing', outcome))
    stage.finish()
    const fail = { type: 'fail', attempts: 0, error: { code: 'TIMED_OUT', definite: true } }
    expect(stage.outcomes.get('leaderless')).toMatchObject(fail)
    expect(stage.outcomes.get('missing')).toMatchObject(fail)

    const dark = new Stage()
    dark.cluster.stop(0)
    dark.send('v')
    dark.finish()
    expect(dark.outcomes.get('v')).toMatchObject(fail)
  })

  test('a record for a leader that is known and gone is fail, without attempts', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.stop(0)
    stage.world.runFor(100)
    stage.send('v')
    stage.finish()
    expect(stage.outcomes.get('v')).toMatchObject({ type: 'fail', attempts: 0, error: { definite: true } })
  })

  test('closing ends what is outstanding as info, once', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.onProduce = () => ({ append: true, end: 'silent' })
    stage.sendApart('a', 'b')
    stage.producer.close()
    stage.producer.close()
    stage.send('late')
    stage.finish()
    expect(stage.outcomes.get('a')).toMatchObject({ type: 'info', error: { code: 'CLOSED' } })
    expect(stage.outcomes.get('b')).toMatchObject({ type: 'info', error: { code: 'CLOSED' } })
    expect(stage.outcomes.get('late')).toMatchObject({ type: 'fail', error: { code: 'CLOSED' } })
  })
})

describe('five batches in flight', () => {
  const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

  test('are five, not six', () => {
    const stage = new Stage()
    stage.settle()
    let calls = 0
    stage.cluster.onProduce = () => void calls++
    stage.world.latencyMs = 50
    stage.sendApart(...values)
    stage.world.runFor(60)
    expect(calls).toBe(5)
    stage.finish()
    expect(stage.log()).toEqual(['first', ...values])
  })

  test('keep their order when the first is refused and the others are therefore out of order', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.onProduce = atFirst(1, { error: errorCode.NOT_ENOUGH_REPLICAS })
    stage.sendApart(...values)
    stage.finish()
    expect(stage.log()).toEqual(['first', ...values])
    expect(stage.order).toEqual(['first', ...values])
    expect(stage.offset('g')).toBe(7)
  })

  test('keep their order and stay single when all answers are lost after the append', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.onProduce = atFirst(5, { append: true, end: 'silent' })
    stage.sendApart(...values)
    stage.finish()
    expect(stage.log()).toEqual(['first', ...values])
    for (const [at, value] of values.entries()) expect(stage.offset(value)).toBe(at + 1)
  })

  test('before the first acknowledgement are one: a leader without state would take the second alone', () => {
    const stage = new Stage()
    let calls = 0
    stage.cluster.onProduce = () => (calls++ === 0 ? { error: errorCode.NOT_ENOUGH_REPLICAS } : undefined)
    stage.send('a')
    expect(stage.world.runUntil(() => calls > 0, 1000)).toBe(true)
    stage.world.latencyMs = 50
    stage.sendApart(...values.slice(1))
    stage.finish()
    expect(stage.log()).toEqual(values)
  })

  test('wait for the old leader before they go to the new one', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.onProduce = ({ node }) => (node === 0 ? { end: 'silent' } : undefined)
    stage.sendApart('a', 'b')
    stage.world.runFor(10)
    stage.cluster.log('t', 0).moveTo(1)
    stage.client.refresh()
    stage.world.runFor(500)
    stage.sendApart('c')
    stage.world.runFor(500)
    expect(stage.cluster.calls.filter(({ api, node }) => api === 'Produce' && node === 1)).toEqual([])
    stage.finish()
    expect(stage.log()).toEqual(['first', 'a', 'b', 'c'])
    expect(stage.outcomes.get('c')).toMatchObject({ type: 'ok', node: 1 })
  })
})

describe('a batch given up under idempotence', () => {
  test('leaves a gap that the next goes round under a fresh producer id, and nothing is written twice', () => {
    const stage = new Stage({ deliveryTimeoutMs: 3000 })
    const ids = new Set<number>()
    stage.settle()
    stage.cluster.onProduce = ({ header }) => {
      ids.add(header.producerId)
      return stage.world.nowMs < 4000 ? { append: true, error: errorCode.REQUEST_TIMED_OUT } : undefined
    }
    stage.sendApart('a', 'b')
    stage.world.runFor(3500)
    expect(stage.outcomes.get('a')).toMatchObject({ type: 'info', error: { code: 'REQUEST_TIMED_OUT' } })
    stage.world.runFor(1000)
    stage.sendApart('c', 'd')
    stage.finish()
    expect(stage.log()).toEqual(['first', 'a', 'b', 'c', 'd'])
    expect(stage.offset('d')).toBe(4)
    expect(ids.size).toBe(2)
  })

  test('takes along those behind it that were perhaps written, and resends those that certainly were not', () => {
    const stage = new Stage({ deliveryTimeoutMs: 20_000 })
    stage.settle()
    const script = (call: ProduceCall): Misbehaviour | undefined => {
      if (call.header.baseSequence === 1) return { error: errorCode.INVALID_RECORD }
      if (call.header.baseSequence === 2 && call.header.producerId === 1000) return { error: errorCode.REQUEST_TIMED_OUT }
      return undefined
    }
    stage.cluster.onProduce = script
    stage.sendApart('a', 'b', 'c')
    stage.finish()
    expect(stage.outcomes.get('a')).toMatchObject({ type: 'fail', error: { code: 'INVALID_RECORD' } })
    expect(stage.outcomes.get('b')).toMatchObject({ type: 'info', error: { code: 'REQUEST_TIMED_OUT' } })
    expect(stage.outcomes.get('c')).toMatchObject({ type: 'ok' })
    expect(stage.log()).toEqual(['first', 'c'])
  })

  test('leaves the other partitions on their producer id', () => {
    const stage = new Stage({}, { topics: { t: 2 } })
    stage.send('p0')
    stage.send('p1', { partition: 1 })
    stage.finish()
    stage.cluster.onProduce = ({ partition }) => (partition === 0 ? { error: errorCode.INVALID_RECORD } : undefined)
    stage.send('bad')
    stage.finish()
    const ids: [number, number][] = []
    stage.cluster.onProduce = ({ partition, header }) => void ids.push([partition, header.producerId])
    stage.send('p0 again')
    stage.send('p1 again', { partition: 1 })
    stage.finish()
    expect(new Map(ids)).toEqual(new Map([[0, 1001], [1, 1000]]))
  })

  test('holds back all that comes after it until nothing is in flight', () => {
    const stage = new Stage()
    stage.settle()
    const calls: number[] = []
    stage.cluster.onProduce = ({ header }) => {
      calls.push(header.baseSequence)
      if (calls.length > 2) return undefined
      return calls.length === 1 ? { error: errorCode.INVALID_RECORD } : { end: 'silent' }
    }
    stage.sendApart('a', 'b')
    stage.world.runFor(100)
    stage.sendApart('c')
    stage.world.runFor(1500)
    expect(calls).toEqual([1, 2])
    stage.finish()
    expect(stage.outcomes.get('b')).toMatchObject({ type: 'info' })
    expect(stage.log()).toEqual(['first', 'c'])
  })

  test('while in flight, and then lost, leaves a gap as well', () => {
    const stage = new Stage({ deliveryTimeoutMs: 1000 })
    stage.settle()
    stage.cluster.onProduce = atFirst(1, { end: 'silent' })
    stage.send('a')
    stage.world.runFor(1500)
    expect(stage.outcomes.get('a')).toMatchObject({ type: 'info', error: { code: 'TIMED_OUT' } })
    stage.world.runFor(1000)
    stage.settle('b')
    expect(stage.log()).toEqual(['first', 'b'])
  })

  test('whose late answer says it was written leaves no gap', () => {
    const stage = new Stage({ deliveryTimeoutMs: 1000 })
    stage.settle()
    stage.world.latencyMs = 700
    stage.send('a')
    stage.world.runFor(3000)
    expect(stage.outcomes.get('a')).toMatchObject({ type: 'info', error: { code: 'TIMED_OUT' } })
    stage.world.latencyMs = 1
    const ids = new Set<number>()
    stage.cluster.onProduce = ({ header }) => void ids.add(header.producerId)
    stage.settle('b')
    expect(ids).toEqual(new Set([1000]))
    expect(stage.log()).toEqual(['first', 'a', 'b'])
  })
})

describe('a new leader', () => {
  test('told by a hint gets the batch at once, though Metadata is stale', () => {
    const stage = new Stage({}, { seed: 7 })
    stage.settle()
    for (const node of [0, 1, 2]) stage.cluster.freeze(node)
    stage.cluster.log('t', 0).moveTo(2)
    stage.cluster.thaw(2)
    stage.cluster.onProduce = ({ node }) =>
      node === 0 ? { error: errorCode.NOT_LEADER_OR_FOLLOWER, hint: true } : undefined
    const before = stage.world.nowMs
    stage.settle('v')
    expect(stage.outcomes.get('v')).toMatchObject({ node: 2, attempts: 2 })
    expect(stage.world.nowMs - before).toBeLessThan(20)
  })

  test('told by Metadata after NOT_LEADER_OR_FOLLOWER gets the batch', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.log('t', 0).moveTo(1)
    stage.settle('v')
    expect(stage.outcomes.get('v')).toMatchObject({ node: 1, attempts: 2 })
    expect(stage.log()).toEqual(['first', 'v'])
  })

  test('is not forgotten for an older epoch that a stale broker tells', () => {
    const stage = new Stage()
    stage.settle()
    stage.cluster.freeze(1)
    stage.cluster.freeze(2)
    stage.cluster.log('t', 0).moveTo(2)
    stage.cluster.thaw(2)
    for (let i = 0; i < 40; i++) {
      stage.client.refresh()
      stage.world.runFor(300)
      const known = stage.client.partition('t', 0)!
      expect([known.leader, known.leaderEpoch]).toEqual(known.leaderEpoch === 0 ? [0, 0] : [2, 1])
    }
    expect(stage.client.partition('t', 0)).toMatchObject({ leader: 2, leaderEpoch: 1 })
  })
})

test('the broker telling only "duplicate" means written, at an offset unknown', () => {
  const stage = new Stage()
  stage.cluster.onProduce = () => ({ error: errorCode.DUPLICATE_SEQUENCE_NUMBER })
  stage.send('v')
  stage.finish()
  expect(stage.outcomes.get('v')).toMatchObject({ type: 'ok', offset: undefined })
})

test('a full buffer makes sends wait in order, then fail by name; nothing is dropped', () => {
  const stage = new Stage({ bufferMemoryBytes: 1000, maxBlockMs: 3000, deliveryTimeoutMs: 30_000 })
  stage.settle()
  let blocked = true
  stage.cluster.onProduce = () => (blocked ? { error: errorCode.NOT_ENOUGH_REPLICAS } : undefined)
  for (let i = 0; i < 60; i++) stage.send(`v${i}`)
  stage.world.runFor(2000)
  stage.send('much later')
  stage.world.runFor(2000)
  const failed = [...stage.outcomes].filter(([, outcome]) => outcome.type === 'fail')
  expect(failed.length).toBeGreaterThan(10)
  for (const [, outcome] of failed) expect(outcome).toMatchObject({ error: { code: 'BUFFER_EXHAUSTED', definite: true } })
  blocked = false
  stage.finish()
  expect(stage.outcomes.size).toBe(62)
  expect(stage.log().length + failed.length).toBe(62)
  expect(stage.log().at(-1)).toBe('much later')
})

test('idempotence without acks -1 is refused', () => {
  expect(() => new Stage({ acks: 1 })).toThrow('idempotence needs acks -1')
})

const misbehaviour: fc.Arbitrary<Misbehaviour | undefined> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  fc.record({ end: fc.constantFrom('silent' as const, 'cut' as const), append: fc.boolean() }),
  fc.record({
    error: fc.constantFrom(
      errorCode.NOT_ENOUGH_REPLICAS,
      errorCode.MESSAGE_TOO_LARGE,
      errorCode.UNKNOWN_SERVER_ERROR,
      errorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    ),
  }),
  fc.record({
    error: fc.constantFrom(
      errorCode.REQUEST_TIMED_OUT,
      errorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
      errorCode.NOT_LEADER_OR_FOLLOWER,
    ),
    append: fc.boolean(),
  }),
)

describe('for any script of answers', () => {
  const run = (idempotence: boolean, script: (Misbehaviour | undefined)[], leaderMoves: number[], seed: number) => {
    const stage = new Stage({ idempotence, deliveryTimeoutMs: 4000 }, { seed, topics: { t: 1 } })
    let at = 0
    stage.cluster.onProduce = () => script[at++]
    const sent: string[] = []
    for (let i = 0; i < 25; i++) {
      const value = `v${i}`
      sent.push(value)
      stage.send(value)
      stage.world.runFor(i % 4 === 0 ? 40 : 0)
      if (leaderMoves.includes(i)) stage.cluster.log('t', 0).moveTo(i % 3)
    }
    stage.world.runFor(20_000)
    return { stage, sent }
  }

  test.each([true, false])('every send ends once, and ok is where it says (idempotence %s)', (idempotence) => {
    fc.assert(
      fc.property(
        fc.array(misbehaviour, { maxLength: 40 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 24 }), { maxLength: 4 }),
        fc.integer(),
        (script, moves, seed) => {
          const { stage, sent } = run(idempotence, script, moves, seed)
          const log = stage.log()
          expect(stage.outcomes.size).toBe(sent.length)
          for (const [value, outcome] of stage.outcomes) {
            if (outcome.type === 'ok' && outcome.offset !== undefined) expect(log[outcome.offset]).toBe(value)
            if (outcome.type === 'fail') expect(log).not.toContain(value)
            if (outcome.type !== 'ok') expect(outcome.error.definite).toBe(outcome.type === 'fail')
          }
          if (!idempotence) return
          expect(new Set(log).size).toBe(log.length)
          expect(log).toEqual(sent.filter((value) => log.includes(value)))
        },
      ),
      { numRuns: 150 },
    )
  })

  test('the outcome is what the plain rule says of the attempts the broker saw', () => {
    fc.assert(
      fc.property(fc.array(misbehaviour, { maxLength: 12 }), fc.integer(), (script, seed) => {
        const stage = new Stage({ idempotence: false, deliveryTimeoutMs: 4000 }, { seed })
        const seen: Misbehaviour[] = []
        stage.cluster.onProduce = () => {
          const what = script[seen.length] ?? { error: errorCode.NOT_ENOUGH_REPLICAS }
          seen.push(what)
          return what
        }
        stage.send('v')
        stage.world.runFor(20_000)
        const outcome = stage.outcomes.get('v')!
        const answers = seen.map((what) => (what.end !== undefined ? 'lost' : (what.error ?? 0)))
        let plain: string = 'fail'
        for (const answer of answers) {
          if (answer === 0) plain = 'ok'
          else if (plain !== 'ok' && (answer === 'lost' || !isDefinite('Produce', answer))) plain = 'info'
        }
        expect(outcome.type).toBe(plain)
        expect(outcome.attempts).toBe(seen.length)
      }),
      { numRuns: 200 },
    )
  })
})

test('the same seed sends the same requests at the same times', () => {
  const trace = (): string[] => {
    const stage = new Stage({}, { seed: 5, topics: { t: 4 } })
    const seen: string[] = []
    stage.cluster.onProduce = ({ node, partition, header }) => {
      seen.push(`${stage.world.nowMs} ${node} ${partition} ${header.baseSequence} ${header.recordsCount}`)
      return seen.length % 3 === 0 ? { end: 'cut' } : undefined
    }
    for (let i = 0; i < 50; i++) {
      stage.producer.send({ topic: 't', key: i % 2 === 0 ? utf8(`k${i}`) : null, value: utf8(`${i}`) }, () => undefined)
      stage.world.runFor(i)
    }
    stage.finish()
    return seen
  }
  expect(trace()).toEqual(trace())
})

test('a record for a partition that has just come is sent as soon as the partition is heard of, and so is what follows it', () => {
  const stage = new Stage()
  stage.settle()
  stage.cluster.addTopic('t', 2)
  stage.send('new', { partition: 1 })
  stage.send('old')
  stage.world.runFor(1000)
  expect(stage.outcomes.get('new')).toMatchObject({ type: 'ok', partition: 1 })
  expect(stage.outcomes.get('old')).toMatchObject({ type: 'ok', partition: 0 })
})
