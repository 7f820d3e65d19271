import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCode } from '../../protocol/errors.ts'
import { utf8 } from '../testing/bytes.testing.ts'
import { TestCluster } from '../testing/cluster.testing.ts'
import type { Misbehaviour, TestClusterOptions } from '../testing/cluster.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import type { InitOutcome, SendOutcome, TransactionalOptions, TransactionOutcome } from './client.ts'
import { clusterDefaults, transactionalDefaults } from './defaults.ts'
import { WireClient } from './wire-client.ts'
import type { WireTransactionalProducer } from './transactional-producer.ts'

const bootstrap = [{ host: 'b0', port: 9092 }]
const limitMs = 60_000

class Stage {
  readonly world: TestWorld = new TestWorld(1)
  readonly cluster: TestCluster
  readonly client: WireClient
  readonly producer: WireTransactionalProducer
  readonly outcomes = new Map<string, SendOutcome>()

  constructor(version: 1 | 2, options: Partial<TransactionalOptions> = {}, more: Partial<TestClusterOptions> = {}) {
    this.cluster = new TestCluster(this.world, { topics: { t: 2 }, transactionVersion: version, ...more })
    this.client = new WireClient(this.world.client(), { ...clusterDefaults, bootstrap, clientId: 'p' })
    this.producer = this.client.transactionalProducer({ ...transactionalDefaults, lingerMs: 0, transactionalId: 'id', ...options })
  }

  wait<T>(call: (done: (result: T) => void) => void): T {
    const results: T[] = []
    call((result) => results.push(result))
    expect(this.world.runUntil(() => results.length > 0, limitMs)).toBe(true)
    this.world.runFor(0)
    expect(results).toHaveLength(1)
    return results[0]!
  }

  init(): InitOutcome {
    return this.wait<InitOutcome>((done) => this.producer.initTransactions(done))
  }

  begun(version: 1 | 2 = 2): this {
    expect(this.init()).toMatchObject({ type: 'ok', producerEpoch: 0 })
    if (version === 2) this.leadersAdd()
    this.producer.begin()
    return this
  }

  /** Version 2: who leads a partition puts it into the transaction. */
  leadersAdd(): void {
    const { onProduce } = this.cluster
    this.cluster.onProduce = (call) => {
      const script = onProduce(call)
      if (script !== undefined || call.version < 12) return script
      const code = this.cluster.transactions.wrote(`${call.topic}-${call.partition}`, call.header.producerEpoch)
      return code === errorCode.NONE ? undefined : { error: code }
    }
  }

  send(value: string, partition = 0): void {
    this.producer.send({ topic: 't', partition, key: null, value: utf8(value) }, (outcome) => this.outcomes.set(value, outcome))
  }

  commit(): TransactionOutcome {
    return this.wait<TransactionOutcome>((done) => this.producer.commit(done))
  }

  abort(): TransactionOutcome {
    return this.wait<TransactionOutcome>((done) => this.producer.abort(done))
  }

  offsets(): TransactionOutcome {
    return this.wait<TransactionOutcome>((done) => this.producer.sendOffsets('g', [{ topic: 't', partition: 1, offset: 5 }], done))
  }

  /** What was asked beside metadata, with versions where they matter. */
  asked(): string[] {
    return this.cluster.calls
      .filter(({ api }) => api !== 'ApiVersions' && api !== 'Metadata' && api !== 'FindCoordinator')
      .map(({ api, version }) => `${api} ${version}`)
  }

  misbehave(api: string, ...what: (Misbehaviour | undefined)[]): void {
    this.cluster.transactions.onCall = (call) => (call.api === api ? what.shift() : undefined)
  }

  epochs(): number[] {
    return [...new Set(this.cluster.log('t', 0).batches.map(({ header }) => header.producerEpoch))]
  }

  sequences(): number[] {
    return this.cluster.log('t', 0).batches.map(({ header }) => header.baseSequence)
  }
}

