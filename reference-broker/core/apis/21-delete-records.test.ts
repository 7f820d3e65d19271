import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import { errorCode, errorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { nodeName, RoleCluster } from '../../../simulator/role-cluster.testing.ts'

/** t-0 on brokers 1, 2 and 3, with batches of five records; small segments, if asked for. */
function clusterWith(records: number, configs: Readonly<Record<string, string>> = {}): RoleCluster {
  const cluster = new RoleCluster({ roles: ['both', 'both', 'both'] })
  cluster.untilUp()
  cluster.create('t', { replicas: [[1, 2, 3]], configs })
  for (let i = 0; i < records / 5; i++) cluster.untilProduced('t', 0, 5)
  return cluster
}

interface Asked {
  readonly at?: number
  readonly version?: number
  readonly timeoutMs?: number
  readonly topic?: string
  readonly index?: number
}

/** The error, or where the partition starts now. */
function deleteBefore(cluster: RoleCluster, offset: number, asked: Asked = {}): string | number {
  const { version = 2, timeoutMs = 10_000, topic = 't', index = 0 } = asked
  const at = asked.at ?? cluster.partitionImage('t', 0)!.leader
  const body = { topics: [{ name: topic, partitions: [{ partitionIndex: index, offset: toBigInt(offset) }] }], timeoutMs }
  const { lowWatermark, errorCode: code } = cluster.ask(at, apis.DeleteRecords, body, { version }).topics[0]!.partitions[0]!
  if (code !== errorCode.NONE) expect(lowWatermark).toBe(-1n)
  return code === errorCode.NONE ? toNumber(lowWatermark) : errorName(code)
}

function fetch(cluster: RoleCluster, at: number, offset: number): { error: string; bytes: number; logStartOffset: number } {
  const partition = {
    partition: 0, fetchOffset: toBigInt(offset), currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: 1 << 20,
  }
  const topics = [{ topicId: cluster.topic('t')!.id, partitions: [partition] }]
  const answer = cluster.ask(at, apis.Fetch, { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, topics, forgottenTopicsData: [] })
  const [found] = answer.responses[0]!.partitions
  return { error: errorName(found!.errorCode), bytes: found!.records?.length ?? 0, logStartOffset: toNumber(found!.logStartOffset) }
}

function starts(cluster: RoleCluster): number[] {
  return [1, 2, 3].filter((id) => cluster.running.has(id)).map((id) => cluster.replica(id, 't', 0)!.log.logStartOffset)
}

describe('DeleteRecords', () => {
  it('moves the start on every replica before it answers, and nobody reads below it', () => {
    for (const version of [0, 1, 2]) {
      const cluster = clusterWith(20)
      expect(deleteBefore(cluster, 7, { version })).toBe(7)
      expect(starts(cluster)).toEqual([7, 7, 7])
      expect(fetch(cluster, 1, 6)).toMatchObject({ error: 'OFFSET_OUT_OF_RANGE', bytes: 0 })
      expect(fetch(cluster, 1, 7)).toMatchObject({ error: 'NONE', logStartOffset: 7 })
      expect(fetch(cluster, 1, 7).bytes).toBeGreaterThan(0)
      const earliest = { topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -2n, currentLeaderEpoch: -1 }] }] }
      const [found] = cluster.ask(1, apis.ListOffsets, { replicaId: -1, isolationLevel: 0, ...earliest }).topics[0]!.partitions
      expect(found!.offset).toBe(7n)
    }
  })

  it('is told to followers at once, whatever they wait for', () => {
    const cluster = clusterWith(20)
    cluster.pass(1000)
    const before = cluster.world.now()
    expect(deleteBefore(cluster, 7)).toBe(7)
    expect(cluster.world.now() - before).toBeLessThan(50)
  })

  it('-1 stands for the high watermark; what is below the start is gone already', () => {
    const cluster = clusterWith(20)
    expect(deleteBefore(cluster, -1)).toBe(20)
    expect(deleteBefore(cluster, 3)).toBe(20)
    expect(starts(cluster)).toEqual([20, 20, 20])
    cluster.untilProduced('t', 0)
    expect(fetch(cluster, 1, 20)).toMatchObject({ error: 'NONE', logStartOffset: 20 })
  })

  it('is refused where it cannot be', () => {
    const cluster = clusterWith(20)
    cluster.create('compacted', { configs: { 'cleanup.policy': 'compact' } })
    cluster.create('both', { configs: { 'cleanup.policy': 'compact,delete' } })
    const leaderOf = (topic: string): number => cluster.partitionImage(topic, 0)!.leader
    expect(deleteBefore(cluster, 21)).toBe('OFFSET_OUT_OF_RANGE')
    expect(deleteBefore(cluster, -2)).toBe('OFFSET_OUT_OF_RANGE')
    expect(deleteBefore(cluster, 0, { at: 2 })).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(deleteBefore(cluster, 0, { topic: 'u' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(deleteBefore(cluster, 0, { index: 1 })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(deleteBefore(cluster, 0, { topic: 'compacted', at: leaderOf('compacted') })).toBe('POLICY_VIOLATION')
    expect(deleteBefore(cluster, 0, { topic: 'both', at: leaderOf('both') })).toBe(0)
    expect(deleteBefore(cluster, 0, { topic: '__consumer_offsets' })).toBe('INVALID_TOPIC_EXCEPTION')
    expect(starts(cluster)).toEqual([0, 0, 0])
  })

  it('waits for a live replica that does not follow, and in the end says so', () => {
    const cluster = clusterWith(20)
    cluster.world.network.block(nodeName(3), nodeName(1))
    cluster.world.network.block(nodeName(1), nodeName(3))
    expect(deleteBefore(cluster, 10, { timeoutMs: 500 })).toBe('REQUEST_TIMED_OUT')
    expect(starts(cluster)).toEqual([10, 10, 0])
    cluster.world.network.unblock(nodeName(3), nodeName(1))
    cluster.world.network.unblock(nodeName(1), nodeName(3))
    expect(deleteBefore(cluster, 10)).toBe(10)
    expect(starts(cluster)).toEqual([10, 10, 10])
  })

  it('does not wait for a dead one, which follows when it is back', () => {
    const cluster = clusterWith(20)
    cluster.kill(3)
    cluster.until(() => !cluster.running.get(1)!.image!.isLive(3), 'broker 3 fenced')
    expect(deleteBefore(cluster, 10)).toBe(10)
    cluster.start(3)
    cluster.until(() => cluster.partitionImage('t', 0)!.inSyncReplicas.length === 3, 'all in sync')
    expect(starts(cluster)).toEqual([10, 10, 10])
  })

  it('a replica that is told of a dead one while it waits waits no longer', () => {
    const cluster = clusterWith(20)
    cluster.kill(3)
    expect(deleteBefore(cluster, 10, { timeoutMs: 30_000 })).toBe(10)
  })

  it('ends with the leader', () => {
    const cluster = clusterWith(20)
    for (const id of [2, 3]) cluster.world.network.block(nodeName(id), nodeName(1))
    for (const id of [2, 3]) cluster.world.network.block(nodeName(1), nodeName(id))
    cluster.world.schedule(4000, () => {
      for (const id of [2, 3]) cluster.world.network.unblock(nodeName(id), nodeName(1))
      for (const id of [2, 3]) cluster.world.network.unblock(nodeName(1), nodeName(id))
    })
    expect(deleteBefore(cluster, 10, { at: 1, timeoutMs: 50_000 })).toBe('NOT_LEADER_OR_FOLLOWER')
  })

  it('several partitions of a request are answered together, each by itself', () => {
    const cluster = clusterWith(10)
    const partitions = [{ partitionIndex: 0, offset: 5n }, { partitionIndex: 3, offset: 0n }]
    const topics = [{ name: 't', partitions }, { name: 'u', partitions: [{ partitionIndex: 0, offset: 0n }] }, { name: 'none', partitions: [] }]
    const answer = cluster.ask(1, apis.DeleteRecords, { topics, timeoutMs: 5000 })
    expect(answer.topics.map(({ name, partitions: each }) => [name, each.map(({ lowWatermark }) => lowWatermark)])).toEqual([
      ['t', [5n, -1n]], ['u', [-1n]],
    ])
  })
})

describe('the start of a log', () => {
  it('survives the loss of power of every broker at once', () => {
    const cluster = clusterWith(20)
    expect(deleteBefore(cluster, 12)).toBe(12)
    for (const id of [1, 2, 3]) cluster.kill(id, { powerLoss: true })
    for (const id of [1, 2, 3]) cluster.start(id)
    cluster.untilUp()
    cluster.until(() => [1, 2, 3].every((id) => cluster.replica(id, 't', 0) !== undefined), 'open')
    for (const start of starts(cluster)) expect(start).toBeGreaterThanOrEqual(12)
  })

  it('whole segments below it leave the disk, and the size of the log', () => {
    const cluster = clusterWith(40, { 'internal.segment.bytes': '300' })
    const files = (id: number): number =>
      cluster.world.disk(nodeName(id)).entries('t-0.').filter(({ file }) => file.endsWith('.log')).length
    const before = [1, 2, 3].map(files)
    const size = cluster.replica(2, 't', 0)!.log.sizeBytes()
    expect(deleteBefore(cluster, 33)).toBe(33)
    cluster.pass(1000)
    for (const id of [1, 2, 3]) expect(files(id)).toBeLessThan(before[id - 1]! / 2)
    expect(cluster.replica(2, 't', 0)!.log.sizeBytes()).toBeLessThan(size / 2)
    expect(fetch(cluster, 1, 33).bytes).toBeGreaterThan(0)
  })

  it('a follower that was away while everything it had was deleted begins anew where the log starts', () => {
    const cluster = clusterWith(20)
    cluster.kill(3)
    for (let i = 0; i < 4; i++) cluster.untilProduced('t', 0, 5)
    expect(deleteBefore(cluster, 35)).toBe(35)
    cluster.start(3)
    cluster.until(() => cluster.partitionImage('t', 0)!.inSyncReplicas.length === 3, 'all in sync')
    expect(starts(cluster)).toEqual([35, 35, 35])
    expect(cluster.replica(3, 't', 0)!.log.logEndOffset).toBe(40)
    expect(cluster.replica(3, 't', 0)!.highWatermark).toBeGreaterThanOrEqual(35)
  })

  it('may lie within a batch, also for a follower that has lost everything', () => {
    const cluster = clusterWith(20)
    expect(deleteBefore(cluster, 18)).toBe(18)
    cluster.kill(3, { powerLoss: true })
    cluster.start(3)
    cluster.until(() => cluster.replica(3, 't', 0)?.log.logEndOffset === 20, 'broker 3 has caught up')
    expect(starts(cluster)).toEqual([18, 18, 18])
  })

  it('is known to a replica before it is in sync again, so no leader from among them brings back what was deleted', () => {
    const cluster = clusterWith(20)
    cluster.kill(3)
    cluster.until(() => cluster.partitionImage('t', 0)!.inSyncReplicas.length === 2, 'two in sync')
    expect(deleteBefore(cluster, 18)).toBe(18)
    cluster.start(3)
    cluster.until(() => cluster.partitionImage('t', 0)!.inSyncReplicas.includes(3), 'back in sync')
    expect(cluster.replica(3, 't', 0)!.log.logStartOffset).toBe(18)
  })
})
