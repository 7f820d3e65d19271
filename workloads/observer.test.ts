import { describe, expect, test } from 'vitest'
import type { Observation, Op } from '../history/op.ts'
import { Recorder } from '../history/recorder.ts'
import { encodeBatch } from '../protocol/record-batch-encode.ts'
import { clusterDefaults } from './client/defaults.ts'
import { WireClient } from './client/wire-client.ts'
import { Observer } from './observer.ts'
import { utf8 } from './testing/bytes.testing.ts'
import { TestCluster } from './testing/cluster.testing.ts'
import type { TestClusterOptions } from './testing/cluster.testing.ts'
import { TestWorld } from './testing/world.testing.ts'

class Stage {
  readonly world: TestWorld = new TestWorld(1)
  readonly cluster: TestCluster
  readonly recorder: Recorder
  readonly observer: Observer

  constructor(options: Partial<TestClusterOptions> = {}, isTransactional = false) {
    this.cluster = new TestCluster(this.world, { topics: { t: 3 }, ...options })
    this.recorder = new Recorder(() => this.world.nowMs)
    const brokers = [0, 1, 2].map((node) => ({ node, host: `b${node}`, port: 9092 }))
    this.observer = new Observer({
      loop: this.world.client(),
      recorder: this.recorder,
      makeClient: (clientId) =>
        new WireClient(this.world.client(), { ...clusterDefaults, bootstrap: brokers, clientId }),
      brokers,
      topics: [{ name: 't', partitions: 3 }],
      observeIntervalMs: 100,
      isTransactional,
    })
    this.observer.start()
  }

  ofNode(node: number): Op[] {
    return this.recorder.ops.filter((op) => op.node === node)
  }

  last(node: number): readonly Observation[] {
    return this.ofNode(node).at(-1)!.value as readonly Observation[]
  }

  wait<T>(call: (done: (result: T) => void) => void): T {
    const results: T[] = []
    call((result) => results.push(result))
    expect(this.world.runUntil(() => results.length > 0, 10_000)).toBe(true)
    this.world.runFor(3000)
    expect(results).toHaveLength(1)
    return results[0]!
  }
}

describe('an observation', () => {
  test('tells what each broker says, and the ends of the logs it leads', () => {
    const stage = new Stage()
    stage.cluster.log('t', 1).append(encodeBatch({ records: [{ key: null, value: utf8('v'), timestamp: 1 }] }))
    stage.world.runFor(1000)
    const told = stage.ofNode(1).at(-1)!
    expect(told).toMatchObject({ process: 'observer', type: 'info', f: 'observe' })
    const since = stage.last(1)[1]!.since!
    expect(since).toBeLessThanOrEqual(told.index)
    expect(stage.last(1)).toEqual([
      { key: 't-0', leader: 0, leaderEpoch: 0, inSyncReplicas: [0, 1, 2], logEndOffset: 0 },
      { key: 't-1', leader: 1, leaderEpoch: 0, inSyncReplicas: [0, 1, 2], logStartOffset: 0, highWatermark: 1, logEndOffset: 1, since },
      { key: 't-2', leader: 2, leaderEpoch: 0, inSyncReplicas: [0, 1, 2], logEndOffset: 0 },
    ])
  })

  test('tells how far the log itself reaches, beyond what may be read, and of followers as well', () => {
    const stage = new Stage()
    const log = stage.cluster.log('t', 1)
    for (const text of ['a', 'b', 'c']) log.append(encodeBatch({ records: [{ key: null, value: utf8(text), timestamp: 1 }] }))
    log.highWatermark = 1
    stage.world.runFor(1000)
    expect(stage.last(1)[1]).toMatchObject({ leader: 1, highWatermark: 1, logEndOffset: 3 })
    expect(stage.last(2)[1]).toMatchObject({ leader: 1, logEndOffset: 3 })
    expect(stage.last(2)[1]).not.toHaveProperty('highWatermark')
  })

  test('tells the last stable offset of what its broker leads, where there are transactions', () => {
    const told = (isTransactional: boolean): Observation => {
      const stage = new Stage({}, isTransactional)
      const log = stage.cluster.log('t', 1)
      for (const text of ['a', 'b', 'c']) log.append(encodeBatch({ records: [{ key: null, value: utf8(text), timestamp: 1 }] }))
      Object.assign(log, { lastStableOffset: 1, highWatermark: 2 })
      stage.world.runFor(1000)
      expect(stage.last(2)[1]).not.toHaveProperty('lastStableOffset')
      return stage.last(1)[1]!
    }
    expect(told(true)).toMatchObject({ lastStableOffset: 1, highWatermark: 2, logEndOffset: 3, since: expect.any(Number) as number })
    expect(told(false)).not.toHaveProperty('lastStableOffset')
  })

  test('counts what was recorded before the end of the log was asked for, and not what came until the answer', () => {
    const stage = new Stage()
    stage.world.latencyMs = 40
    stage.world.runFor(100)
    for (let i = 0; i < 30; i++) {
      stage.recorder.record({ process: 'harness', type: 'info', f: 'note', value: null })
      stage.world.runFor(10)
    }
    const told = stage.ofNode(1)[0]!
    const since = stage.last(1)[1]!.since!
    const between = stage.recorder.ops.slice(since, told.index).filter(({ f }) => f === 'note')
    expect(between.length).toBeGreaterThanOrEqual(7)
    expect(between.length).toBeLessThanOrEqual(9)
  })

  test('of a broker that moved on since it said that it leads has no ends of the log', () => {
    const stage = new Stage()
    stage.world.latencyMs = 40
    expect(stage.world.runUntil(() => stage.observer.leaderOf('t-1') === 1, 1000)).toBe(true)
    stage.cluster.log('t', 1).moveTo(1)
    stage.world.runFor(1000)
    const ends = stage.ofNode(1).map(({ value }) => (value as readonly Observation[])[1]!)
    expect(ends[0]).toMatchObject({ leaderEpoch: 0 })
    expect(ends.map(({ leaderEpoch, highWatermark }) => [leaderEpoch, highWatermark])).toEqual([[0, undefined], [1, 0]])
  })

  test('is recorded when something changed, else every two seconds, and not for records alone', () => {
    const stage = new Stage()
    stage.world.runFor(1000)
    expect(stage.ofNode(1)).toHaveLength(1)
    stage.cluster.log('t', 1).append(encodeBatch({ records: [{ key: null, value: utf8('v'), timestamp: 1 }] }))
    stage.world.runFor(500)
    expect(stage.ofNode(1)).toHaveLength(1)
    stage.cluster.log('t', 0).moveTo(2)
    stage.world.runFor(300)
    expect(stage.ofNode(1)).toHaveLength(2)
    stage.world.runFor(10_000)
    expect(stage.ofNode(1).length).toBeGreaterThanOrEqual(6)
    expect(stage.ofNode(1).length).toBeLessThanOrEqual(8)
  })

  test('of a broker that is silent or gone is none, and comes back with it', () => {
    const stage = new Stage()
    stage.world.runFor(500)
    stage.cluster.stop(2)
    stage.world.runFor(200)
    const before = stage.ofNode(2).length
    stage.world.runFor(5000)
    expect(stage.ofNode(2)).toHaveLength(before)
    stage.cluster.start(2)
    stage.world.runFor(2500)
    expect(stage.ofNode(2).length).toBeGreaterThan(before)
  })
})