describe('a transaction', () => {
  test('of version 1 names its partitions first, and ends under the epoch it began with', () => {
    const stage = new Stage(1).begun(1)
    stage.send('a')
    stage.send('b', 1)
    expect(stage.commit()).toEqual({ type: 'ok' })
    stage.producer.begin()
    stage.send('c')
    expect(stage.commit()).toEqual({ type: 'ok' })
    const once = ['AddPartitionsToTxn 3', 'Produce 11', 'EndTxn 4']
    expect(stage.asked()).toEqual(['InitProducerId 5', once[0], once[1], once[1], once[2], ...once])
    expect(stage.cluster.transactions.outcomes).toEqual(['committed', 'committed'])
    expect([stage.epochs(), stage.sequences()]).toEqual([[0], [0, 1]])
    expect([...stage.outcomes.values()].map(({ type }) => type)).toEqual(['ok', 'ok', 'ok'])
  })

  test('of version 2 leaves that to the leaders, and each end gives the next epoch', () => {
    const stage = new Stage(2).begun()
    for (const value of ['a', 'b']) {
      stage.send(value)
      expect(stage.commit()).toEqual({ type: 'ok' })
      stage.producer.begin()
    }
    expect(stage.asked()).toEqual(['InitProducerId 5', 'Produce 13', 'EndTxn 5', 'Produce 13', 'EndTxn 5'])
    expect([stage.epochs(), stage.sequences()]).toEqual([[0, 1], [0, 0]])
    expect(stage.cluster.log('t', 0).batches.every(({ header }) => (header.attributes & 0x10) !== 0)).toBe(true)
  })

  // What the leader of a partition still knows of the one before would count for the next, under one epoch (KAFKA-18227; seed 5016).
  test('of version 2 after one of version 1 has an epoch of its own', () => {
    const stage = new Stage(2)
    expect(stage.init()).toMatchObject({ type: 'ok', producerEpoch: 0 })
    stage.leadersAdd()
    stage.cluster.stop(0)
    stage.world.runFor(100)
    for (const value of ['a', 'b']) {
      stage.producer.begin()
      stage.cluster.start(0)
      stage.send(value)
      expect(stage.commit()).toEqual({ type: 'ok' })
    }
    expect(stage.asked().slice(-4)).toEqual(['EndTxn 4', 'InitProducerId 5', 'Produce 13', 'EndTxn 5'])
    expect(stage.epochs()).toEqual([0, 1])
  })

  test('is of version 1 where the client knows no other', () => {
    const stage = new Stage(2, { transactionVersionMax: 1 }).begun(1)
    stage.send('a')
    expect(stage.commit()).toEqual({ type: 'ok' })
    expect(stage.asked()).toEqual(['InitProducerId 5', 'AddPartitionsToTxn 3', 'Produce 11', 'EndTxn 4'])
  })

  test.each([1, 2] as const)('of version %i without a record asks nobody', (version) => {
    const stage = new Stage(version).begun(version)
    expect(stage.commit()).toEqual({ type: 'ok' })
    stage.producer.begin()
    expect(stage.abort()).toEqual({ type: 'ok' })
    expect(stage.asked()).toEqual(['InitProducerId 5'])
  })

  test.each([1, 2] as const)('of version %i commits offsets of a group with the rest', (version) => {
    const stage = new Stage(version).begun(version)
    expect(stage.offsets()).toEqual({ type: 'ok' })
    expect(stage.commit()).toEqual({ type: 'ok' })
    const before = version === 1 ? ['AddOffsetsToTxn 4', 'TxnOffsetCommit 4', 'EndTxn 4'] : ['TxnOffsetCommit 5', 'EndTxn 5']
    expect(stage.asked()).toEqual(['InitProducerId 5', ...before])
    expect(stage.cluster.calls.find(({ api }) => api === 'TxnOffsetCommit')?.node).toBe(1)
    expect(stage.cluster.transactions.offsets).toEqual(new Map([['g t-1', 5]]))
  })

  test('that is aborted sends nothing more, and tells the coordinator', () => {
    const stage = new Stage(2, { lingerMs: 1000 }).begun()
    stage.send('early')
    stage.world.runFor(1100)
    stage.send('late')
    expect(stage.abort()).toEqual({ type: 'ok' })
    expect(stage.cluster.transactions.outcomes).toEqual(['aborted'])
    expect(stage.cluster.log('t', 0).values()).toEqual(['early'])
    expect(stage.outcomes.get('late')).toMatchObject({ type: 'fail', error: { code: 'ABORTED', definite: true } })
  })
})

