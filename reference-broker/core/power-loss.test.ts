import { describe, expect, it } from 'vitest'
import { nodeName, RoleCluster } from '../../simulator/role-cluster.testing.ts'
import { cleanShutdownFile } from './boot.ts'

const seeds = Array.from({ length: 12 }, (_, i) => i + 1)
const three = ['both', 'both', 'both'] as const

/** A follower that has written down how far the log was committed, as it comes back from its end. */
function followerReturns(powerLoss: boolean): number {
  const cluster = new RoleCluster({ roles: three })
  cluster.untilUp()
  cluster.create('t', { replicationFactor: 3, configs: { 'flush.messages': '1' } })
  cluster.untilProduced('t', 0)
  cluster.pass(11_000)
  const { leader } = cluster.partitionImage('t', 0)!
  const follower = cluster.brokerIds.find((id) => id !== leader)!
  cluster.kill(follower, { powerLoss })
  cluster.start(follower)
  cluster.until(() => cluster.replica(follower, 't', 0) !== undefined, 'log open')
  return cluster.replica(follower, 't', 0)!.highWatermark
}

describe('after a loss of power', () => {
  it('a replica does not believe what it wrote down of how far its log was committed: it may hold less, or something else', () => {
    expect(followerReturns(false)).toBeGreaterThan(0)
    expect(followerReturns(true)).toBe(0)
  })

  it('nor does it when its process crashes once more before it was back in sync', () => {
    const cluster = new RoleCluster({ roles: three })
    cluster.untilUp()
    cluster.create('t', { replicationFactor: 3, configs: { 'flush.messages': '1' } })
    cluster.untilProduced('t', 0)
    cluster.pass(11_000)
    const { leader } = cluster.partitionImage('t', 0)!
    const follower = cluster.brokerIds.find((id) => id !== leader)!
    for (const powerLoss of [true, false]) {
      cluster.kill(follower, { powerLoss })
      cluster.start(follower)
      cluster.until(() => cluster.replica(follower, 't', 0) !== undefined, 'log open')
    }
    expect(cluster.replica(follower, 't', 0)!.highWatermark).toBe(0)
  })

  it('the mark of an earlier clean stop does not come back', () => {
    for (const seed of seeds) {
      const cluster = new RoleCluster({ roles: ['both'], seed })
      cluster.untilUp()
      let stopped = false
      cluster.running.get(1)!.shutDown(() => { stopped = true })
      cluster.until(() => stopped, 'shut down')
      cluster.kill(1)
      expect(cluster.world.disk(nodeName(1)).contents(cleanShutdownFile)?.length).toBeGreaterThan(0)
      cluster.start(1)
      cluster.untilUp()
      cluster.kill(1, { powerLoss: true })
      expect(cluster.world.disk(nodeName(1)).contents(cleanShutdownFile)?.length ?? 0).toBe(0)
    }
  })
})
