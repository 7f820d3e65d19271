import { describe, expect, test } from 'vitest'
import { errorCode } from '../../protocol/errors.ts'
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import { utf8 } from '../testing/bytes.testing.ts'
import { TestCluster } from '../testing/cluster.testing.ts'
import type { TestClusterOptions } from '../testing/cluster.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import type { AdminResult, ClusterInfo } from './client.ts'
import { clusterDefaults } from './defaults.ts'
import { WireClient } from './wire-client.ts'

class Stage {
  readonly world: TestWorld = new TestWorld(2)
  readonly cluster: TestCluster
  readonly client: WireClient

  constructor(options: Partial<TestClusterOptions> = {}) {
    this.cluster = new TestCluster(this.world, { topics: { t: 3 }, ...options })
    const bootstrap = [{ host: 'b0', port: 9092 }]
    this.client = new WireClient(this.world.client(), { ...clusterDefaults, bootstrap, clientId: 'admin' })
  }

  wait<T>(call: (done: (result: AdminResult<T>) => void) => void): AdminResult<T> {
    const results: AdminResult<T>[] = []
    call((result) => results.push(result))
    expect(this.world.runUntil(() => results.length > 0, 60_000)).toBe(true)
    this.world.runFor(20_000)
    expect(results).toHaveLength(1)
    return results[0]!
  }
}

const topic = { name: 'new', partitions: 2, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }
const create = (stage: Stage, timeoutMs = 5000): AdminResult<null> =>
  stage.wait((done) => stage.client.admin.createTopics([topic], timeoutMs, done))

describe('creating topics', () => {
  test.each([2, 5, 7])('succeeds over CreateTopics v%i', (version) => {
    const stage = new Stage({ versions: { CreateTopics: [2, version] } })
    expect(create(stage)).toEqual({ ok: true, value: null })
    expect(stage.cluster.log('new', 1)).toBeDefined()
  })

  test('is tried again after NOT_CONTROLLER', () => {
    const stage = new Stage()
    stage.cluster.adminScript.push({ error: errorCode.NOT_CONTROLLER }, { error: errorCode.NOT_CONTROLLER })
    expect(create(stage)).toEqual({ ok: true, value: null })
  })

  test('that exist is an error, definite or not as the table has it', () => {
    const stage = new Stage()
    create(stage)
    expect(create(stage)).toMatchObject({ ok: false, error: { code: 'TOPIC_ALREADY_EXISTS' } })
  })

  test('that exist after a lost answer is success', () => {
    const stage = new Stage()
    stage.cluster.adminScript.push({ append: true, end: 'cut' })
    expect(create(stage)).toEqual({ ok: true, value: null })
  })

  test('refused for good is not tried again', () => {
    const stage = new Stage()
    stage.cluster.adminScript.push({ error: errorCode.INVALID_CONFIG })
    expect(create(stage)).toMatchObject({ ok: false, error: { code: 'INVALID_CONFIG', definite: true } })
  })

  test('ends at its time, and is then indefinite if an attempt had no answer', () => {
    const stage = new Stage()
    stage.cluster.adminScript.push({ end: 'silent' })
    for (const node of [0, 1, 2]) stage.world.schedule(100, () => stage.cluster.stop(node))
    expect(create(stage, 3000)).toMatchObject({ ok: false, error: { definite: false } })
  })
})

describe('deleting topics', () => {
  test.each([1, 5, 6])('succeeds over DeleteTopics v%i, also when the first answer is lost', (version) => {
    const stage = new Stage({ versions: { DeleteTopics: [1, version] } })
    stage.cluster.adminScript.push({ append: true, end: 'cut' })
    expect(stage.wait((done) => stage.client.admin.deleteTopics(['t'], 5000, done))).toEqual({ ok: true, value: null })
  })

  test('that do not exist is an error', () => {
    const stage = new Stage()
    expect(stage.wait((done) => stage.client.admin.deleteTopics(['x'], 500, done))).toMatchObject({
      ok: false,
      error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    })
  })
})

test.each([0, 1, 4, 9, 13])('Metadata v%i tells nodes and topics', (version) => {
  const stage = new Stage({ versions: { Metadata: [0, version] } })
  const result = stage.wait<ClusterInfo>((done) => stage.client.admin.metadata(['t'], 5000, done))
  expect(result).toMatchObject({ ok: true, value: { topics: [{ name: 't' }] } })
  if (!result.ok) return
  expect(result.value.nodes).toHaveLength(3)
  expect(result.value.topics[0]!.partitions.map(({ partition, leader }) => [partition, leader])).toEqual([[0, 0], [1, 1], [2, 2]])
})

test('offsets are listed from each leader, in the order asked, also while leaders move', () => {
  const stage = new Stage()
  const records = [{ key: null, value: utf8('v'), timestamp: 1 }]
  for (let i = 0; i < 3; i++) stage.cluster.log('t', 1).append(encodeBatch({ records }))
  const queries = [2, 1, 0].map((partition) => ({ topic: 't', partition, timestamp: -1 }))
  const list = (): AdminResult<unknown> => stage.wait((done) => stage.client.admin.listOffsets(queries, 5000, done))
  const value = [2, 1, 0].map((partition) => ({ topic: 't', partition, offset: partition === 1 ? 3 : 0 }))
  expect(list()).toMatchObject({ ok: true, value })
  stage.cluster.log('t', 1).moveTo(2)
  expect(list()).toMatchObject({ ok: true, value })
})

test('the quorum is described, and a broker that cannot is an error at once', () => {
  const stage = new Stage()
  expect(stage.wait((done) => stage.client.admin.describeQuorum(5000, done))).toEqual({
    ok: true,
    value: { leaderId: 101, leaderEpoch: 3, highWatermark: 7, voters: [100, 101, 102] },
  })
  const old = new Stage({ versions: { DescribeQuorum: null } })
  const before = old.world.nowMs
  const results: AdminResult<unknown>[] = []
  old.client.admin.describeQuorum(5000, (result) => results.push(result))
  old.world.runUntil(() => results.length > 0, 10_000)
  expect(results).toMatchObject([{ ok: false, error: { code: 'UNSUPPORTED_VERSION', definite: true } }])
  expect(old.world.nowMs - before).toBeLessThan(100)
})
