import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

const offsetsTopic = '__consumer_offsets'
const patienceMs = 30_000

/** Three brokers, one group of one member that commits all the time. */
class Committing {
  readonly cluster: RoleCluster
  acknowledged = -1
  memberId = ''
  generation = -1
  #next = 0

  constructor(seed: number) {
    this.cluster = new RoleCluster({
      seed,
      roles: ['both', 'both', 'both'],
      settings: { 'offsets.topic.num.partitions': '1', 'group.initial.rebalance.delay.ms': '0', 'min.insync.replicas': '2' },
    })
    this.cluster.untilUp()
    this.cluster.create('t', { replicas: [[1, 2, 3]] })
    this.cluster.ask(1, apis.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    this.cluster.until(() => this.cluster.replica(this.coordinator, offsetsTopic, 0)?.isLeading === true, 'a coordinator')
  }

  get coordinator(): number {
    return this.cluster.partitionImage(offsetsTopic, 0)?.leader ?? -1
  }

  joinBody(memberId: string): Parameters<RoleCluster['ask']>[2] {
    return {
      groupId: 'g', memberId, protocolType: 'consumer', sessionTimeoutMs: patienceMs, rebalanceTimeoutMs: patienceMs,
      protocols: [{ name: 'p', metadata: new Uint8Array(1) }],
    }
  }

  joinAndSync(): void {
    const joined = this.cluster.ask(this.coordinator, apis.JoinGroup, this.joinBody('') as never, { version: 3 })
    this.memberId = joined.memberId
    this.generation = joined.generationId
    const assignments = [{ memberId: joined.memberId, assignment: new Uint8Array(1) }]
    const protocol = { protocolType: 'consumer', protocolName: 'p' }
    const body = { groupId: 'g', memberId: joined.memberId, generationId: joined.generationId, ...protocol, assignments }
    expect(this.cluster.ask(this.coordinator, apis.SyncGroup, body).errorCode).toBe(errorCode.NONE)
  }

  /** Sends a commit and does not wait. */
  commit(): void {
    const { coordinator, cluster } = this
    const offset = this.#next++
    if (!cluster.running.has(coordinator)) return
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: BigInt(offset), committedMetadata: null }] }]
    const body = { groupId: 'g', memberId: this.memberId, generationIdOrMemberEpoch: this.generation, topics }
    cluster.send(coordinator, apis.OffsetCommit, body, {
      version: 9,
      port: 9092,
      done: (answer) => {
        const code = answer.ok ? answer.body.topics[0]!.partitions[0]!.errorCode : undefined
        if (code === errorCode.NONE) this.acknowledged = Math.max(this.acknowledged, offset)
      },
    })
  }

  fetched(): number | undefined {
    const groups = [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }]
    const answer = this.cluster.tryAsk(this.coordinator, apis.OffsetFetch, { groups }, { version: 9 })
    const group = answer?.groups[0]
    return group?.errorCode === errorCode.NONE ? Number(group.topics[0]!.partitions[0]!.committedOffset) : undefined
  }

  commitFor(ms: number): void {
    for (let left = ms; left > 0; left -= 5) {
      this.commit()
      this.cluster.pass(5)
    }
  }

  untilFetched(): number {
    for (let i = 0; i < 60; i++) {
      const offset = this.cluster.running.has(this.coordinator) ? this.fetched() : undefined
      if (offset !== undefined) return offset
      this.cluster.pass(500)
    }
    throw new Error('nobody tells the offset')
  }
}

describe('a coordinator that is killed', () => {
  it.each([1, 2, 3, 4])('amid commits loses none that was acknowledged, and the member goes on (seed %i)', (seed) => {
    const committing = new Committing(seed)
    committing.joinAndSync()
    for (const turn of [1, 2]) {
      committing.commitFor(100 + 7 * seed * turn)
      const { coordinator, acknowledged } = committing
      expect(acknowledged).toBeGreaterThan(0)
      committing.cluster.kill(coordinator)
      committing.cluster.until(() => committing.coordinator !== coordinator && committing.coordinator >= 0, 'another coordinator')
      expect(committing.untilFetched()).toBeGreaterThanOrEqual(acknowledged)
      const before = committing.acknowledged
      committing.commitFor(1000)
      expect(committing.acknowledged).toBeGreaterThan(before)
      committing.cluster.start(coordinator)
      committing.cluster.untilUp()
      committing.cluster.until(() => committing.cluster.partitionImage(offsetsTopic, 0)!.inSyncReplicas.length === 3, 'all in sync')
    }
  })

  it('amid a join keeps the generation that was', () => {
    const committing = new Committing(5)
    committing.joinAndSync()
    const { cluster, coordinator, memberId, generation } = committing
    let ended = false
    cluster.send(coordinator, apis.JoinGroup, committing.joinBody('') as never, { version: 3, port: 9092, done: (answer) => (ended = !answer.ok) })
    const group = (): string | undefined => cluster.running.get(coordinator)?.groups?.find('g').shard?.state.groups.get('g')?.state
    cluster.until(() => group() === 'PreparingRebalance', 'a rebalance')
    const heartbeat = (): number | undefined =>
      cluster.tryAsk(committing.coordinator, apis.Heartbeat, { groupId: 'g', memberId, generationId: generation })?.errorCode
    cluster.kill(coordinator)
    cluster.until(() => ended, 'the end of the join')
    cluster.until(() => committing.coordinator !== coordinator && committing.coordinator >= 0, 'another coordinator')
    cluster.pass(500)
    expect(heartbeat()).toBe(errorCode.NONE)
  })
})
