import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { soundDecisions, type Elected, type ElectionView, type HighWatermarkView, type VoteView } from './decisions.ts'
import { EpochCache } from './log/epoch-cache.ts'

const offset = fc.nat(12)
const brokerIds = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 5 })

describe('leaderHighWatermark', () => {
  const view: fc.Arbitrary<HighWatermarkView> = fc.record({
    current: offset,
    leaderWritten: offset,
    followerEnds: fc.array(fc.integer({ min: -1, max: 12 }), { maxLength: 4 }),
    inSyncCount: fc.integer({ min: 0, max: 4 }),
    minInSyncReplicas: fc.integer({ min: 1, max: 4 }),
  })

  /** Goes up one by one while everybody has the next record. */
  function naive({ current, leaderWritten, followerEnds, inSyncCount, minInSyncReplicas }: HighWatermarkView): number {
    let offset = current
    const mayMove = inSyncCount >= minInSyncReplicas
    const everybodyHas = (end: number): boolean => mayMove && [leaderWritten, ...followerEnds].every((each) => each >= end)
    while (everybodyHas(offset + 1)) offset++
    return offset
  }

  it('is what everybody who counts has, never back, and stands still below the minimum', () => {
    fc.assert(fc.property(view, (each) => {
      expect(soundDecisions.leaderHighWatermark(each)).toBe(naive(each))
    }))
  })
})

describe('quorumCommittedOffset', () => {
  /** The highest end that more than half have reached. */
  function naive(ends: readonly number[]): number {
    const reached = (end: number): number => ends.filter((each) => each >= end).length
    return Math.max(...ends.filter((end) => reached(end) > ends.length / 2))
  }

  it('is what a majority has, however the ends are ordered', () => {
    fc.assert(fc.property(fc.array(offset, { minLength: 1, maxLength: 7 }), (ends) => {
      expect(soundDecisions.quorumCommittedOffset(ends)).toBe(naive(ends))
    }))
  })

  it('leaves the ends as they are', () => {
    const ends = [1, 3, 2]
    soundDecisions.quorumCommittedOffset(ends)
    expect(ends).toEqual([1, 3, 2])
  })
})

describe('electLeader', () => {
  const view = fc
    .record({
      replicas: brokerIds,
      inSync: brokerIds,
      eligible: brokerIds,
      lastKnownLeader: fc.integer({ min: -1, max: 5 }),
      live: brokerIds,
      uncleanAllowed: fc.boolean(),
    })
    .map(({ replicas, inSync, eligible, live, ...rest }): ElectionView => {
      const inSyncReplicas = inSync.filter((id) => replicas.includes(id))
      const eligibleLeaderReplicas = eligible.filter((id) => replicas.includes(id) && !inSyncReplicas.includes(id))
      return { replicas, inSyncReplicas, eligibleLeaderReplicas, isLive: (id) => live.includes(id), ...rest }
    })

  /** The first live broker of the first list that has one, each list only when those before it are empty for good. */
  function naive(view: ElectionView): Elected {
    const { replicas, inSyncReplicas, eligibleLeaderReplicas, lastKnownLeader, isLive } = view
    const nobodyInSync = inSyncReplicas.length === 0
    const nobodyComplete = nobodyInSync && eligibleLeaderReplicas.length === 0
    const firstOf = (ids: readonly number[]): number => [...replicas.filter((id) => ids.includes(id)), -1].find((id) => id < 0 || isLive(id))!
    const member = firstOf(inSyncReplicas)
    const eligible = nobodyInSync ? firstOf(eligibleLeaderReplicas) : -1
    const last = nobodyComplete && isLive(lastKnownLeader) ? lastKnownLeader : -1
    const unclean = last >= 0 ? last : view.uncleanAllowed ? firstOf(replicas) : -1
    if (member >= 0) return { leader: member, inSyncReplicas, unclean: false }
    if (eligible >= 0) return { leader: eligible, inSyncReplicas: [eligible], unclean: false }
    return { leader: unclean, inSyncReplicas: unclean < 0 ? inSyncReplicas : [unclean], unclean: unclean >= 0 }
  }

  it('takes who is in sync, then who is eligible, then who led last, then, where allowed, anybody', () => {
    fc.assert(fc.property(view, (each) => {
      expect(soundDecisions.electLeader(each)).toEqual(naive(each))
    }), { numRuns: 1000 })
  })

  it('never gives a clean leader that may lack something, or one that is dead', () => {
    fc.assert(fc.property(view, (each) => {
      const { leader, unclean, inSyncReplicas } = soundDecisions.electLeader(each)
      if (leader < 0) return
      expect(each.isLive(leader)).toBe(true)
      expect(inSyncReplicas).toContain(leader)
      if (!unclean) expect([...each.inSyncReplicas, ...each.eligibleLeaderReplicas]).toContain(leader)
    }), { numRuns: 1000 })
  })
})

