import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCode } from '../../protocol/errors.ts'
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import type { BatchInput } from '../../protocol/record-batch-encode.ts'
import { textOf, utf8 } from '../testing/bytes.testing.ts'
import { TestCluster } from '../testing/cluster.testing.ts'
import type { TestClusterOptions } from '../testing/cluster.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import type { AssignedPartition, ConsumerEvent, ConsumerOptions, PolledPartition } from './client.ts'
import { KafkaCluster } from './cluster.ts'
import { WireConsumer } from './consumer.ts'
import { clusterDefaults, consumerDefaults } from './defaults.ts'

type Start = AssignedPartition['start']

class Stage {
  readonly world: TestWorld
  readonly cluster: TestCluster
  readonly client: KafkaCluster
  readonly consumer: WireConsumer
  readonly events: ConsumerEvent[] = []
  /** Per partition what polls returned, in order. */
  readonly read = new Map<number, { offset: number; value: string }[]>()
  polls = 0
  maxRecords = 100

  constructor(options: Partial<ConsumerOptions> = {}, more: Partial<TestClusterOptions> & { seed?: number } = {}) {
    this.world = new TestWorld(more.seed ?? 1)
    this.cluster = new TestCluster(this.world, { topics: { t: 1 }, ...more })
    const bootstrap = [0, 1, 2].map((node) => ({ host: `b${node}`, port: 9092 }))
    this.client = new KafkaCluster(this.world.client(), { ...clusterDefaults, bootstrap, clientId: 'c' })
    const onEvent = (event: ConsumerEvent): void => void this.events.push(event)
    this.consumer = new WireConsumer(this.client, { ...consumerDefaults, onEvent, ...options })
  }

  write(values: readonly string[], partition = 0, more: Partial<BatchInput> = {}): void {
    const records = values.map((value) => ({ key: null, value: utf8(value), timestamp: 5 }))
    expect(this.cluster.log('t', partition).append(encodeBatch({ records, ...more })).code).toBe(0)
  }

  start(start: Start = 'beginning', partitions = 1): void {
    this.consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic: 't', partition, start })))
    this.#pollOn()
  }

  #pollOn(): void {
    this.consumer.poll(this.maxRecords, 300, (polled) => {
      this.#take(polled)
      this.#pollOn()
    })
  }

  #take(polled: readonly PolledPartition[]): void {
    if (this.polls++ > 100_000) throw new Error('polls without end')
    for (const { partition, records } of polled) {
      const all = this.read.get(partition) ?? []
      for (const { offset, value } of records) all.push({ offset, value: textOf(value)! })
      this.read.set(partition, all)
    }
  }

  values(partition = 0): string[] {
    return (this.read.get(partition) ?? []).map(({ value }) => value)
  }
}

const numbered = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `v${from + i}`)

