import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { DescribeQuorumResponse } from '../../../protocol/apis/55-describe-quorum.ts'
import { errorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import { nodeName, RoleCluster } from '../../../simulator/role-cluster.testing.ts'

const metadata = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]

type Partition = DescribeQuorumResponse['topics'][number]['partitions'][number]

function newCluster(): RoleCluster {
  const cluster = new RoleCluster({ roles: ['controller', 'controller', 'controller', 'broker'] })
  cluster.untilUp()
  return cluster
}

function partition(answer: DescribeQuorumResponse): Partition {
  return answer.topics[0]!.partitions[0]!
}

describe('DescribeQuorum', () => {
  it('is answered at every version, times from v1 on and nodes from v2 on', () => {
    const cluster = newCluster()
    for (const version of [0, 1, 2]) {
      const answer = cluster.ask(4, apis.DescribeQuorum, { topics: metadata }, { version })
      const { leaderId, currentVoters, observers, highWatermark } = partition(answer)
      expect(leaderId).toBe(cluster.controllerId)
      expect(toNumber(highWatermark)).toBeGreaterThan(0)
      expect(currentVoters.length).toBe(3)
      expect(observers.map(({ replicaId }) => replicaId)).toEqual([4])
      expect(observers.every(({ lastFetchTimestamp }) => (lastFetchTimestamp === -1n) === (version === 0))).toBe(true)
      expect(answer.nodes.map(({ nodeId }) => nodeId)).toEqual(version < 2 ? [] : [1, 2, 3])
    }
  })

  it('a voter that never fetched from this leader has no times, one that stopped keeps its last', () => {
    const cluster = newCluster()
    const [first, second] = cluster.controllerIds.filter((id) => id !== cluster.controllerId)
    cluster.kill(first!)
    cluster.kill(cluster.controllerId!)
    cluster.start([1, 2, 3].find((id) => id !== first && id !== second)!)
    cluster.until(() => cluster.controllerId !== undefined, 'another controller')
    cluster.pass(3000)
    const { currentVoters } = partition(cluster.ask(4, apis.DescribeQuorum, { topics: metadata }))
    const of = (id: number): { lastFetchTimestamp: bigint; lastCaughtUpTimestamp: bigint } => currentVoters.find(({ replicaId }) => replicaId === id)!
    expect(of(first!)).toMatchObject({ lastFetchTimestamp: -1n, lastCaughtUpTimestamp: -1n })
    expect(of(second!).lastFetchTimestamp).toBeGreaterThan(0n)
  })

  it('an observer is forgotten when it was silent for five minutes', () => {
    const cluster = newCluster()
    cluster.kill(4)
    const observers = (): number => {
      const leader = cluster.controllerId!
      return partition(cluster.askController(leader, apis.DescribeQuorum, { topics: metadata })).observers.length
    }
    cluster.pass(60_000)
    expect(observers()).toBe(1)
    cluster.pass(250_000)
    expect(observers()).toBe(0)
  })

  it('only the leader knows, and only the metadata log', () => {
    const cluster = newCluster()
    const passive = cluster.controllerIds.find((id) => id !== cluster.controllerId)!
    const answer = partition(cluster.askController(passive, apis.DescribeQuorum, { topics: metadata }))
    expect(errorName(answer.errorCode)).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(answer.leaderId).toBe(cluster.controllerId)
    const other = cluster.ask(4, apis.DescribeQuorum, { topics: [{ topicName: 't', partitions: [{ partitionIndex: 0 }] }] })
    expect(errorName(partition(other).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(cluster.ask(4, apis.DescribeQuorum, { topics: [] }).topics).toEqual([])
    expect(cluster.world.isRunning(nodeName(4))).toBe(true)
  })
})