describe('logIsUpToDate', () => {
  const log = fc.record({ epoch: fc.nat(3), end: fc.nat(3) })
  type Log = { readonly epoch: number; readonly end: number }
  const votesFor = (own: Log, candidate: Log): boolean => soundDecisions.logIsUpToDate(viewOf(own, candidate))

  function viewOf(own: Log, candidate: Log): VoteView {
    const { epoch: ownLastEpoch, end: ownEndOffset } = own
    return { candidateLastEpoch: candidate.epoch, candidateEndOffset: candidate.end, ownLastEpoch, ownEndOffset }
  }

  it('compares the last epochs first, then the lengths', () => {
    fc.assert(fc.property(log, log, (own, candidate) => {
      const rank = ({ epoch, end }: Log): number => epoch * 100 + end
      expect(votesFor(own, candidate)).toBe(rank(candidate) >= rank(own))
    }))
  })
})

/** Leader epochs by offset: a log as far as truncation looks at it. An epoch is written by one leader only. */
const twoLogs = fc
  .record({
    common: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }),
    sameEpochTail: fc.nat(2),
    follower: fc.array(fc.integer({ min: 4, max: 8 }), { maxLength: 5 }),
    leader: fc.array(fc.integer({ min: 4, max: 9 }), { maxLength: 5 }),
  })
  .map(({ common, sameEpochTail, follower, leader }) => {
    const shared = common.toSorted()
    const last = shared.at(-1)
    const more = last === undefined ? [] : Array.from({ length: sameEpochTail }, () => last)
    const ofFollower = [...more, ...follower.toSorted()]
    const ofLeader = leader.filter((epoch) => !ofFollower.includes(epoch)).toSorted()
    return { followerLog: [...shared, ...ofFollower], leaderLog: [...shared, ...ofLeader], sharedLength: shared.length }
  })

function epochsOf(log: readonly number[]): EpochCache {
  const cache = new EpochCache()
  for (const [offset, epoch] of log.entries()) cache.assign(epoch, offset)
  return cache
}

describe('truncationOffset', () => {
  /** One fetch: what the leader says of the follower's last epoch, and where the follower then cuts. undefined: they agree. */
  function round(follower: readonly number[], leader: readonly number[], leaderEpoch: number): number | undefined {
    const lastFetchedEpoch = follower.at(-1) ?? -1
    const leaderEpochs = epochsOf(leader)
    leaderEpochs.assign(leaderEpoch, leader.length)
    if (lastFetchedEpoch < 0) return undefined
    const { leaderEpoch: epoch, endOffset } = leaderEpochs.endOffsetFor(lastFetchedEpoch, leader.length)
    if (epoch === lastFetchedEpoch && endOffset >= follower.length) return undefined
    const own = epochsOf(follower).endOffsetFor(epoch, follower.length)
    return soundDecisions.truncationOffset({ diverging: { epoch, endOffset }, own, highWatermark: 0 })
  }

  it('leads, fetch by fetch, to exactly what both logs have in common', () => {
    fc.assert(fc.property(twoLogs, ({ followerLog, leaderLog, sharedLength }) => {
      let follower = followerLog
      for (let rounds = 0; rounds <= followerLog.length; rounds++) {
        const cut = round(follower, leaderLog, 10)
        if (cut === undefined) break
        expect(cut).toBeLessThan(follower.length)
        follower = follower.slice(0, cut)
      }
      expect(round(follower, leaderLog, 10)).toBeUndefined()
      expect(follower.length).toBe(sharedLength)
    }), { numRuns: 1000 })
  })
})

