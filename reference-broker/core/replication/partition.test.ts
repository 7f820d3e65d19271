import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorName } from '../../../protocol/errors.ts'
import { plainBatch } from '../log/log-model.testing.ts'
import { brokerEpoch, lagTimeMaxMs, LoneReplica } from '../testing/lone-replica.ts'

const me = 1
const otherLeads = { leader: 2 }

/** With the verbs of its leader, its followers and its controller. */
class Bench extends LoneReplica {
  get highWatermark(): number {
    return this.partition.highWatermark
  }

  append(records: number): void {
    const { log, partition } = this
    partition.appendAsLeader(plainBatch(log.logEndOffset, records, partition.image.leaderEpoch), () => undefined)
  }

  fetch(id: number, fetchOffset: number, epoch = brokerEpoch): ErrorName {
    return this.partition.followerFetched(id, { brokerEpoch: epoch, fetchOffset, logStartOffset: 0 })
  }

  /** The controller's next word on the same leader epoch. */
  inSync(...inSyncReplicas: number[]): void {
    const { image } = this.partition
    this.partition.update({ ...image, inSyncReplicas, partitionEpoch: image.partitionEpoch + 1 })
  }

  leaderChange(leader: number): void {
    const { image } = this.partition
    this.partition.update({ ...image, leader, leaderEpoch: image.leaderEpoch + 1, partitionEpoch: image.partitionEpoch + 1 })
  }

  wait(endOffset: number): ErrorName[] {
    const outcomes: ErrorName[] = []
    this.partition.waitForAcknowledge(endOffset, (error) => outcomes.push(error))
    return outcomes
  }
}

describe('the high watermark of a leader', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('append' as const), id: fc.constant(0), back: fc.nat(2) }),
    fc.record({ do: fc.constant('write' as const), id: fc.constant(0), back: fc.constant(0) }),
    fc.record({ do: fc.constant('fetch' as const), id: fc.constantFrom(2, 3), back: fc.nat(3) }),
    fc.record({ do: fc.constant('leave' as const), id: fc.constantFrom(2, 3), back: fc.constant(0) }),
    fc.record({ do: fc.constant('decide' as const), id: fc.constant(0), back: fc.constant(0) }),
  )
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

  function take(bench: Bench, each: Step, fetched: Map<number, number>): void {
    const { image, log } = { image: bench.partition.image, log: bench.log }
    if (each.do === 'append') bench.append(each.back + 1)
    if (each.do === 'write') bench.settle()
    if (each.do === 'fetch') {
      const offset = Math.max(fetched.get(each.id) ?? 0, log.logEndOffset - each.back)
      fetched.set(each.id, offset)
      bench.fetch(each.id, offset)
    }
    if (each.do === 'leave') bench.inSync(...image.inSyncReplicas.filter((id) => id !== each.id))
    const proposal = bench.proposals.pop()
    if (each.do === 'decide' && proposal !== undefined) bench.inSync(...proposal)
  }

  it('is safe on every member and never goes back; below the minimum it stands still', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 40 }), (min, steps) => {
        const bench = new Bench({ settings: { 'min.insync.replicas': String(min) } })
        const fetched = new Map<number, number>()
        for (const each of steps) {
          const before = bench.highWatermark
          const membersBefore = bench.partition.image.inSyncReplicas
          take(bench, each, fetched)
          const { highWatermark } = bench
          expect(highWatermark).toBeGreaterThanOrEqual(before)
          expect(highWatermark).toBeLessThanOrEqual(bench.log.writtenOffset)
          if (highWatermark === before) continue
          for (const id of bench.partition.image.inSyncReplicas) if (id !== me) expect(fetched.get(id) ?? 0).toBeGreaterThanOrEqual(highWatermark)
          expect(Math.max(membersBefore.length, bench.partition.image.inSyncReplicas.length)).toBeGreaterThanOrEqual(min)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is reached: when all members have fetched everything that is written, all of it is committed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const bench = new Bench()
        for (const each of steps) take(bench, each, new Map())
        bench.settle()
        for (const id of [2, 3]) bench.fetch(id, bench.log.logEndOffset)
        expect(bench.highWatermark).toBe(bench.log.logEndOffset)
      }),
      { numRuns: 200 },
    )
  })

  it('waits for the leader\'s own write', () => {
    const bench = new Bench({ image: { replicas: [1], inSyncReplicas: [1] } })
    bench.append(2)
    expect(bench.highWatermark).toBe(0)
    bench.settle()
    expect(bench.highWatermark).toBe(2)
  })

  it('waits for the sync where flush.messages=1 promises it', () => {
    const bench = new Bench({ image: { replicas: [1], inSyncReplicas: [1] }, settings: { 'flush.messages': '1' } })
    const written: string[] = []
    bench.partition.appendAsLeader(plainBatch(0, 1), () => written.push('safe'))
    while (bench.log.writtenOffset === 0) bench.disk.step(bench.loop)
    expect(bench.log.syncedOffset).toBe(0)
    expect({ highWatermark: bench.highWatermark, written }).toEqual({ highWatermark: 0, written: [] })
    bench.settle()
    expect({ highWatermark: bench.highWatermark, written }).toEqual({ highWatermark: 1, written: ['safe'] })
  })

  it('does not run away from a follower that is about to join', () => {
    const bench = new Bench({ image: { inSyncReplicas: [1, 2] } })
    bench.fetch(3, 0)
    expect(bench.proposals).toEqual([[1, 2, 3]])
    bench.append(1)
    bench.settle()
    bench.fetch(2, 1)
    expect(bench.highWatermark).toBe(0)
    bench.fetch(3, 1)
    expect(bench.highWatermark).toBe(1)
  })

  it('still counts a member that is about to leave', () => {
    const bench = new Bench()
    bench.append(1)
    bench.settle()
    bench.pass(lagTimeMaxMs + 1)
    bench.fetch(2, 1)
    bench.partition.maybeShrink()
    expect(bench.proposals).toEqual([[1, 2]])
    expect(bench.highWatermark).toBe(0)
    bench.inSync(1, 2)
    expect(bench.highWatermark).toBe(1)
  })

  it('begins where the checkpoint says, within the log', () => {
    expect(new Bench({ image: otherLeads, batches: [plainBatch(0, 5)], checkpoint: 3 }).highWatermark).toBe(3)
    expect(new Bench({ image: otherLeads, batches: [plainBatch(0, 5)], checkpoint: 9 }).highWatermark).toBe(5)
    expect(new Bench({ image: otherLeads, batches: [plainBatch(0, 5)] }).highWatermark).toBe(0)
  })
})

