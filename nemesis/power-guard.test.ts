import { describe, expect, it } from 'vitest'
import type { Observation } from '../history/op.ts'
import { kill } from './kill.ts'
import { lastingMs, PowerGuard, type PowerRules } from './power-guard.ts'
import { powerLoss } from './power-loss.ts'

const twoOfThree: PowerRules = { minInSyncReplicas: 2, syncsFirst: false }

/** What the leader of one partition says of it. */
function told(inSyncReplicas: readonly number[], { key = 'a-0', leader = 1, leaderEpoch = 5 } = {}): Observation {
  return { key, leader, leaderEpoch, inSyncReplicas }
}

/** A guard to which all three brokers have been shown in sync. */
function guardOf(rules: PowerRules = twoOfThree): PowerGuard {
  const guard = new PowerGuard(() => rules)
  guard.observed({ node: 1, askedMs: 0, observations: [told([1, 2, 3])] })
  return guard
}

/** The in-sync set with everybody in it, told by the leader, and again when it has lasted; the replica itself answered between. */
function comeBack(guard: PowerGuard, sinceMs: number, replica: number): void {
  observe(guard, sinceMs, told([1, 2, 3]))
  observe(guard, sinceMs + 10, told([1, 2, 3]), replica)
  observe(guard, sinceMs + lastingMs, told([1, 2, 3]))
}

function observe(guard: PowerGuard, askedMs: number, observation: Observation, node: number = observation.leader): void {
  guard.observed({ node, askedMs, observations: [observation] })
}

describe('with two replicas needed in sync', () => {
  it('one at a time may lose power, and any number may be killed', () => {
    const guard = guardOf()
    expect(guard.mayHit(powerLoss, [3])).toBe(true)
    expect(guard.mayHit(powerLoss, [2, 3])).toBe(false)
    expect(guard.mayHit(kill, [1, 2, 3])).toBe(true)
  })

  it('nobody may while nothing is known of the partitions', () => {
    expect(new PowerGuard(() => twoOfThree).mayHit(powerLoss, [1])).toBe(false)
  })

  it('the next one may when the leader has shown the in-sync set without the one before, and then for some time with it', () => {
    const guard = guardOf()
    guard.hit(powerLoss, [3], 100)
    expect(guard.mayHit(powerLoss, [2])).toBe(false)
    expect(guard.mayHit(powerLoss, [3])).toBe(true)
    observe(guard, 200, told([1, 2, 3]))
    expect(guard.mayHit(powerLoss, [2])).toBe(false)
    observe(guard, 300, told([1, 2]))
    expect(guard.mayHit(powerLoss, [2])).toBe(false)
    observe(guard, 400, told([1, 2, 3]))
    expect(guard.mayHit(powerLoss, [2])).toBe(false)
    comeBack(guard, 500, 3)
    expect(guard.mayHit(powerLoss, [2])).toBe(true)
  })

  // A leader that was frozen finds what a follower asked before it lost its power, and takes it in on that word (seed 3849).
  it('an in-sync set that was given up again, or is of a replica that nobody heard, does not count', () => {
    const guard = guardOf()
    guard.hit(powerLoss, [3], 100)
    observe(guard, 200, told([1, 2]))
    observe(guard, 300, told([1, 2, 3]))
    observe(guard, 300 + lastingMs, told([1, 2, 3]))
    expect(guard.mayHit(powerLoss, [2])).toBe(false)
    observe(guard, 2000, told([1, 2]))
    observe(guard, 2010, told([1, 2, 3]), 3)
    observe(guard, 2020, told([1, 2, 3]))
    observe(guard, 2020 + lastingMs, told([1, 2, 3]))
    expect(guard.mayHit(powerLoss, [2])).toBe(false)
    observe(guard, 4000, told([1, 2, 3]), 3)
    observe(guard, 4010, told([1, 2, 3]))
    expect(guard.mayHit(powerLoss, [2])).toBe(true)
  })

  it('what was asked before the loss, told by another than the leader, or of an older epoch does not count', () => {
    const stale: readonly ((guard: PowerGuard, inSync: readonly number[]) => void)[] = [
      (guard, inSync) => observe(guard, 99, told(inSync)),
      (guard, inSync) => observe(guard, 200, told(inSync), 2),
      (guard, inSync) => observe(guard, 200, told(inSync, { leaderEpoch: 4 })),
    ]
    for (const show of stale) {
      const guard = guardOf()
      guard.hit(powerLoss, [3], 100)
      show(guard, [1, 2])
      show(guard, [1, 2, 3])
      comeBack(guard, 300, 3)
      expect(guard.mayHit(powerLoss, [2])).toBe(false)
    }
  })

  it('a kill of the one that is back changes nothing, and a second loss begins anew', () => {
    const guard = guardOf()
    for (const lostMs of [100, 5000]) {
      guard.hit(powerLoss, [3], lostMs)
      guard.hit(kill, [2], lostMs)
      expect(guard.mayHit(powerLoss, [2])).toBe(false)
      observe(guard, lostMs + 10, told([1, 2]))
      comeBack(guard, lostMs + 20, 3)
      expect(guard.mayHit(powerLoss, [2])).toBe(true)
    }
  })

  it('partitions are apart: who holds none of a partition may lose power whatever befalls it', () => {
    const guard = new PowerGuard(() => twoOfThree)
    observe(guard, 0, told([1, 2, 3]))
    observe(guard, 0, told([4, 5], { key: 'b-0', leader: 4 }))
    guard.hit(powerLoss, [3], 100)
    expect(guard.mayHit(powerLoss, [4])).toBe(true)
    expect(guard.mayHit(powerLoss, [2])).toBe(false)
  })
})

describe('with one replica enough', () => {
  it('nobody may lose power', () => {
    expect(guardOf({ minInSyncReplicas: 1, syncsFirst: false }).mayHit(powerLoss, [3])).toBe(false)
  })

  it('all may where everything is synced before it counts', () => {
    const guard = guardOf({ minInSyncReplicas: 1, syncsFirst: true })
    guard.hit(powerLoss, [1, 2], 100)
    expect(guard.mayHit(powerLoss, [1, 2, 3])).toBe(true)
  })
})
