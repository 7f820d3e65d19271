import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { ElectLeadersRequestInput } from '../../../protocol/apis/43-elect-leaders.ts'
import { errorCode, errorName } from '../../../protocol/errors.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

const preferred = 0
const unclean = 1

function newCluster(settings: Readonly<Record<string, string>> = {}, invariants = true): RoleCluster {
  const cluster = new RoleCluster({
    roles: ['controller', 'broker', 'broker', 'broker'],
    settings: { 'auto.leader.rebalance.enable': 'false', ...settings },
    invariants,
  })
  cluster.untilUp()
  return cluster
}

function elect(
  cluster: RoleCluster,
  electionType: number,
  topicPartitions: ElectLeadersRequestInput['topicPartitions'],
  version = 2,
): Record<string, string> {
  const at = cluster.brokerIds.find((id) => cluster.running.has(id))!
  const body = { ...(version === 0 ? {} : { electionType }), topicPartitions, timeoutMs: 5000 }
  const answer = cluster.ask(at, apis.ElectLeaders, body, { version })
  const results = answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map((each) => [`${topic}-${each.partitionId}`, errorName(each.errorCode)]),
  )
  return { ...(answer.errorCode === 0 ? {} : { top: errorName(answer.errorCode) }), ...Object.fromEntries(results) }
}

/** Broker 2 leads t-0 by preference; it has been away, is back and in sync again, and does not lead. */
function withDeposedLeader(settings?: Readonly<Record<string, string>>): RoleCluster {
  const cluster = newCluster(settings)
  cluster.create('t', { replicas: [[2, 3, 4], [3, 4, 2]] })
  cluster.kill(2)
  cluster.until(() => cluster.partitionImage('t', 0)!.leader === 3, 'another leader')
  cluster.start(2)
  cluster.until(() => cluster.partitionImage('t', 0)!.inSyncReplicas.includes(2), 'back in sync')
  return cluster
}

describe('a preferred election', () => {
  it('gives leadership back, and says where none was needed', () => {
    for (const version of [0, 1, 2]) {
      const cluster = withDeposedLeader()
      const before = cluster.partitionImage('t', 0)!
      const result = elect(cluster, preferred, [{ topic: 't', partitions: [0, 1] }], version)
      expect(result).toEqual({ 't-0': 'NONE', 't-1': 'ELECTION_NOT_NEEDED' })
      expect(cluster.partitionImage('t', 0)).toMatchObject({ leader: 2, leaderEpoch: before.leaderEpoch + 1, inSyncReplicas: before.inSyncReplicas })
      cluster.untilProduced('t', 0)
    }
  })

  it('of every partition answers only for those that needed one', () => {
    const cluster = withDeposedLeader()
    expect(elect(cluster, preferred, null)).toEqual({ 't-0': 'NONE' })
    expect(elect(cluster, preferred, null)).toEqual({})
  })

  it('is refused while the preferred replica is away or out of sync', () => {
    const cluster = newCluster()
    cluster.create('t', { replicas: [[2, 3]] })
    cluster.kill(2)
    cluster.until(() => cluster.partitionImage('t', 0)!.leader === 3, 'another leader')
    expect(elect(cluster, preferred, [{ topic: 't', partitions: [0] }])).toEqual({ 't-0': 'PREFERRED_LEADER_NOT_AVAILABLE' })
    expect(cluster.partitionImage('t', 0)!.leader).toBe(3)
  })

  it('knows no partitions that are not there, and no other kinds of election', () => {
    const cluster = newCluster()
    cluster.create('t', {})
    const asked = [{ topic: 't', partitions: [0, 7, -1] }, { topic: 'u', partitions: [0] }]
    const unknown = 'UNKNOWN_TOPIC_OR_PARTITION'
    expect(elect(cluster, preferred, asked)).toEqual({ 't-0': 'ELECTION_NOT_NEEDED', 't-7': unknown, 't--1': unknown, 'u-0': unknown })
    expect(elect(cluster, 2, [{ topic: 't', partitions: [0] }])).toEqual({ top: 'INVALID_REQUEST', 't-0': 'INVALID_REQUEST' })
  })
})

