import { describe, expect, it } from 'vitest'
import type { ErrorName } from '../../../protocol/errors.ts'
import { effectiveTopicConfig } from '../config/effective-config.ts'
import { plainBatch } from '../log/log-model.testing.ts'
import { brokerEpoch, LoneReplica } from '../testing/lone-replica.ts'

/** Replica 1 leads ten committed records; 2 and 3 have told that they have them all, from the start on. */
class Bench extends LoneReplica {
  constructor() {
    super({ batches: [plainBatch(0, 10)] })
    for (const id of [2, 3]) this.fetch(id, 10, 0)
  }

  fetch(id: number, fetchOffset: number, logStartOffset: number): ErrorName {
    return this.partition.followerFetched(id, { brokerEpoch, fetchOffset, logStartOffset })
  }

  deleteBefore(offset: number): ErrorName[] {
    const outcomes: ErrorName[] = []
    this.partition.deleteRecords(offset, (error) => outcomes.push(error))
    return outcomes
  }
}

describe('a deletion', () => {
  it('is done when it is durable here and every live follower has told that it followed', () => {
    const bench = new Bench()
    const outcomes = bench.deleteBefore(4)
    expect(bench.log.logStartOffset).toBe(4)
    bench.fetch(2, 10, 4)
    bench.fetch(3, 10, 4)
    expect(outcomes).toEqual([])
    bench.settle()
    expect(outcomes).toEqual(['NONE'])
    const next = bench.deleteBefore(6)
    bench.settle()
    bench.fetch(2, 10, 6)
    expect([next, bench.partition.lowWatermark]).toEqual([[], 4])
    bench.fetch(3, 10, 7)
    expect([next, bench.partition.lowWatermark]).toEqual([['NONE'], 6])
  })

  it('waits no longer for a broker that is taken out of service', () => {
    const bench = new Bench()
    const outcomes = bench.deleteBefore(4)
    bench.settle()
    bench.fetch(2, 10, 4)
    bench.live.delete(3)
    expect(outcomes).toEqual([])
    bench.partition.maybeShrink()
    expect(outcomes).toEqual(['NONE'])
  })

  it('ends with the leadership, also while it is on its way to the disk', () => {
    const bench = new Bench()
    const { image } = bench.partition
    const waiting = bench.deleteBefore(4)
    bench.settle()
    const writing = bench.deleteBefore(5)
    bench.partition.update({ ...image, leader: 2, leaderEpoch: 1, partitionEpoch: 1 })
    expect([waiting, writing]).toEqual([['NOT_LEADER_OR_FOLLOWER'], []])
    bench.settle()
    expect(writing).toEqual(['NOT_LEADER_OR_FOLLOWER'])
  })

  it('is forgotten when its client gives up', () => {
    const bench = new Bench()
    const outcomes: ErrorName[] = []
    const done = (error: ErrorName): void => void outcomes.push(error)
    bench.partition.deleteRecords(4, done)
    bench.settle()
    bench.partition.stopDeleting(done)
    for (const id of [2, 3]) bench.fetch(id, 10, 4)
    expect(outcomes).toEqual([])
  })

  it('of a new leader waits until all have told where they start', () => {
    const bench = new Bench()
    bench.partition.update({ ...bench.partition.image, leaderEpoch: 1, partitionEpoch: 1 })
    expect(bench.partition.lowWatermark).toBe(-1)
    const outcomes = bench.deleteBefore(0)
    bench.fetch(2, 10, 0)
    expect(outcomes).toEqual([])
    bench.fetch(3, 10, 0)
    expect(outcomes).toEqual(['NONE'])
  })
})

describe('a replica that does not know what was deleted', () => {
  it('does not come into the in-sync set', () => {
    const bench = new Bench()
    bench.partition.update({ ...bench.partition.image, inSyncReplicas: [1, 2], partitionEpoch: 1 })
    bench.deleteBefore(4)
    bench.settle()
    bench.fetch(3, 10, 3)
    expect(bench.proposals).toEqual([])
    bench.fetch(3, 10, 4)
    expect(bench.proposals).toEqual([[1, 2, 3]])
  })
})

describe('a follower', () => {
  it('follows the start of its leader, but not beyond what it knows is committed', () => {
    const bench = new LoneReplica({ image: { leader: 2 }, batches: [plainBatch(0, 10)] })
    const follow = (start: number): number => {
      bench.partition.followLogStart(start, () => undefined)
      bench.settle()
      return bench.log.logStartOffset
    }
    expect(follow(4)).toBe(0)
    bench.partition.followHighWatermark(6)
    expect(follow(4)).toBe(4)
    expect(follow(8)).toBe(6)
    expect(follow(-1)).toBe(6)
  })

  it('that begins anew where its leader starts knows that all before it is committed', () => {
    const bench = new LoneReplica({ image: { leader: 2 }, batches: [plainBatch(0, 10)] })
    bench.log.truncateFullyAndStartAt(30, () => bench.partition.truncated())
    bench.settle()
    expect(bench.partition.highWatermark).toBe(30)
  })
})

describe('changed settings', () => {
  const changed = (bench: LoneReplica, settings: Readonly<Record<string, string>>): void => {
    const config = effectiveTopicConfig(bench.config.topicDefaults, new Map(), new Map(Object.entries(settings)))
    bench.partition.reconfigure(config, { ...bench.partition.options.logConfig, segmentBytes: config.segmentBytes })
  }

  it('a lower minimum commits what was only waiting for it', () => {
    const bench = new LoneReplica({ settings: { 'min.insync.replicas': '3' }, batches: [plainBatch(0, 10)] })
    bench.partition.update({ ...bench.partition.image, inSyncReplicas: [1, 2], partitionEpoch: 1 })
    bench.partition.followerFetched(2, { brokerEpoch, fetchOffset: 10, logStartOffset: 0 })
    bench.live.delete(3)
    expect(bench.partition.highWatermark).toBe(0)
    changed(bench, { 'min.insync.replicas': '2' })
    expect(bench.partition.highWatermark).toBe(10)
  })

  it('flush.messages=1 from now on: what was written before is synced, and counts only then', () => {
    const bench = new LoneReplica({ image: { replicas: [1], inSyncReplicas: [1] } })
    bench.log.append(plainBatch(0, 1), () => undefined)
    bench.settle()
    expect(bench.log.syncedOffset).toBe(0)
    changed(bench, { 'flush.messages': '1' })
    expect(bench.partition.highWatermark).toBe(0)
    bench.settle()
    expect([bench.log.syncedOffset, bench.partition.highWatermark]).toEqual([1, 1])
  })

  it('the log rolls by them from the next append on', () => {
    const bench = new LoneReplica({ batches: [plainBatch(0, 10)] })
    changed(bench, { 'internal.segment.bytes': '100' })
    bench.partition.appendAsLeader(plainBatch(10, 1), () => undefined)
    bench.settle()
    expect(bench.disk.files.filter((file) => file.endsWith('.log')).length).toBe(2)
  })
})
