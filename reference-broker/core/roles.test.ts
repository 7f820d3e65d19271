import { describe, expect, it } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { errorCode } from '../../protocol/errors.ts'
import { toNumber } from '../../protocol/int64.ts'
import { nodeName, RoleCluster } from '../../simulator/role-cluster.testing.ts'

describe('one controller and two brokers', () => {
  it('is a cluster: topics are made through brokers, records replicated, a lost broker replaced', () => {
    const cluster = new RoleCluster({ roles: ['controller', 'broker', 'broker'] })
    cluster.untilUp()
    expect(cluster.controllerId).toBe(1)
    expect(cluster.running.get(1)!.replicas).toBeUndefined()
    cluster.create('t', { partitions: 3, replicationFactor: 2 })
    for (const index of [0, 1, 2]) cluster.untilProduced('t', index)
    cluster.kill(3)
    for (const index of [0, 1, 2]) cluster.untilProduced('t', index)
    expect(cluster.partitionImage('t', 0)).toMatchObject({ leader: 2, inSyncReplicas: [2] })
    cluster.start(3)
    cluster.until(() => [0, 1, 2].every((index) => cluster.partitionImage('t', index)!.inSyncReplicas.length === 2), 'all in sync')
  })

  it('brokers serve on while the controller is gone, and follow it again when it is back', () => {
    const cluster = new RoleCluster({ roles: ['controller', 'broker', 'broker'] })
    cluster.untilUp()
    cluster.create('t', { partitions: 3, replicationFactor: 2 })
    cluster.untilProduced('t', 0)
    cluster.kill(1)
    expect(cluster.produce('t', 0)).toBe('NONE')
    cluster.pass(5000)
    expect(cluster.produce('t', 0)).toBe('NONE')
    cluster.start(1)
    cluster.until(() => cluster.controllerId === 1, 'controller')
    cluster.create('u', { partitions: 3, replicationFactor: 2 })
    cluster.untilProduced('u', 0)
  })

  it('a broker that was cut off from the controller and comes back finds it in the same epoch', () => {
    const cluster = new RoleCluster({ roles: ['controller', 'broker', 'broker'] })
    cluster.untilUp()
    const { epoch } = cluster.running.get(1)!.raft!
    cluster.world.network.block(nodeName(1), nodeName(3))
    cluster.world.network.block(nodeName(3), nodeName(1))
    cluster.until(() => !cluster.running.get(2)!.image!.isLive(3), 'fenced')
    cluster.world.network.unblock(nodeName(1), nodeName(3))
    cluster.world.network.unblock(nodeName(3), nodeName(1))
    cluster.untilUp()
    expect(cluster.running.get(3)!.raft).toMatchObject({ epoch, leaderId: 1 })
    cluster.create('t', { partitions: 3, replicationFactor: 2 })
    cluster.untilProduced('t', 1)
  })
})

describe('three controllers and three brokers', () => {
  const roles = ['controller', 'controller', 'controller', 'broker', 'broker', 'broker'] as const

  it('the controller can be lost again and again, and brokers find the next one', () => {
    for (const seed of [1, 2, 3]) {
      const cluster = new RoleCluster({ roles, seed })
      cluster.untilUp()
      cluster.create('t0', { partitions: 3, replicationFactor: 3 })
      for (let round = 1; round <= 3; round++) {
        cluster.until(() => cluster.controllerId !== undefined, 'a controller')
        const lost = cluster.controllerId!
        cluster.kill(lost)
        cluster.until(() => cluster.controllerId !== undefined, 'another controller')
        expect(cluster.controllerId).not.toBe(lost)
        cluster.create(`t${round}`, { partitions: 3, replicationFactor: 3 })
        for (let topic = 0; topic <= round; topic++) cluster.untilProduced(`t${topic}`, 0)
        cluster.start(lost)
      }
      cluster.untilUp()
    }
  })

  it('a broker that dies while the controller changes is fenced by the new one', () => {
    const cluster = new RoleCluster({ roles })
    cluster.untilUp()
    cluster.create('t', { partitions: 3, replicationFactor: 3 })
    cluster.kill(cluster.controllerId!)
    cluster.kill(5)
    cluster.until(() => [0, 1, 2].every((index) => cluster.partitionImage('t', index)!.inSyncReplicas.length === 2), 'in-sync sets without it')
    for (const index of [0, 1, 2]) cluster.untilProduced('t', index)
    cluster.start(5)
    cluster.untilUp()
    cluster.until(() => [0, 1, 2].every((index) => cluster.partitionImage('t', index)!.inSyncReplicas.length === 3), 'all in sync')
  })

  it('without a majority of controllers nothing can be changed, and afterwards it can', () => {
    const cluster = new RoleCluster({ roles })
    cluster.untilUp()
    cluster.create('t', { partitions: 3, replicationFactor: 3 })
    cluster.kill(1)
    cluster.kill(2)
    const topics = [{ name: 'u', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    const { topics: refused } = cluster.ask(4, apis.CreateTopics, { topics, timeoutMs: 3000 })
    expect(refused[0]!.errorCode).toBe(errorCode.REQUEST_TIMED_OUT)
    cluster.untilProduced('t', 0)
    cluster.start(1)
    cluster.untilUp()
    cluster.create('v', { partitions: 3, replicationFactor: 3 })
    cluster.untilProduced('v', 0)
  })

  it('the quorum tells who follows it: voters and, apart from them, brokers', () => {
    const cluster = new RoleCluster({ roles })
    cluster.untilUp()
    const request = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }
    const [partition] = cluster.ask(4, apis.DescribeQuorum, request).topics[0]!.partitions
    const ids = (replicas: readonly { readonly replicaId: number }[]): number[] => replicas.map(({ replicaId }) => replicaId).sort()
    expect(ids(partition!.currentVoters)).toEqual([1, 2, 3])
    expect(ids(partition!.observers)).toEqual([4, 5, 6])
    const now = cluster.world.clock(nodeName(partition!.leaderId)).wallNow()
    for (const { lastFetchTimestamp, lastCaughtUpTimestamp, logEndOffset } of [...partition!.currentVoters, ...partition!.observers]) {
      expect(now - toNumber(lastFetchTimestamp)).toBeLessThan(1000)
      expect(now - toNumber(lastCaughtUpTimestamp)).toBeLessThan(1000)
      expect(toNumber(logEndOffset)).toBeGreaterThan(0)
    }
  })
})