describe('a waiting producer', () => {
  it('is told when the high watermark covers its batch, and only then', () => {
    const bench = new Bench()
    bench.append(1)
    bench.append(1)
    const [first, second] = [bench.wait(1), bench.wait(2)]
    bench.settle()
    bench.fetch(2, 2)
    bench.fetch(3, 1)
    expect([first, second]).toEqual([['NONE'], []])
    bench.fetch(3, 2)
    expect([first, second]).toEqual([['NONE'], ['NONE']])
    expect(bench.wait(2)).toEqual(['NONE'])
  })

  it('is told when its batch is committed but too few have it by now', () => {
    const bench = new Bench({ settings: { 'min.insync.replicas': '2' } })
    bench.append(1)
    bench.settle()
    bench.fetch(2, 1)
    bench.fetch(3, 1)
    bench.inSync(1)
    expect(bench.wait(1)).toEqual(['NOT_ENOUGH_REPLICAS_AFTER_APPEND'])
  })

  it('is told to look elsewhere when there is a new leader epoch, even if this broker leads again', () => {
    for (const leader of [1, 2]) {
      const bench = new Bench()
      bench.append(1)
      const outcome = bench.wait(1)
      bench.leaderChange(leader)
      expect(outcome).toEqual(['NOT_LEADER_OR_FOLLOWER'])
    }
  })

  it('is told when the partition goes away', () => {
    const bench = new Bench()
    bench.append(1)
    const outcome = bench.wait(1)
    bench.partition.close()
    expect(outcome).toEqual(['NOT_LEADER_OR_FOLLOWER'])
  })

  it('that gave up is told nothing', () => {
    const bench = new Bench()
    bench.append(1)
    const outcomes: ErrorName[] = []
    const done = (error: ErrorName): void => void outcomes.push(error)
    bench.partition.waitForAcknowledge(1, done)
    bench.partition.stopWaiting(done)
    bench.partition.close()
    expect(outcomes).toEqual([])
  })
})