describe('a metadata log whose front was deleted', () => {
  it('leads a follower, fetch by fetch, to what the leader has, with the snapshot where the two part before its end', () => {
    fc.assert(fc.property(twoLogs, fc.nat(20), ({ followerLog, leaderLog, sharedLength }, at) => {
      fc.pre(leaderLog.length > 0)
      const endOffset = 1 + (at % leaderLog.length)
      const snapshot = { endOffset, epoch: leaderLog[endOffset - 1]! }
      const epochs = epochsOf(leaderLog)
      epochs.truncateFromStart(endOffset)
      epochs.assign(10, leaderLog.length)
      let follower = followerLog
      for (let rounds = 0; rounds <= followerLog.length + 1; rounds++) {
        const logEndOffset = follower.length
        const lastEpoch = follower.at(-1) ?? -1
        if (soundDecisions.needsSnapshot({ fetchOffset: logEndOffset, lastFetchedEpoch: lastEpoch, snapshot })) {
          // Should it die before its log gives way to the snapshot, it comes to the same when it starts again.
          const epochBeforeEnd = follower[endOffset - 1] ?? -1
          expect(soundDecisions.snapshotReplacesLog({ snapshot, logStartOffset: 0, logEndOffset, lastEpoch, epochBeforeEnd })).toBe(true)
          follower = leaderLog.slice(0, endOffset)
          continue
        }
        const end = epochs.endOffsetFor(lastEpoch, leaderLog.length)
        if (end.leaderEpoch === lastEpoch && end.endOffset >= logEndOffset) break
        const own = epochsOf(follower).endOffsetFor(end.leaderEpoch, logEndOffset)
        const diverging = { epoch: end.leaderEpoch, endOffset: end.endOffset }
        follower = follower.slice(0, soundDecisions.truncationOffset({ diverging, own, highWatermark: 0 }))
      }
      expect(follower).toEqual(leaderLog.slice(0, follower.length))
      expect(follower.length).toBeGreaterThanOrEqual(Math.max(endOffset, sharedLength))
    }), { numRuns: 1000 })
  })
})

describe('a snapshot found at start', () => {
  it('replaces no log that has all of it', () => {
    fc.assert(fc.property(twoLogs, fc.nat(20), ({ leaderLog }, at) => {
      fc.pre(leaderLog.length > 0)
      const endOffset = 1 + (at % leaderLog.length)
      const snapshot = { endOffset, epoch: leaderLog[endOffset - 1]! }
      const whole = { snapshot, logEndOffset: leaderLog.length, lastEpoch: leaderLog.at(-1)!, epochBeforeEnd: snapshot.epoch }
      expect(soundDecisions.snapshotReplacesLog({ ...whole, logStartOffset: 0 })).toBe(false)
      expect(soundDecisions.snapshotReplacesLog({ ...whole, logStartOffset: endOffset, epochBeforeEnd: -1 })).toBe(false)
    }))
  })
})

