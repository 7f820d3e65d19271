import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { soundDecisions } from '../decisions.ts'
import { ClusterImage, type PartitionImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { partitionRecord, withBroker, withoutBroker, type ElectionContext } from './elections.ts'

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const replicas = [0, 1, 2]

/** A partition on three brokers, and what each of them really has: a model of what the records are to keep safe. */
class Cluster {
  readonly image = new ClusterImage()
  readonly minInSyncReplicas: number
  /** Acknowledged writes, and how many of them each replica has. */
  committed = 0
  readonly has = new Map(replicas.map((id) => [id, 0]))
  /** Lost their power, and have not caught up since. */
  readonly damaged = new Set<number>()
  #offset = 0

  constructor(minInSyncReplicas: number) {
    this.minInSyncReplicas = minInSyncReplicas
    for (const brokerId of replicas) {
      this.#apply({ kind: 'broker-registered', brokerId, incarnationId: topicId, previousBrokerEpoch: -1n, rack: null, listeners: [] })
      this.#apply({ kind: 'broker-state', brokerId, fenced: false, inControlledShutdown: false })
    }
    this.#apply({ kind: 'topic-created', name: 't', topicId, configs: [] })
    const epochs = { leaderEpoch: 0, partitionEpoch: 0 }
    const lists = { replicas, inSyncReplicas: replicas, eligibleLeaderReplicas: [] }
    this.#apply({ kind: 'partition', topicId, partitionIndex: 0, ...lists, leader: 0, ...epochs, lastKnownLeader: 0 })
  }

  get context(): ElectionContext {
    const { image, minInSyncReplicas } = this
    return { image, decisions: soundDecisions, uncleanAllowed: () => false, minInSyncReplicas: () => minInSyncReplicas }
  }

  get partition(): PartitionImage {
    return this.image.partition(topicId, 0)!
  }

  #apply(...records: readonly MetadataRecord[]): void {
    for (const record of records) this.image.apply(record, this.#offset++)
  }

  lose(brokerId: number, how: 'process' | 'power' | 'shutdown'): void {
    const mayLosePower = this.damaged.has(brokerId) || this.damaged.size + 1 < this.minInSyncReplicas
    const unclean = how === 'power' && mayLosePower
    if (unclean) this.damaged.add(brokerId)
    if (unclean) this.has.set(brokerId, 0)
    const stopping = how === 'shutdown'
    this.#apply(
      { kind: 'broker-state', brokerId, fenced: !stopping, inControlledShutdown: stopping },
      ...withoutBroker(this.context, brokerId, unclean),
    )
  }

  bringBack(brokerId: number): void {
    this.#apply({ kind: 'broker-state', brokerId, fenced: false, inControlledShutdown: false }, ...withBroker(this.context, brokerId))
  }

  /** An acks=all write: acknowledged only where enough are in sync, and then all of those have it. */
  write(): void {
    const { leader, inSyncReplicas } = this.partition
    if (leader < 0 || inSyncReplicas.length < this.minInSyncReplicas) return
    this.committed++
    for (const id of inSyncReplicas) this.has.set(id, this.committed)
  }

  /** A live follower catches up with the leader and joins. */
  join(brokerId: number): void {
    const { leader, inSyncReplicas } = this.partition
    if (leader < 0 || inSyncReplicas.includes(brokerId) || !this.image.isLive(brokerId)) return
    this.has.set(brokerId, this.has.get(leader)!)
    this.damaged.delete(brokerId)
    const change = { leader, inSyncReplicas: [...inSyncReplicas, brokerId] }
    this.#apply(partitionRecord(this.context, this.image.topicsById.get(topicId)!, 0, change))
  }

  /** The leader drops a follower that lags. */
  leave(brokerId: number): void {
    const { leader, inSyncReplicas } = this.partition
    if (leader < 0 || leader === brokerId) return
    const change = { leader, inSyncReplicas: inSyncReplicas.filter((id) => id !== brokerId) }
    this.#apply(partitionRecord(this.context, this.image.topicsById.get(topicId)!, 0, change))
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('lose' as const), id: fc.constantFrom(...replicas), how: fc.constantFrom('process' as const, 'power' as const, 'shutdown' as const) }),
  fc.record({ do: fc.constant('back' as const), id: fc.constantFrom(...replicas) }),
  fc.record({ do: fc.constant('join' as const), id: fc.constantFrom(...replicas) }),
  fc.record({ do: fc.constant('leave' as const), id: fc.constantFrom(...replicas) }),
  fc.record({ do: fc.constant('write' as const), id: fc.constant(0) }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

function take(cluster: Cluster, each: Step): void {
  if (each.do === 'lose') cluster.lose(each.id, each.how)
  else if (each.do === 'back') cluster.bringBack(each.id)
  else if (each.do === 'join') cluster.join(each.id)
  else if (each.do === 'leave') cluster.leave(each.id)
  else cluster.write()
}

/** Runs any steps, and calls `check` after each with the partition as it was before. */
function afterEachStep(check: (cluster: Cluster, before: PartitionImage) => void): void {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 30 }), (min, steps) => {
      const cluster = new Cluster(min)
      for (const each of steps) {
        const before = cluster.partition
        take(cluster, each)
        check(cluster, before)
      }
    }),
    { numRuns: 700 },
  )
}

