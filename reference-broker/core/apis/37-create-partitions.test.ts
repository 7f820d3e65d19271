import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { CreatePartitionsRequestInput } from '../../../protocol/apis/37-create-partitions.ts'
import { errorName } from '../../../protocol/errors.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

type Asked = CreatePartitionsRequestInput['topics'][number]

function clusterWith(partitions: number, replicationFactor: number): RoleCluster {
  const cluster = new RoleCluster({ roles: ['both', 'both', 'both'] })
  cluster.untilUp()
  cluster.create('t', { partitions, replicationFactor })
  return cluster
}

function grow(cluster: RoleCluster, topics: readonly Asked[], options: { validateOnly?: boolean; version?: number; at?: number } = {}): string[] {
  const { validateOnly = false, version = 3, at = 2 } = options
  const body = { topics, timeoutMs: 5000, validateOnly }
  return cluster.ask(at, apis.CreatePartitions, body, { version }).results.map((each) => errorName(each.errorCode))
}

describe('CreatePartitions', () => {
  it('adds partitions that are led, replicated and written to, through any broker and at any version', () => {
    for (const version of [0, 1, 2, 3]) {
      const cluster = clusterWith(1, 3)
      expect(grow(cluster, [{ name: 't', count: 5, assignments: null }], { version, at: 1 + (version % 3) })).toEqual(['NONE'])
      cluster.until(() => cluster.topic('t')!.partitions.length === 5, 'five partitions')
      for (let index = 0; index < 5; index++) cluster.untilProduced('t', index)
      for (const partition of cluster.topic('t')!.partitions) expect(partition.replicas.toSorted()).toEqual([1, 2, 3])
    }
  })

  it('spreads the new ones over the brokers, with as many replicas as the first one has', () => {
    const cluster = clusterWith(1, 2)
    grow(cluster, [{ name: 't', count: 10, assignments: null }])
    const added = cluster.topic('t')!.partitions.slice(1)
    expect(added.map(({ replicas }) => replicas.length)).toEqual(Array.from({ length: 9 }, () => 2))
    const led = [1, 2, 3].map((id) => added.filter(({ leader }) => leader === id).length)
    expect(led).toEqual([3, 3, 3])
  })

  it('puts them where the request says', () => {
    const cluster = clusterWith(1, 2)
    const assignments = [{ brokerIds: [3, 1] }, { brokerIds: [2, 3] }]
    expect(grow(cluster, [{ name: 't', count: 3, assignments }])).toEqual(['NONE'])
    const added = cluster.topic('t')!.partitions.slice(1)
    expect(added).toMatchObject([
      { replicas: [3, 1], inSyncReplicas: [3, 1], leader: 3, leaderEpoch: 0 },
      { replicas: [2, 3], inSyncReplicas: [2, 3], leader: 2, leaderEpoch: 0 },
    ])
  })

  it('a partition that begins without one of its brokers is led by another', () => {
    const cluster = clusterWith(1, 2)
    cluster.kill(3)
    cluster.until(() => !cluster.running.get(1)!.image!.isLive(3), 'broker 3 fenced')
    expect(grow(cluster, [{ name: 't', count: 2, assignments: [{ brokerIds: [3, 1] }] }])).toEqual(['NONE'])
    expect(cluster.partitionImage('t', 1)).toMatchObject({ replicas: [3, 1], inSyncReplicas: [1], leader: 1 })
    expect(grow(cluster, [{ name: 't', count: 6, assignments: null }])).toEqual(['NONE'])
    for (let index = 1; index < 6; index++) cluster.untilProduced('t', index)
    for (let index = 2; index < 6; index++) expect(cluster.partitionImage('t', index)!.replicas.toSorted()).toEqual([1, 2])
  })

  it('where fewer brokers live than there are to be replicas, each partition gets one that lives', () => {
    const cluster = new RoleCluster({ roles: ['controller', 'broker', 'broker', 'broker'] })
    cluster.untilUp()
    cluster.create('t', { partitions: 1, replicationFactor: 2 })
    for (const id of [3, 4]) cluster.kill(id)
    cluster.until(() => [3, 4].every((id) => !cluster.running.get(2)!.image!.isLive(id)), 'two fenced')
    expect(grow(cluster, [{ name: 't', count: 7, assignments: null }])).toEqual(['NONE'])
    const added = cluster.topic('t')!.partitions.slice(1)
    for (const partition of added) expect(partition).toMatchObject({ leader: 2, inSyncReplicas: [2], replicas: [2, expect.any(Number)] })
    expect(new Set(added.map(({ replicas }) => replicas[1]))).toEqual(new Set([3, 4]))
  })

  it('changes nothing when it only validates', () => {
    const cluster = clusterWith(2, 1)
    expect(grow(cluster, [{ name: 't', count: 3, assignments: null }], { validateOnly: true })).toEqual(['NONE'])
    cluster.pass(1000)
    expect(cluster.topic('t')!.partitions.length).toBe(2)
  })

  it('refuses what cannot be, each topic by itself', () => {
    const cluster = clusterWith(2, 2)
    cluster.create('ok', { partitions: 1 })
    const of = (count: number, assignments: Asked['assignments'] = null): string =>
      grow(cluster, [{ name: 't', count, assignments }], { validateOnly: true })[0]!
    expect(of(2)).toBe('INVALID_PARTITIONS')
    expect(of(1)).toBe('INVALID_PARTITIONS')
    expect(of(0)).toBe('INVALID_PARTITIONS')
    expect(of(2_000_000_000)).toBe('POLICY_VIOLATION')
    expect(of(3, [])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(of(3, [{ brokerIds: [1, 2] }, { brokerIds: [1, 2] }])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(of(3, [{ brokerIds: [1] }])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(of(3, [{ brokerIds: [1, 1] }])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(of(3, [{ brokerIds: [1, 9] }])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(of(3, [{ brokerIds: [3, 1] }])).toBe('NONE')
    const many = ['none', 't', 't', 'ok'].map((name) => ({ name, count: 3, assignments: null }))
    expect(grow(cluster, many)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_REQUEST', 'NONE'])
    expect([cluster.topic('t')!.partitions.length, cluster.topic('ok')!.partitions.length]).toEqual([2, 3])
  })

  it('refuses when too few brokers are registered for the replicas', () => {
    const cluster = clusterWith(1, 3)
    const controller = cluster.controllerId!
    const shutDown = cluster.brokerIds.find((id) => id !== controller)!
    cluster.running.get(shutDown)!.shutDown(() => undefined)
    cluster.until(() => cluster.running.get(controller)!.image!.brokers.get(shutDown)!.inControlledShutdown, 'leaving')
    expect(grow(cluster, [{ name: 't', count: 2, assignments: null }], { at: controller })).toEqual(['INVALID_REPLICATION_FACTOR'])
  })
})