describe('a consumer', () => {
  test.each<[Start, string[]]>([
    ['beginning', numbered(0, 6)],
    [{ offset: 2, leaderEpoch: -1 }, numbered(2, 6)],
    ['end', numbered(4, 6)],
  ])('assigned at %j reads from there, in order', (start, expected) => {
    const stage = new Stage()
    stage.write(numbered(0, 3))
    stage.write(numbered(3, 4))
    stage.start(start)
    stage.world.runFor(200)
    stage.write(numbered(4, 6))
    stage.world.runFor(1000)
    expect(stage.values()).toEqual(expected)
    expect(stage.consumer.position('t', 0)?.offset).toBe(6)
    expect(stage.events).toEqual([])
  })

  test.each([4, 6, 8, 10, 11, 12, 13, 16, 18])('speaks Fetch v%i', (version) => {
    const stage = new Stage({}, { versions: { Fetch: [4, version] } })
    stage.write(numbered(0, 3))
    stage.start()
    stage.world.runFor(500)
    expect(stage.values()).toEqual(numbered(0, 3))
    expect(stage.cluster.calls.find((each) => each.api === 'Fetch')?.version).toBe(version)
  })

  test.each([1, 3, 5, 11])('speaks ListOffsets v%i', (version) => {
    const stage = new Stage({}, { versions: { ListOffsets: [1, version] } })
    stage.write(numbered(0, 3))
    stage.start()
    stage.world.runFor(500)
    expect(stage.values()).toEqual(numbered(0, 3))
  })

  test('keeps to maxRecords a poll and loses none', () => {
    const stage = new Stage()
    stage.maxRecords = 2
    stage.write(numbered(0, 5))
    stage.write(numbered(5, 11))
    stage.start()
    stage.world.runFor(1000)
    expect(stage.values()).toEqual(numbered(0, 11))
    expect(stage.polls).toBeGreaterThanOrEqual(6)
  })

  test('gets an empty poll after its timeout, and at close', () => {
    const stage = new Stage()
    const ended: number[] = []
    stage.consumer.assign([{ topic: 't', partition: 0, start: 'beginning' }])
    stage.consumer.poll(1, 250, (polled) => {
      expect(polled).toEqual([])
      ended.push(stage.world.nowMs)
      stage.consumer.poll(1, 1000, () => ended.push(stage.world.nowMs))
    })
    stage.world.runFor(300)
    stage.consumer.close()
    expect(ended).toEqual([250, 300])
    stage.world.runFor(5000)
  })

  test('asks last for whom it was last given records of: a broker that is short of room begins with the first', () => {
    const stage = new Stage({}, { topics: { t: 3 }, brokers: 1 })
    const asked: string[] = []
    stage.cluster.onFetch = ({ partition, offset }) => {
      asked.push(`${partition}@${offset}`)
      return undefined
    }
    stage.write(['a'], 0)
    stage.start('beginning', 3)
    stage.world.runFor(2000)
    stage.write(['b'], 1)
    stage.world.runFor(2000)
    expect(asked.slice(0, 3)).toEqual(['0@0', '1@0', '2@0'])
    expect(asked.slice(3, 6)).toEqual(['1@0', '2@0', '0@1'])
    expect(asked.slice(-3)).toEqual(['2@0', '0@1', '1@1'])
  })

  test('stops fetching a partition whose records nobody polls', () => {
    const stage = new Stage({ maxBufferedRecords: 10, partitionMaxBytes: 200 })
    for (let i = 0; i < 60; i++) stage.write([`v${i}`])
    stage.consumer.assign([{ topic: 't', partition: 0, start: 'beginning' }])
    stage.world.runFor(20_000)
    expect(stage.cluster.calls.filter((each) => each.api === 'Fetch').length).toBeLessThan(15)
    expect(stage.consumer.position('t', 0)?.offset).toBe(0)
  })

  test('asks each broker by one Fetch at a time for all it leads', () => {
    const stage = new Stage({}, { topics: { t: 6 } })
    for (let p = 0; p < 6; p++) stage.write([`p${p}`], p)
    let errors = 2
    stage.cluster.onFetch = ({ partition }) =>
      partition === 3 && errors-- > 0 ? { error: errorCode.UNKNOWN_LEADER_EPOCH } : undefined
    stage.start('beginning', 6)
    stage.world.runFor(2100)
    for (let p = 0; p < 6; p++) expect(stage.values(p)).toEqual([`p${p}`])
    expect(stage.cluster.calls.filter((each) => each.api === 'Fetch').length).toBeLessThan(25)
    expect(stage.cluster.overlappingFetches).toBe(0)
  })
})

describe('what readers must not see', () => {
  test('control batches are passed over, and the position goes past them', () => {
    const stage = new Stage()
    stage.write(['a'])
    stage.write(['marker'], 0, { isControl: true, isTransactional: true })
    stage.start()
    stage.world.runFor(1000)
    expect(stage.values()).toEqual(['a'])
    expect(stage.consumer.position('t', 0)?.offset).toBe(2)
  })

  test('records below the position, in the batch that contains it, are left out', () => {
    const stage = new Stage()
    stage.write(numbered(0, 10))
    stage.start({ offset: 7, leaderEpoch: -1 })
    stage.world.runFor(500)
    expect(stage.read.get(0)!.map(({ offset }) => offset)).toEqual([7, 8, 9])
  })

  test('a batch whose CRC does not fit is reported once and never handed out', () => {
    const stage = new Stage()
    stage.write(['a'])
    stage.write(['b'])
    const batch = stage.cluster.log('t', 0).batches[1]!
    const good = batch.bytes
    batch.bytes = good.slice()
    batch.bytes[good.length - 2]! ^= 1
    stage.start()
    stage.world.runFor(2000)
    expect(stage.values()).toEqual(['a'])
    expect(stage.events).toMatchObject([{ kind: 'corrupt', topic: 't', partition: 0, offset: 1 }])
    batch.bytes = good
    stage.world.runFor(2000)
    expect(stage.values()).toEqual(['a', 'b'])
  })

  test('bytes that are no batch are reported', () => {
    const stage = new Stage()
    stage.cluster.onFetch = () => ({ records: new Uint8Array(80).fill(7) })
    stage.start()
    stage.world.runFor(2000)
    expect(stage.events).toMatchObject([{ kind: 'corrupt', offset: 0 }])
  })
})

