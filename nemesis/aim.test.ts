import { describe, expect, it } from 'vitest'
import type { Random } from '../ports/random.ts'
import { simRandom } from '../simulator/sim-random.ts'
import { takeAim, type Aim } from './aim.ts'
import type { BrokerControl, BrokerState, ClusterView } from './control.ts'

const leaders = new Map([['a-0', 1], ['a-1', 2], ['a-2', -1]])
const inSync = new Map<string, readonly number[]>([['a-0', [1, 3]], ['a-1', [2]], ['a-2', []]])

/** Whom the aim has hit in many tries, each try's targets as one string. */
function hits(aim: Aim, states: Readonly<Record<number, BrokerState>> = {}, taken: readonly number[] = []): string[] {
  const control: Partial<BrokerControl> = { brokerIds: [1, 2, 3], state: (id) => states[id] ?? 'running' }
  const view: Partial<ClusterView> = { leaders: () => leaders, inSyncReplicas: () => inSync, controller: () => 3, coordinators: () => new Set([2]) }
  const random: Random = simRandom(1)
  const at = { control: control as BrokerControl, view: view as ClusterView, taken: new Set(taken) }
  return [...new Set(Array.from({ length: 100 }, () => takeAim(aim, at, random).join()))].sort()
}

describe('taking aim', () => {
  it('hits those who have the role', () => {
    expect(hits('leader')).toEqual(['1', '2'])
    expect(hits('controller')).toEqual(['3'])
    expect(hits('in-sync-follower')).toEqual(['3'])
    expect(hits('last-in-sync')).toEqual(['2'])
    expect(hits('one')).toEqual(['1', '2', '3'])
    expect(hits('all')).toEqual(['1,2,3'])
    expect(hits('majority').every((targets) => targets.split(',').length === 2)).toBe(true)
  })

  it('hits nobody who is not well, or whom another attack has', () => {
    expect(hits('leader', { 1: 'dead' })).toEqual(['2'])
    expect(hits('last-in-sync', { 2: 'paused' })).toEqual([''])
    expect(hits('in-sync-follower', {}, [3])).toEqual([''])
    expect(hits('all', { 1: 'dead' }, [3])).toEqual(['2'])
  })
})