describe('the in-sync set', () => {
  it('is to grow by a follower that has all that is committed and all from before this epoch', () => {
    const bench = new Bench({ image: { inSyncReplicas: [1, 2], leaderEpoch: 1 }, batches: [plainBatch(0, 4)] })
    bench.fetch(3, 3)
    expect(bench.proposals).toEqual([])
    bench.fetch(3, 4)
    expect(bench.proposals).toEqual([[1, 2, 3]])
  })

  it('is not to grow by a fenced broker, or by an incarnation that is not the registered one', () => {
    const bench = new Bench({ image: { inSyncReplicas: [1, 2] } })
    bench.live.delete(3)
    bench.fetch(3, 0)
    bench.live.set(3, brokerEpoch + 1)
    bench.fetch(3, 0)
    bench.live.set(3, brokerEpoch - 1)
    bench.fetch(3, 0)
    expect(bench.proposals).toEqual([])
    bench.live.set(3, brokerEpoch)
    bench.fetch(3, 0)
    expect(bench.proposals).toEqual([[1, 2, 3]])
  })

  it('is asked for once at a time, and again when it was refused', () => {
    const bench = new Bench({ image: { inSyncReplicas: [1] } })
    bench.fetch(3, 0)
    bench.fetch(3, 0)
    bench.fetch(2, 0)
    expect(bench.proposals).toEqual([[1, 3]])
    bench.partition.proposalRefused()
    bench.fetch(2, 0)
    expect(bench.proposals).toEqual([[1, 3], [1, 2]])
    bench.inSync(1, 2)
    bench.fetch(3, 0)
    expect(bench.proposals).toEqual([[1, 3], [1, 2], [1, 2, 3]])
  })

  it('is to shrink by followers that lag too long, and not by the leader', () => {
    const bench = new Bench()
    bench.append(1)
    bench.pass(lagTimeMaxMs)
    bench.partition.maybeShrink()
    expect(bench.proposals).toEqual([])
    bench.pass(1)
    bench.partition.maybeShrink()
    bench.partition.maybeShrink()
    expect(bench.proposals).toEqual([[1]])
  })

  it('is nobody else\'s to change than the leader\'s', () => {
    const bench = new Bench({ image: otherLeads, batches: [plainBatch(0, 1)] })
    bench.pass(lagTimeMaxMs * 3)
    bench.partition.maybeShrink()
    expect(bench.proposals).toEqual([])
  })
})

describe('what an earlier incarnation of a follower sent', () => {
  it('counts no more once a newer one is registered', () => {
    const bench = new Bench()
    bench.append(2)
    bench.settle()
    bench.fetch(2, 2)
    bench.fetch(3, 1)
    expect(bench.fetch(3, 2, brokerEpoch - 1)).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(bench.highWatermark).toBe(1)
    expect(bench.fetch(3, 2)).toBe('NONE')
    expect(bench.highWatermark).toBe(2)
  })

  it('is no news of a broker that is no replica', () => {
    expect(new Bench().fetch(9, 0)).toBe('UNKNOWN_LEADER_EPOCH')
  })
})