test('the leader is that of the newest epoch anybody tells', () => {
  const stage = new Stage()
  expect(stage.observer.leaderOf('t-0')).toBeUndefined()
  stage.world.runFor(500)
  expect(stage.observer.leaderOf('t-0')).toBe(0)
  stage.cluster.freeze(2)
  stage.cluster.log('t', 0).moveTo(1)
  stage.world.runFor(1000)
  expect(stage.observer.leaderOf('t-0')).toBe(1)
  expect(stage.observer.leaders()).toEqual(new Map([['t-0', 1], ['t-1', 1], ['t-2', 2]]))
  expect(stage.last(2)[0]).toMatchObject({ leader: 0, leaderEpoch: 0 })
})

test('the controller is the quorum leader where it is told, else what Metadata names', () => {
  const stage = new Stage()
  stage.world.runFor(500)
  expect(stage.observer.controller()).toBe(101)
  const quorum = stage.recorder.ops.filter(({ f }) => f === 'quorum')
  expect(quorum.map(({ value }) => value)).toEqual([{ leader: 101, leaderEpoch: expect.any(Number) as number }])
  const old = new Stage({ versions: { DescribeQuorum: null } })
  old.world.runFor(500)
  expect(old.observer.controller()).toBe(0)
})

describe('a probe', () => {
  test('tells a broker that answers from one that is silent and one that is gone', () => {
    const stage = new Stage()
    stage.cluster.pause(1)
    stage.cluster.stop(2)
    const answers = [0, 1, 2].map((node) => stage.wait<boolean>((done) => stage.observer.answers(node, done, 700)))
    expect(answers).toEqual([true, false, false])
  })

  test('of the address tells connected from refused', () => {
    const stage = new Stage()
    stage.cluster.pause(1)
    const connect = (host: string): string => stage.wait((done) => stage.observer.probeConnect(host, 9092, done))
    expect([connect('b0'), connect('b1'), connect('b8')]).toEqual(['connected', 'connected', 'refused'])
    stage.world.latencyMs = 5000
    expect(connect('b0')).toBe('silent')
  })

  test('is not answered after close, and nothing is recorded', () => {
    const stage = new Stage()
    stage.world.runFor(500)
    stage.observer.answers(0, () => expect.unreachable(), 500)
    stage.observer.probeConnect('b0', 9092, () => expect.unreachable())
    stage.observer.close()
    const before = stage.recorder.ops.length
    stage.world.runFor(10_000)
    expect(stage.recorder.ops).toHaveLength(before)
  })
})
