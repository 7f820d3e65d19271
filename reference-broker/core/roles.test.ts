import { describe, expect, it } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { errorCode } from '../../protocol/errors.ts'
import { toNumber } from '../../protocol/int64.ts'
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import { nodeName, RoleCluster } from '../../simulator/role-cluster.testing.ts'

function create(cluster: RoleCluster, name: string, replicationFactor: number): void {
  const topics = [{ name, numPartitions: 3, replicationFactor, assignments: [], configs: [] }]
  const { topics: made } = cluster.ask(cluster.brokerIds[0]!, apis.CreateTopics, { topics, timeoutMs: 10_000 })
  expect(made.map((each) => each.errorCode)).toEqual([errorCode.NONE])
  cluster.until(() => cluster.brokerIds.every((id) => cluster.running.get(id)?.image?.topicsByName.has(name) ?? true), 'topic known')
}

/** Writes one record with acks=all to whoever leads; true when it is acknowledged. */
function produce(cluster: RoleCluster, topic: string, index: number): boolean {
  const { leader } = cluster.partitionImage(topic, index)!
  if (!cluster.running.has(leader)) return false
  const records = encodeBatch({ records: [{ key: null, value: new Uint8Array(3), timestamp: cluster.world.now() }] })
  const body = {
    acks: -1,
    timeoutMs: 3000,
    transactionalId: null,
    topicData: [{ name: topic, topicId: cluster.topic(topic)?.id ?? zeroUuid, partitionData: [{ index, records }] }],
  }
  const answer = cluster.ask(leader, apis.Produce, body)
  return answer.responses[0]!.partitionResponses[0]!.errorCode === errorCode.NONE
}

function untilProduced(cluster: RoleCluster, topic: string, index: number): void {
  for (let i = 0; i < 20; i++) {
    if (produce(cluster, topic, index)) return
    cluster.pass(500)
  }
  throw new Error(`nothing is acknowledged on ${topic}-${index}`)
}

describe('one controller and two brokers', () => {
  it('is a cluster: topics are made through brokers, records replicated, a lost broker replaced', () => {
    const cluster = new RoleCluster({ roles: ['controller', 'broker', 'broker'] })
    cluster.untilUp()
    expect(cluster.controllerId).toBe(1)
    expect(cluster.running.get(1)!.replicas).toBeUndefined()
    create(cluster, 't', 2)
    for (const index of [0, 1, 2]) untilProduced(cluster, 't', index)
    cluster.kill(3)
    for (const index of [0, 1, 2]) untilProduced(cluster, 't', index)
    expect(cluster.partitionImage('t', 0)).toMatchObject({ leader: 2, inSyncReplicas: [2] })
    cluster.start(3)
    cluster.until(() => [0, 1, 2].every((index) => cluster.partitionImage('t', index)!.inSyncReplicas.length === 2), 'all in sync')
  })

  it('brokers serve on while the controller is gone, and follow it again when it is back', () => {
    const cluster = new RoleCluster({ roles: ['controller', 'broker', 'broker'] })
    cluster.untilUp()
    create(cluster, 't', 2)
    untilProduced(cluster, 't', 0)
    cluster.kill(1)
    expect(produce(cluster, 't', 0)).toBe(true)
    cluster.pass(5000)
    expect(produce(cluster, 't', 0)).toBe(true)
    cluster.start(1)
    cluster.until(() => cluster.controllerId === 1, 'controller')
    create(cluster, 'u', 2)
    untilProduced(cluster, 'u', 0)
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
    create(cluster, 't', 2)
    untilProduced(cluster, 't', 1)
  })
})

describe('three controllers and three brokers', () => {
  const roles = ['controller', 'controller', 'controller', 'broker', 'broker', 'broker'] as const

  it('the controller can be lost again and again, and brokers find the next one', () => {
    for (const seed of [1, 2, 3]) {
      const cluster = new RoleCluster({ roles, seed })
      cluster.untilUp()
      create(cluster, 't0', 3)
      for (let round = 1; round <= 3; round++) {
        cluster.until(() => cluster.controllerId !== undefined, 'a controller')
        const lost = cluster.controllerId!
        cluster.kill(lost)
        cluster.until(() => cluster.controllerId !== undefined, 'another controller')
        expect(cluster.controllerId).not.toBe(lost)
        create(cluster, `t${round}`, 3)
        for (let topic = 0; topic <= round; topic++) untilProduced(cluster, `t${topic}`, 0)
        cluster.start(lost)
      }
      cluster.untilUp()
    }
  })

  it('a broker that dies while the controller changes is fenced by the new one', () => {
    const cluster = new RoleCluster({ roles })
    cluster.untilUp()
    create(cluster, 't', 3)
    cluster.kill(cluster.controllerId!)
    cluster.kill(5)
    cluster.until(() => [0, 1, 2].every((index) => cluster.partitionImage('t', index)!.inSyncReplicas.length === 2), 'in-sync sets without it')
    for (const index of [0, 1, 2]) untilProduced(cluster, 't', index)
    cluster.start(5)
    cluster.untilUp()
    cluster.until(() => [0, 1, 2].every((index) => cluster.partitionImage('t', index)!.inSyncReplicas.length === 3), 'all in sync')
  })

  it('without a majority of controllers nothing can be changed, and afterwards it can', () => {
    const cluster = new RoleCluster({ roles })
    cluster.untilUp()
    create(cluster, 't', 3)
    cluster.kill(1)
    cluster.kill(2)
    const topics = [{ name: 'u', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    const { topics: refused } = cluster.ask(4, apis.CreateTopics, { topics, timeoutMs: 3000 })
    expect(refused[0]!.errorCode).toBe(errorCode.REQUEST_TIMED_OUT)
    untilProduced(cluster, 't', 0)
    cluster.start(1)
    cluster.untilUp()
    create(cluster, 'v', 3)
    untilProduced(cluster, 'v', 0)
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
