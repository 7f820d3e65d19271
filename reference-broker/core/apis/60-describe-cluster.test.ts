import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { DescribeClusterResponse } from '../../../protocol/apis/60-describe-cluster.ts'
import { errorName } from '../../../protocol/errors.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

const roles = ['controller', 'controller', 'controller', 'broker', 'broker'] as const

function newCluster(): RoleCluster {
  const cluster = new RoleCluster({ roles, settingsOf: (id): Record<string, string> => (id === 5 ? { 'broker.rack': 'r1' } : {}) })
  cluster.untilUp()
  return cluster
}

function addresses({ brokers }: DescribeClusterResponse): string[] {
  return brokers.map(({ brokerId, host, port }) => `${brokerId} ${host}:${port}`).sort()
}

describe('DescribeCluster', () => {
  it('lists the live brokers by the listener that was asked, and one of them to send admin requests to', () => {
    const cluster = newCluster()
    for (const version of [0, 1, 2]) {
      const answer = cluster.ask(4, apis.DescribeCluster, { includeClusterAuthorizedOperations: false }, { version })
      expect(addresses(answer)).toEqual(['4 node-4:9092', '5 node-5:9092'])
      expect(answer.controllerId).toBe(4)
      expect(answer.clusterId).toBe(cluster.running.get(1)!.raft!.options.clusterId)
      expect(answer.brokers.find(({ brokerId }) => brokerId === 5)!.rack).toBe('r1')
      expect(answer.clusterAuthorizedOperations).toBe(-2147483648)
    }
  })

  it('lists fenced brokers too, when asked for them', () => {
    const cluster = newCluster()
    cluster.kill(5)
    cluster.until(() => !cluster.running.get(4)!.image!.isLive(5), 'broker 5 fenced')
    const ask = (includeFencedBrokers: boolean): [number, boolean][] =>
      cluster.ask(4, apis.DescribeCluster, { includeClusterAuthorizedOperations: false, includeFencedBrokers }).brokers
        .map(({ brokerId, isFenced }) => [brokerId, isFenced])
    expect(ask(false)).toEqual([[4, false]])
    expect(ask(true)).toEqual([[4, false], [5, true]])
  })

  it('on a controller lists the controllers, and which of them is active', () => {
    const cluster = newCluster()
    const answer = cluster.askController(2, apis.DescribeCluster, { includeClusterAuthorizedOperations: true, endpointType: 2 })
    expect(addresses(answer)).toEqual(['1 node-1:9093', '2 node-2:9093', '3 node-3:9093'])
    expect([answer.endpointType, answer.controllerId]).toEqual([2, cluster.controllerId])
    expect(answer.clusterAuthorizedOperations).toBe(8096)
  })

  it('says so when the listener is of the other kind, or of none', () => {
    const cluster = newCluster()
    const body = (endpointType: number): { includeClusterAuthorizedOperations: boolean; endpointType: number } => ({
      includeClusterAuthorizedOperations: false, endpointType,
    })
    expect(errorName(cluster.ask(4, apis.DescribeCluster, body(2)).errorCode)).toBe('MISMATCHED_ENDPOINT_TYPE')
    expect(errorName(cluster.askController(1, apis.DescribeCluster, body(1)).errorCode)).toBe('MISMATCHED_ENDPOINT_TYPE')
    expect(errorName(cluster.ask(4, apis.DescribeCluster, body(3)).errorCode)).toBe('UNSUPPORTED_ENDPOINT_TYPE')
    expect(errorName(cluster.askController(1, apis.DescribeCluster, body(0)).errorCode)).toBe('UNSUPPORTED_ENDPOINT_TYPE')
  })
})