describe('a jump is an event', () => {
  test.each<['earliest' | 'latest', number]>([['earliest', 3], ['latest', 5]])(
    'out of range under %s goes on at %i',
    (resetPolicy, to) => {
      const stage = new Stage({ resetPolicy })
      stage.write(numbered(0, 3))
      stage.write(numbered(3, 5))
      stage.cluster.log('t', 0).startOffset = 3
      stage.start({ offset: 1, leaderEpoch: -1 })
      stage.world.runFor(1000)
      expect(stage.events).toEqual([{ kind: 'offset-reset', topic: 't', partition: 0, from: 1, to }])
      expect(stage.values()).toEqual(numbered(to, 5))
    },
  )

  test('out of range under none stays where it is', () => {
    const stage = new Stage({ resetPolicy: 'none' })
    stage.start({ offset: 7, leaderEpoch: -1 })
    stage.world.runFor(150)
    expect(stage.events).toMatchObject([{ kind: 'offset-reset', from: 7, to: -1 }])
    expect(stage.consumer.position('t', 0)?.offset).toBe(7)
  })

  test('an error without a cure is reported by name', () => {
    const stage = new Stage()
    stage.cluster.onFetch = () => ({ error: errorCode.TOPIC_AUTHORIZATION_FAILED })
    stage.start()
    stage.world.runFor(150)
    expect(stage.events[0]).toMatchObject({ kind: 'error', code: 'TOPIC_AUTHORIZATION_FAILED' })
  })

  test.each([
    ['OffsetForLeaderEpoch', {}],
    ['Fetch alone', { OffsetForLeaderEpoch: null }],
  ])('a log cut below what was read is found by %s', (_, versions) => {
    const stage = new Stage({}, { versions })
    stage.write(['a'])
    stage.write(['b'])
    stage.start()
    stage.world.runFor(300)
    const log = stage.cluster.log('t', 0)
    log.truncateTo(1)
    log.moveTo(1)
    stage.write(['c'])
    stage.world.runFor(2000)
    expect(stage.events).toEqual([{ kind: 'diverged', topic: 't', partition: 0, from: 2, to: 1 }])
    expect(stage.read.get(0)).toEqual([
      { offset: 0, value: 'a' },
      { offset: 1, value: 'b' },
      { offset: 1, value: 'c' },
    ])
  })
})

test('records that wait for a poll when their log is cut are not handed out', () => {
  const stage = new Stage()
  stage.write(['a'])
  stage.write(['b'])
  stage.consumer.assign([{ topic: 't', partition: 0, start: 'beginning' }])
  stage.world.runFor(300)
  stage.cluster.log('t', 0).truncateTo(1)
  stage.cluster.log('t', 0).moveTo(1)
  stage.write(['c'])
  stage.client.refresh()
  stage.world.runFor(2000)
  const polled: PolledPartition[] = []
  stage.consumer.poll(100, 100, (all) => polled.push(...all))
  stage.world.runFor(500)
  expect(polled.flatMap(({ records }) => records.map(({ value }) => textOf(value)))).toEqual(['a', 'c'])
})

describe('a consumer that goes on where another stood', () => {
  const handOver = (leaderEpochKnown: boolean): Stage => {
    const stage = new Stage()
    stage.write(['a'])
    stage.cluster.log('t', 0).moveTo(1)
    stage.write(['b'])
    stage.start()
    stage.world.runFor(500)
    const stood = stage.consumer.position('t', 0)!
    expect(stood).toEqual({ offset: 2, leaderEpoch: 1 })
    const next = new Stage()
    next.write(['a'])
    next.cluster.freeze(0)
    next.cluster.freeze(2)
    next.cluster.log('t', 0).moveTo(1)
    next.cluster.stop(1)
    next.start(leaderEpochKnown ? stood : { offset: 2, leaderEpoch: -1 })
    next.world.runFor(500)
    next.cluster.start(1)
    next.write(['b'])
    next.write(['c'])
    next.world.runFor(2000)
    return next
  }

  test('does not believe in leaders older than the last record', () => {
    const stage = handOver(true)
    expect(stage.events).toEqual([])
    expect(stage.values()).toEqual(['c'])
  })

  test('is led astray by them when it knows no epoch', () => {
    expect(handOver(false).events).toMatchObject([{ kind: 'offset-reset', from: 2 }])
  })
})