describe('an end without an answer', () => {
  test.each([1, 2] as const)('is asked for again, and version %i knows what it meant', (version) => {
    const stage = new Stage(version).begun(version)
    stage.send('a')
    stage.misbehave('EndTxn', { append: true, end: 'cut' })
    expect(stage.commit()).toEqual({ type: 'ok' })
    expect(stage.cluster.transactions.outcomes).toEqual(['committed'])
  })

  test('makes version 1 take the next epoch, under which what is late is fenced', () => {
    const stage = new Stage(1).begun(1)
    stage.send('a')
    stage.misbehave('EndTxn', { append: true, end: 'cut' })
    expect(stage.commit()).toEqual({ type: 'ok' })
    stage.producer.begin()
    stage.send('b')
    expect(stage.commit()).toEqual({ type: 'ok' })
    expect([stage.epochs(), stage.sequences()]).toEqual([[0, 1], [0, 0]])
  })

  test('followed by an error leaves the commit open; an error alone says that it did not happen', () => {
    const open = new Stage(2).begun()
    open.send('a')
    open.misbehave('EndTxn', { append: true, end: 'cut' }, { error: errorCode.PRODUCER_FENCED })
    expect(open.commit()).toEqual({ type: 'info', error: { code: 'PRODUCER_FENCED', definite: false }, next: 'close' })
    const fenced = new Stage(2).begun()
    fenced.send('a')
    fenced.world.runFor(1000)
    fenced.cluster.transactions.fence()
    expect(fenced.commit()).toEqual({ type: 'fail', error: { code: 'PRODUCER_FENCED', definite: true }, next: 'close' })
  })

  test('that may have been written and then waited leaves the commit open', () => {
    const stage = new Stage(2, { deliveryTimeoutMs: 2000 }).begun()
    stage.send('a')
    stage.misbehave('EndTxn', ...Array.from({ length: 100 }, () => ({ error: errorCode.NOT_COORDINATOR })))
    expect(stage.commit()).toMatchObject({ type: 'info', error: { code: 'NOT_COORDINATOR' }, next: 'close' })
  })
})