describe('elections', () => {
  it('lose nothing that was acknowledged while fewer than the minimum have lost their power', () => {
    afterEachStep((cluster) => {
      const { leader, inSyncReplicas, eligibleLeaderReplicas } = cluster.partition
      for (const id of [leader, ...inSyncReplicas, ...eligibleLeaderReplicas]) {
        if (id >= 0) expect(cluster.has.get(id)).toBe(cluster.committed)
      }
    })
  })

  it('give leadership to a live member of the in-sync set, and to nobody else', () => {
    afterEachStep((cluster) => {
      const { leader, inSyncReplicas } = cluster.partition
      if (leader < 0) return
      expect(cluster.image.isLive(leader)).toBe(true)
      expect(inSyncReplicas).toContain(leader)
    })
  })

  it('keep everybody out of the in-sync set who is not live', () => {
    afterEachStep((cluster) => {
      for (const id of cluster.partition.inSyncReplicas) expect(cluster.image.isLive(id)).toBe(true)
    })
  })

  it('change the leader epoch with the leader, the partition epoch with anything, and neither without', () => {
    afterEachStep((cluster, before) => {
      const after = cluster.partition
      if (after === before) return
      expect(after.partitionEpoch).toBeGreaterThan(before.partitionEpoch)
      expect(after.leaderEpoch > before.leaderEpoch).toBe(after.leader !== before.leader)
    })
  })

  it('know eligible replicas only below the minimum, and none that is in sync', () => {
    afterEachStep((cluster) => {
      const { inSyncReplicas, eligibleLeaderReplicas } = cluster.partition
      if (inSyncReplicas.length >= cluster.minInSyncReplicas) expect(eligibleLeaderReplicas).toEqual([])
      for (const id of eligibleLeaderReplicas) expect(inSyncReplicas).not.toContain(id)
    })
  })

  it('leave a leader where it is while it lives', () => {
    afterEachStep((cluster, before) => {
      if (before.leader >= 0 && cluster.image.isLive(before.leader)) expect(cluster.partition.leader).toBe(before.leader)
    })
  })
})

it('after an unclean election by the controller itself nobody is eligible: the others may have what the leader has not', () => {
  const cluster = new Cluster(2)
  for (const id of [0, 1, 2]) cluster.lose(id, 'process')
  expect(cluster.partition).toMatchObject({ leader: -1, inSyncReplicas: [], eligibleLeaderReplicas: [1, 2] })
  const [record] = withBroker({ ...cluster.context, uncleanAllowed: () => true }, 0)
  expect(record).toMatchObject({ leader: 0, inSyncReplicas: [0], eligibleLeaderReplicas: [] })
})