describe('what is paused', () => {
  test('stays so when it is to be read from elsewhere, and goes on from there', () => {
    const partition = { topic: 't', partition: 0 }
    const stage = new Stage()
    stage.write(['a', 'b'])
    stage.start()
    stage.world.runFor(500)
    stage.consumer.pauseOnly([partition])
    stage.consumer.change([{ ...partition, start: 'beginning' }], [partition])
    stage.world.runFor(1000)
    expect(stage.values()).toEqual(['a', 'b'])
    stage.consumer.pauseOnly([])
    stage.world.runFor(1000)
    expect(stage.values()).toEqual(['a', 'b', 'a', 'b'])
  })
})

describe('read_committed', () => {
  test('hides what was aborted, and only that', () => {
    const stage = new Stage({ isolation: 'read_committed' })
    stage.cluster.abortedTransactions = [{ producerId: 7n, firstOffset: 1n }]
    stage.write(['plain'])
    stage.write(['aborted'], 0, { isTransactional: true, producerId: 7, producerEpoch: 0, baseSequence: 0 })
    stage.write(['committed'], 0, { isTransactional: true, producerId: 8, producerEpoch: 0, baseSequence: 0 })
    stage.write(['x'], 0, { isTransactional: true, isControl: true, producerId: 7, producerEpoch: 0, baseSequence: 1 })
    stage.write(['later'], 0, { isTransactional: true, producerId: 7, producerEpoch: 0, baseSequence: 2 })
    stage.start()
    stage.world.runFor(1000)
    expect(stage.values()).toEqual(['plain', 'committed', 'later'])
  })
})

describe('leaders come and go', () => {
  test('a silent old leader does not hold the reader once the new one is known', () => {
    const stage = new Stage()
    stage.write(['a'])
    stage.start()
    stage.world.runFor(300)
    stage.cluster.pause(0)
    stage.world.runFor(50)
    stage.cluster.log('t', 0).moveTo(1)
    stage.write(['b'])
    stage.client.refresh()
    stage.world.runFor(800)
    expect(stage.values()).toEqual(['a', 'b'])
  })

  test('nothing is skipped or repeated', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ write: fc.integer({ min: 1, max: 5 }) }) },
      fc.record({ leader: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ cut: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ stop: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ freeze: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ error: fc.constantFrom(errorCode.UNKNOWN_SERVER_ERROR, errorCode.OFFSET_NOT_AVAILABLE) }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.integer({ min: 0, max: 400 })), { maxLength: 40 }), fc.integer(), (steps, seed) => {
        const stage = new Stage({}, { seed, topics: { t: 2 } })
        stage.start('beginning', 2)
        const written: [string[], string[]] = [[], []]
        let next = 0
        for (const [what, waitMs] of steps) {
          const partition = (next % 2) as 0 | 1
          if ('write' in what) {
            const values = numbered(next, next + what.write)
            next += what.write
            stage.write(values, partition)
            written[partition].push(...values)
          } else if ('leader' in what) stage.cluster.log('t', partition).moveTo(what.leader)
          else if ('cut' in what) stage.world.cut(`b${what.cut}`, 9092)
          else if ('stop' in what) stage.cluster.stop(what.stop)
          else if ('freeze' in what) stage.cluster.freeze(what.freeze)
          else {
            let left = 1
            stage.cluster.onFetch = () => (left-- > 0 ? { error: what.error } : undefined)
          }
          stage.world.runFor(waitMs)
        }
        for (const node of [0, 1, 2]) {
          stage.cluster.thaw(node)
          stage.cluster.start(node)
        }
        stage.world.runFor(10_000)
        expect([stage.values(0), stage.values(1)]).toEqual(written)
        expect(stage.events.filter(({ kind }) => kind !== 'error')).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})