describe('a change of role', () => {
  it('older than the last is not news', () => {
    const bench = new Bench({ image: { leaderEpoch: 5, partitionEpoch: 5 } })
    const { image } = bench.partition
    bench.partition.update({ ...image, leader: 2, leaderEpoch: 4, partitionEpoch: 4 })
    bench.partition.update({ ...image, leader: 2, inSyncReplicas: [2], partitionEpoch: 5 })
    expect(bench.partition.image).toBe(image)
    bench.partition.update({ ...image, leaderEpoch: 6, partitionEpoch: 6 })
    expect(bench.partition.image.leaderEpoch).toBe(6)
  })

  it('to leader begins a new epoch at the end of the log, and knows nothing of the followers', () => {
    const bench = new Bench({ image: otherLeads, batches: [plainBatch(0, 3)] })
    bench.leaderChange(me)
    expect(bench.partition.isLeading).toBe(true)
    expect(bench.partition.epochStartOffset).toBe(3)
    expect(bench.log.epochs.entries).toEqual([{ epoch: 0, startOffset: 0 }, { epoch: 1, startOffset: 3 }])
    expect(bench.highWatermark).toBe(0)
    bench.fetch(2, 3)
    bench.fetch(3, 3)
    expect(bench.highWatermark).toBe(3)
  })

  it('during a truncation waits for its end before it leads', () => {
    const bench = new Bench({ image: otherLeads, batches: [plainBatch(0, 3)] })
    bench.log.append(plainBatch(3, 2), () => undefined)
    bench.settle()
    bench.log.truncateTo(4, () => bench.partition.truncated())
    expect(bench.log.isTruncating).toBe(true)
    bench.leaderChange(me)
    expect(bench.partition.isLeader).toBe(true)
    expect(bench.partition.isLeading).toBe(false)
    bench.settle()
    expect(bench.partition.isLeading).toBe(true)
    expect(bench.partition.epochStartOffset).toBe(3)
    bench.append(1)
    expect(bench.log.logEndOffset).toBe(4)
  })

  it('and back during a truncation never leads in the epoch between', () => {
    const bench = new Bench({ image: otherLeads, batches: [plainBatch(0, 3)] })
    bench.log.append(plainBatch(3, 2), () => undefined)
    bench.settle()
    bench.log.truncateTo(4, () => undefined)
    bench.leaderChange(me)
    bench.leaderChange(3)
    bench.settle()
    expect(bench.partition.isLeading).toBe(false)
    expect(bench.log.epochs.entries).toEqual([{ epoch: 0, startOffset: 0 }])
  })

  it('to the same broker in a later epoch during a truncation leads in the later one only', () => {
    const bench = new Bench({ image: otherLeads, batches: [plainBatch(0, 3)] })
    bench.log.append(plainBatch(3, 2), () => undefined)
    bench.settle()
    bench.log.truncateTo(4, () => undefined)
    bench.leaderChange(me)
    bench.leaderChange(me)
    bench.settle()
    expect(bench.log.epochs.entries).toEqual([{ epoch: 0, startOffset: 0 }, { epoch: 2, startOffset: 3 }])
  })

  it('wakes whoever waits for data', () => {
    const bench = new Bench()
    const woken: string[] = []
    bench.partition.consumerWatchers.add(() => woken.push('consumer'))
    bench.partition.replicaWatchers.add(() => woken.push('replica'))
    bench.append(1)
    expect(woken).toEqual(['replica'])
    bench.settle()
    for (const id of [2, 3]) bench.fetch(id, 1)
    expect(woken).toEqual(['replica', 'consumer'])
    bench.leaderChange(2)
    expect(woken).toEqual(['replica', 'consumer', 'consumer', 'replica'])
  })
})

describe('a follower', () => {
  it('knows as committed what the leader says, as far as it has it, and never less than before', () => {
    fc.assert(fc.property(fc.array(fc.nat(9), { maxLength: 10 }), (told) => {
      const bench = new Bench({ image: otherLeads, batches: [plainBatch(0, 5)] })
      for (const each of told) bench.partition.followHighWatermark(each)
      expect(bench.highWatermark).toBe(Math.min(5, Math.max(0, ...told)))
    }))
  })

  it('does not count what it is still writing', () => {
    const bench = new Bench({ image: otherLeads })
    bench.log.append(plainBatch(0, 2), () => undefined)
    bench.partition.followHighWatermark(2)
    expect(bench.highWatermark).toBe(0)
    bench.settle()
    bench.partition.followHighWatermark(2)
    expect(bench.highWatermark).toBe(2)
  })

  it('that had to cut below what was committed goes back with its log', () => {
    const bench = new Bench({ image: otherLeads, batches: [plainBatch(0, 5)], checkpoint: 5 })
    bench.log.truncateFullyAndStartAt(0, () => bench.partition.truncated())
    bench.settle()
    expect(bench.highWatermark).toBe(0)
  })
})

describe('flushing', () => {
  it('comes after flush.messages records, or after flush.ms', () => {
    const bench = new Bench({ image: { replicas: [1], inSyncReplicas: [1] }, settings: { 'flush.messages': '3', 'flush.ms': '100' } })
    bench.append(1)
    bench.settle()
    expect(bench.log.syncedOffset).toBe(0)
    bench.append(2)
    bench.settle()
    expect(bench.log.syncedOffset).toBe(3)
    bench.append(1)
    bench.settle()
    expect(bench.log.syncedOffset).toBe(3)
    bench.pass(100)
    bench.settle()
    expect(bench.log.syncedOffset).toBe(4)
  })
})
