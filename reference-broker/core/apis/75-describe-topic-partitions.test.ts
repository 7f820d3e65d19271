import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { DescribeTopicPartitionsRequestInput, DescribeTopicPartitionsResponse } from '../../../protocol/apis/75-describe-topic-partitions.ts'
import { errorName } from '../../../protocol/errors.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

function newCluster(): RoleCluster {
  const cluster = new RoleCluster({ roles: ['controller', 'broker', 'broker', 'broker'] })
  cluster.untilUp()
  return cluster
}

function ask(cluster: RoleCluster, names: readonly string[], rest: Partial<DescribeTopicPartitionsRequestInput> = {}): DescribeTopicPartitionsResponse {
  return cluster.ask(2, apis.DescribeTopicPartitions, { topics: names.map((name) => ({ name })), ...rest })
}

function listed({ topics }: DescribeTopicPartitionsResponse): string[] {
  return topics.flatMap(({ name, errorCode, partitions }) =>
    errorCode === 0 ? partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`) : [`${name} ${errorName(errorCode)}`],
  )
}

describe('DescribeTopicPartitions', () => {
  it('tells who leads, who is in sync, who could lead, and who is away', () => {
    const cluster = newCluster()
    cluster.create('t', { replicas: [[2, 3, 4]], configs: { 'min.insync.replicas': '3' } })
    cluster.kill(4)
    cluster.until(() => !cluster.running.get(2)!.image!.isLive(4), 'broker 4 fenced')
    const { topics, nextCursor } = ask(cluster, ['t'])
    expect(nextCursor).toBeNull()
    expect(topics).toMatchObject([{
      name: 't', topicId: cluster.topic('t')!.id, isInternal: false, topicAuthorizedOperations: 3576,
      partitions: [{
        partitionIndex: 0, leaderId: 2, leaderEpoch: 0, replicaNodes: [2, 3, 4], isrNodes: [2, 3],
        eligibleLeaderReplicas: [4], lastKnownElr: [], offlineReplicas: [4],
      }],
    }])
  })

  it('of a partition that nobody leads tells who may', () => {
    const cluster = newCluster()
    cluster.create('t', { replicas: [[3]] })
    cluster.untilProduced('t', 0)
    cluster.kill(3)
    cluster.until(() => cluster.running.get(2)!.image!.topicsByName.get('t')!.partitions[0]!.leader === -1, 'no leader')
    const [partition] = ask(cluster, ['t']).topics[0]!.partitions
    expect(partition).toMatchObject({ errorCode: 0, leaderId: -1, isrNodes: [], eligibleLeaderReplicas: [3], lastKnownElr: [], offlineReplicas: [3] })
  })

  it('goes through all topics in the order of their names, page by page, however small the pages are', () => {
    const cluster = newCluster()
    cluster.create('b', { partitions: 3 })
    cluster.create('a', { partitions: 2 })
    cluster.create('c', { partitions: 1 })
    const all = ['a-0', 'a-1', 'b-0', 'b-1', 'b-2', 'c-0']
    for (const limit of [-1, 0, 1, 2, 3, 4, 6, 7]) {
      const seen: string[] = []
      let cursor: DescribeTopicPartitionsResponse['nextCursor'] = null
      do {
        const page = ask(cluster, [], { responsePartitionLimit: limit, cursor })
        expect(listed(page).length).toBeLessThanOrEqual(Math.max(1, limit))
        expect(page.topics.every(({ partitions }) => partitions.length > 0)).toBe(true)
        seen.push(...listed(page))
        cursor = page.nextCursor
      } while (cursor !== null)
      expect(seen).toEqual(all)
    }
  })

  it('begins at the cursor, whose topic belongs to those that were asked for', () => {
    const cluster = newCluster()
    cluster.create('a', { partitions: 2 })
    cluster.create('b', { partitions: 2 })
    const at = (topicName: string, partitionIndex: number): Partial<DescribeTopicPartitionsRequestInput> => ({ cursor: { topicName, partitionIndex } })
    expect(listed(ask(cluster, ['b', 'a', 'a']))).toEqual(['a-0', 'a-1', 'b-0', 'b-1'])
    expect(listed(ask(cluster, ['a', 'b'], at('a', 1)))).toEqual(['a-1', 'b-0', 'b-1'])
    expect(listed(ask(cluster, ['a', 'b'], at('b', 1)))).toEqual(['b-1'])
    expect(listed(ask(cluster, ['a'], at('b', 1)))).toEqual(['a INVALID_REQUEST'])
    expect(listed(ask(cluster, ['a'], at('a', 9)))).toEqual([])
    expect(listed(ask(cluster, [], at('aa', 1)))).toEqual(['b-0', 'b-1'])
    expect(listed(ask(cluster, ['a'], at('a', -1)))).toEqual(['a INVALID_REQUEST'])
  })

  it('says of each name that is no topic why, unless nobody asked for it', () => {
    const cluster = newCluster()
    cluster.create('t', {})
    expect(listed(ask(cluster, ['t', 'u', 'a b']))).toEqual(['a b INVALID_TOPIC_EXCEPTION', 't-0', 'u UNKNOWN_TOPIC_OR_PARTITION'])
  })
})