describe('an unclean election', () => {
  /** Broker 3 is behind what broker 2 acknowledged, and broker 2 is gone. */
  function withoutLeader(settings?: Readonly<Record<string, string>>): RoleCluster {
    const cluster = newCluster(settings, false)
    cluster.create('t', { replicas: [[2, 3]] })
    cluster.kill(3)
    cluster.until(() => cluster.partitionImage('t', 0)!.inSyncReplicas.length === 1, 'alone in sync')
    cluster.untilProduced('t', 0, 5)
    cluster.kill(2)
    cluster.until(() => cluster.partitionImage('t', 0)!.leader === -1, 'no leader')
    return cluster
  }

  it('lets a live replica lead, alone in the in-sync set, at the price of what it has not', () => {
    const cluster = withoutLeader()
    cluster.start(3)
    cluster.until(() => cluster.running.get(4)!.image!.isLive(3), 'broker 3 in service')
    expect(cluster.partitionImage('t', 0)!.leader).toBe(-1)
    expect(elect(cluster, preferred, [{ topic: 't', partitions: [0] }])).toEqual({ 't-0': 'PREFERRED_LEADER_NOT_AVAILABLE' })
    expect(elect(cluster, unclean, [{ topic: 't', partitions: [0] }])).toEqual({ 't-0': 'NONE' })
    expect(cluster.partitionImage('t', 0)).toMatchObject({ leader: 3, inSyncReplicas: [3], eligibleLeaderReplicas: [] })
    cluster.untilProduced('t', 0)
    expect(elect(cluster, unclean, [{ topic: 't', partitions: [0] }])).toEqual({ 't-0': 'ELECTION_NOT_NEEDED' })
    cluster.start(2)
    cluster.until(() => cluster.partitionImage('t', 0)!.inSyncReplicas.length === 2, 'both in sync')
    expect(cluster.replica(2, 't', 0)!.log.logEndOffset).toBe(1)
  })

  it('comes by itself within unclean.leader.election.interval.ms once the topic permits it', () => {
    const cluster = withoutLeader({ 'unclean.leader.election.interval.ms': '20000' })
    cluster.start(3)
    cluster.until(() => cluster.running.get(4)!.image!.isLive(3), 'broker 3 in service')
    cluster.pass(45_000)
    expect(cluster.partitionImage('t', 0)!.leader).toBe(-1)
    const configs = [{ name: 'unclean.leader.election.enable', configOperation: 0, value: 'true' }]
    cluster.ask(4, apis.IncrementalAlterConfigs, {
      resources: [{ resourceType: 2, resourceName: 't', configs }],
      validateOnly: false,
    })
    cluster.until(() => cluster.partitionImage('t', 0)!.leader === 3, 'an unclean leader')
    expect(cluster.partitionImage('t', 0)).toMatchObject({ inSyncReplicas: [3], eligibleLeaderReplicas: [] })
  })

  it('finds nobody where nobody is alive', () => {
    const cluster = withoutLeader()
    expect(elect(cluster, unclean, [{ topic: 't', partitions: [0] }])).toEqual({ 't-0': 'ELIGIBLE_LEADERS_NOT_AVAILABLE' })
  })
})

describe('without a controller', () => {
  it('every version says in its own way that nobody answered in time', () => {
    const cluster = newCluster()
    cluster.create('t', { partitions: 2 })
    cluster.kill(1)
    const asked = [{ topic: 't', partitions: [1] }]
    const timedOut = 'REQUEST_TIMED_OUT'
    expect(elect(cluster, preferred, asked)).toEqual({ top: timedOut, 't-1': timedOut })
    expect(elect(cluster, preferred, null, 1)).toEqual({ top: timedOut })
    expect(elect(cluster, preferred, null, 0)).toEqual({ 't-0': timedOut, 't-1': timedOut })
  })

  it('a controller that is not the active one refers to another', () => {
    const cluster = new RoleCluster({ roles: ['both', 'both', 'both'] })
    cluster.untilUp()
    cluster.create('t', {})
    const passive = cluster.controllerIds.find((id) => id !== cluster.controllerId)!
    const answer = cluster.askController(passive, apis.ElectLeaders, { topicPartitions: null, timeoutMs: 1000 })
    expect(answer.errorCode).toBe(errorCode.NOT_CONTROLLER)
  })
})

describe('auto.leader.rebalance.enable', () => {
  it('gives leadership back every leader.imbalance.check.interval.seconds, to those that are in sync', () => {
    const cluster = withDeposedLeader({ 'auto.leader.rebalance.enable': 'true', 'leader.imbalance.check.interval.seconds': '20' })
    expect(cluster.partitionImage('t', 0)!.leader).toBe(3)
    cluster.until(() => cluster.partitionImage('t', 0)!.leader === 2, 'the preferred leader')
    cluster.kill(2)
    cluster.until(() => cluster.partitionImage('t', 0)!.leader === 3, 'another leader')
    cluster.pass(45_000)
    expect(cluster.partitionImage('t', 0)!.leader).toBe(3)
  })

  it('when off, leaves leadership where it is', () => {
    const cluster = withDeposedLeader({ 'leader.imbalance.check.interval.seconds': '20' })
    cluster.pass(45_000)
    expect(cluster.partitionImage('t', 0)!.leader).toBe(3)
  })
})