describe('the others', () => {
  it('a write is acknowledged when the high watermark covers it, whatever the leader has', () => {
    fc.assert(fc.property(offset, offset, offset, (endOffset, highWatermark, leaderWritten) => {
      const view = { endOffset, highWatermark, leaderWritten }
      expect(soundDecisions.mayAcknowledge(view)).toBe(endOffset <= highWatermark)
    }))
  })

  it('a consumer reads to the high watermark or, read_committed, to the last stable offset, a follower to the end', () => {
    const view = { isFollower: false, isReadCommitted: false, highWatermark: 3, lastStableOffset: 2, logEndOffset: 5 }
    expect(soundDecisions.readBound(view)).toBe(3)
    expect(soundDecisions.readBound({ ...view, isReadCommitted: true })).toBe(2)
    expect(soundDecisions.readBound({ ...view, isFollower: true })).toBe(5)
  })

  it('the last stable offset is below the high watermark only by what a transaction holds, and never below the start', () => {
    const far = fc.oneof(offset, fc.constant(Infinity))
    fc.assert(fc.property(offset, offset, far, far, (a, b, firstOpenOffset, firstUnreplicatedOffset) => {
      const [logStartOffset, highWatermark] = [Math.min(a, b), Math.max(a, b)]
      const stable = soundDecisions.lastStableOffset({ highWatermark, logStartOffset, firstOpenOffset, firstUnreplicatedOffset })
      expect(stable).toBeLessThanOrEqual(highWatermark)
      expect(stable).toBeGreaterThanOrEqual(logStartOffset)
      const held = [firstOpenOffset, firstUnreplicatedOffset].filter((each) => each < highWatermark)
      for (let at = logStartOffset; at < highWatermark; at++) expect(at < stable).toBe(held.every((each) => at < each))
    }))
  })

  it('with flush.messages=1 only what is synced is safe', () => {
    expect(soundDecisions.safeOffset({ writtenOffset: 5, syncedOffset: 3, flushMessages: 1 })).toBe(3)
    expect(soundDecisions.safeOffset({ writtenOffset: 5, syncedOffset: 3, flushMessages: 2 })).toBe(5)
  })

  it('to be in sync a follower needs all that is committed, and all from before this epoch', () => {
    fc.assert(fc.property(offset, offset, offset, (followerEnd, highWatermark, epochStartOffset) => {
      const joins = followerEnd >= highWatermark && followerEnd >= epochStartOffset
      expect(soundDecisions.mayJoinInSync({ followerEnd, highWatermark, epochStartOffset })).toBe(joins)
    }))
  })

  it('a stop is clean only if the broker still has what it had in the epoch it was last in service', () => {
    const epoch = fc.integer({ min: -1, max: 3 })
    fc.assert(fc.property(epoch, epoch, epoch, (previousBrokerEpoch, brokerEpoch, intactSince) => {
      const intact = previousBrokerEpoch >= 0 && [brokerEpoch, intactSince].includes(previousBrokerEpoch)
      expect(soundDecisions.isUncleanStop({ previousBrokerEpoch, brokerEpoch, intactSince })).toBe(!intact)
    }))
  })

  it('a quorum member has what it has synced', () => {
    expect(soundDecisions.quorumStoredOffset({ logEndOffset: 5, syncedOffset: 3 })).toBe(3)
  })
})

describe('mayVoteFor', () => {
  const id = fc.integer({ min: 1, max: 5 })

  it('gives one candidate the vote of an epoch, however often it asks', () => {
    fc.assert(fc.property(fc.array(id, { minLength: 1 }), (candidates) => {
      let votedId = -1
      const granted = candidates.filter((candidateId) => {
        const may = soundDecisions.mayVoteFor({ votedId, candidateId })
        if (may) votedId = candidateId
        return may
      })
      expect(granted).toEqual(candidates.filter((candidateId) => candidateId === candidates[0]))
    }))
  })
})

describe('mustFlush', () => {
  it('asks for a sync by the time flush.messages records are written and not synced', () => {
    fc.assert(fc.property(offset, offset, fc.integer({ min: 1, max: 12 }), (a, b, flushMessages) => {
      const [syncedOffset, writtenOffset] = [Math.min(a, b), Math.max(a, b)]
      const unsynced = Array.from({ length: writtenOffset - syncedOffset })
      expect(soundDecisions.mustFlush({ syncedOffset, writtenOffset, flushMessages })).toBe(unsynced.length >= flushMessages)
    }))
  })
})