describe('an error', () => {
  test.each([1, 2] as const)('of a record, in version %i, leaves an abort; the next transaction goes on', (version) => {
    const stage = new Stage(version)
    let left = 1
    stage.cluster.onProduce = () => (left-- > 0 ? { error: errorCode.TRANSACTION_ABORTABLE } : undefined)
    stage.begun(version)
    stage.send('a')
    expect(stage.commit()).toEqual({ type: 'fail', error: { code: 'TRANSACTION_ABORTABLE', definite: true }, next: 'abort' })
    expect(stage.abort()).toEqual({ type: 'ok' })
    stage.producer.begin()
    stage.send('b')
    expect(stage.commit()).toEqual({ type: 'ok' })
    expect(stage.epochs()).toEqual([1])
    expect(stage.cluster.transactions.outcomes.at(-1)).toBe('committed')
  })

  test('that says fenced ends the instance: nothing more is sent', () => {
    const stage = new Stage(1).begun(1)
    stage.cluster.transactions.fence()
    stage.send('a')
    stage.world.runFor(1000)
    expect(stage.outcomes.get('a')).toMatchObject({ type: 'fail', error: { code: 'PRODUCER_FENCED' } })
    stage.send('b')
    expect(stage.outcomes.get('b')).toMatchObject({ type: 'fail', error: { code: 'PRODUCER_FENCED', definite: true } })
    expect(stage.commit()).toMatchObject({ type: 'fail', next: 'close' })
    expect(stage.cluster.log('t', 0).values()).toEqual([])
  })

  test('of offsets whose member is unknown leaves an abort', () => {
    const stage = new Stage(2).begun()
    stage.misbehave('TxnOffsetCommit', { error: errorCode.ILLEGAL_GENERATION })
    expect(stage.offsets()).toMatchObject({ error: { code: 'ILLEGAL_GENERATION' }, next: 'abort' })
    expect(stage.abort()).toEqual({ type: 'ok' })
  })

  test.each(['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR'] as const)('%s is waited for', (name) => {
    const stage = new Stage(1).begun(1)
    const error = { error: errorCode[name] }
    stage.cluster.transactions.onCall = (() => {
      const left = new Map([['AddPartitionsToTxn', 2], ['EndTxn', 2]])
      return ({ api }) => {
        const count = left.get(api) ?? 0
        left.set(api, count - 1)
        return count > 0 ? error : undefined
      }
    })()
    stage.send('a')
    expect(stage.commit()).toEqual({ type: 'ok' })
    expect(stage.cluster.transactions.outcomes).toEqual(['committed'])
  })

  test('of the first initialization is its outcome', () => {
    const stage = new Stage(2)
    stage.misbehave('InitProducerId', { error: errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED })
    expect(stage.init()).toEqual({ type: 'fail', error: { code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', definite: true }, next: 'close' })
  })
})

test('a coordinator that has moved is found anew', () => {
  const stage = new Stage(2).begun()
  stage.send('a')
  stage.world.runFor(1000)
  stage.cluster.transactions.coordinator = 2
  expect(stage.commit()).toEqual({ type: 'ok' })
  expect(stage.cluster.calls.filter(({ api }) => api === 'EndTxn').map(({ node }) => node)).toEqual([0, 2])
})

test('close ends what was sent with an open end, and tells nobody else', () => {
  const stage = new Stage(2).begun()
  stage.send('a')
  stage.producer.commit(() => expect.unreachable())
  stage.producer.close()
  expect(stage.outcomes.get('a')).toMatchObject({ type: 'info' })
  stage.world.runFor(30_000)
  expect(stage.cluster.transactions.outcomes).toEqual([])
})

const misbehaviours: fc.Arbitrary<Misbehaviour | undefined> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  {
    weight: 3,
    arbitrary: fc.record({
      error: fc.constantFrom('CONCURRENT_TRANSACTIONS', 'NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS', 'TRANSACTION_ABORTABLE').map((name) => errorCode[name]),
    }),
  },
  { weight: 2, arbitrary: fc.record({ end: fc.constantFrom('cut', 'silent'), append: fc.boolean() }) },
)

test.each([1, 2] as const)('of version %i, what is told of a commit is what the coordinator decided', (version) => {
  fc.assert(
    fc.property(fc.array(misbehaviours, { maxLength: 12 }), fc.array(fc.constantFrom('commit', 'abort'), { minLength: 1, maxLength: 4 }), (scripts, ends) => {
      const stage = new Stage(version, { deliveryTimeoutMs: 5000 }).begun(version)
      stage.cluster.transactions.onCall = () => scripts.shift()
      const { outcomes } = stage.cluster.transactions
      for (const [at, end] of ends.entries()) {
        const before = outcomes.length
        stage.send(`v${at}`)
        const outcome = end === 'commit' ? stage.commit() : stage.abort()
        const committed = outcomes.slice(before).includes('committed')
        if (end === 'commit' && outcome.type !== 'info') expect(committed).toBe(outcome.type === 'ok')
        if (end === 'abort') expect(committed).toBe(false)
        if (outcome.type !== 'ok' && (outcome.next === 'close' || stage.abort().type !== 'ok')) return
        expect(outcomes.slice(before).filter((each) => each === 'committed').length).toBe(committed ? 1 : 0)
        stage.producer.begin()
      }
    }),
    { numRuns: 200 },
  )
})
