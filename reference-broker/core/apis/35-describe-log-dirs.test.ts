import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { DescribeLogDirsRequestInput } from '../../../protocol/apis/35-describe-log-dirs.ts'
import { toNumber } from '../../../protocol/int64.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

function newCluster(): RoleCluster {
  const cluster = new RoleCluster({ roles: ['both', 'broker'], settings: { 'log.dirs': '/data/kafka' } })
  cluster.untilUp()
  cluster.create('t', { replicas: [[1], [2], [1]] })
  cluster.create('u', { replicas: [[2]] })
  cluster.create('v', { replicas: [[1, 2]] })
  cluster.untilProduced('t', 2, 10)
  return cluster
}

function sizes(cluster: RoleCluster, at: number, topics: DescribeLogDirsRequestInput['topics'], version = 5): Record<string, number> {
  const answer = cluster.ask(at, apis.DescribeLogDirs, { topics }, { version })
  expect(answer.results.length).toBe(1)
  const [dir] = answer.results
  expect([dir!.errorCode, dir!.logDir, dir!.totalBytes, dir!.usableBytes, dir!.isCordoned]).toEqual([0, '/data/kafka', -1n, -1n, false])
  return Object.fromEntries(
    dir!.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => {
        expect([offsetLag, isFutureKey]).toEqual([0n, false])
        return [`${name}-${partitionIndex}`, toNumber(partitionSize)]
      }),
    ),
  )
}

describe('DescribeLogDirs', () => {
  it('tells the size of everything this broker hosts, at any version', () => {
    const cluster = newCluster()
    const bytes = cluster.replica(1, 't', 2)!.log.sizeBytes()
    expect(bytes).toBeGreaterThan(60)
    for (const version of [1, 2, 3, 4, 5]) {
      expect(sizes(cluster, 1, null, version)).toEqual({ 't-0': 0, 't-2': bytes, 'v-0': 0 })
      expect(sizes(cluster, 2, null, version)).toEqual({ 't-1': 0, 'u-0': 0, 'v-0': 0 })
    }
  })

  it('leaves out what was not asked for, and what is elsewhere', () => {
    const cluster = newCluster()
    expect(sizes(cluster, 1, [{ topic: 't', partitions: [0, 1, 7] }, { topic: 'none', partitions: [0] }])).toEqual({ 't-0': 0 })
    expect(sizes(cluster, 1, [])).toEqual({})
  })
})
