import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Observation, Op } from '../history/op.ts'
import { replicationOf } from './replication.ts'
import { hostileOps } from './testing/arbitraries.ts'

type Told = Partial<Observation> & { readonly node?: number }

/** One observation at a time, of partition a, led by broker 1. */
const told = (seconds: number, { node = 1, ...more }: Told): Op => ({
  index: 0, time: seconds * 1e9, process: 'observer', type: 'info', f: 'observe', node,
  value: [{ key: 'a', leader: 1, leaderEpoch: 0, inSyncReplicas: [1, 2, 3], ...more }],
})
const config = (value: object): Op => ({ index: 0, time: 0, process: 'harness', type: 'info', f: 'config', value })

describe('in-sync sets', () => {
  test('last until the leader tells another one, whatever order it tells its members in, and the last one to the end', () => {
    const ops = [told(1, {}), told(2, { inSyncReplicas: [3, 1, 2] }), told(3, { inSyncReplicas: [1, 3] })]
    const { stints } = replicationOf(ops, 10)
    expect(stints.map(({ t, to, members, label }) => [t, to, members, label])).toEqual([[1, 3, '1, 2, 3', '1 2 3'], [3, 10, '1, 3', '1 3']])
  })

  test('are whole, reduced or below the minimum of the configuration, and that is in the label', () => {
    const ops = [told(1, {}), told(2, { inSyncReplicas: [1, 2] }), told(3, { inSyncReplicas: [1] }), told(4, { inSyncReplicas: [] })]
    const states = (value: object): string[] => replicationOf([config(value), ...ops], 10).stints.map(({ state }) => state)
    expect(states({ minInSyncReplicas: 2, replicationFactor: 3 })).toEqual(['whole', 'reduced', 'below minimum', 'below minimum'])
    expect(states({})).toEqual(['whole', 'reduced', 'reduced', 'reduced'])
    expect(states({ replicationFactor: 4 })).toEqual(['reduced', 'reduced', 'reduced', 'reduced'])
    const { stints, minInSyncReplicas } = replicationOf([config({ minInSyncReplicas: 2 }), ...ops], 10)
    expect(stints.map(({ label }) => label)).toEqual(['1 2 3', '1 2', '1 !', 'none !'])
    expect(minInSyncReplicas).toBe(2)
  })

  test('that change too often to draw are drawn as far as they were kept, and no further', () => {
    const changing = (at: number): Op => told(1 + at, { inSyncReplicas: at % 2 === 0 ? [1, 2, 3] : [1] })
    const sixty = Array.from({ length: 60 }, (_, at) => changing(at))
    expect(replicationOf(sixty, 100)).toMatchObject({ keysCutShort: 0 })
    expect(replicationOf(sixty, 100).stints.at(-1)).toMatchObject({ t: 60, to: 100 })
    const { stints, keysCutShort } = replicationOf([...sixty, changing(60), changing(61)], 100)
    expect(stints.at(-1)).toMatchObject({ t: 60, to: 61, members: '1' })
    expect([stints.length, keysCutShort]).toEqual([60, 1])
  })

  test('are what the leader says of itself, under its newest leaderEpoch', () => {
    const ops = [
      told(1, {}),
      told(2, { node: 2, inSyncReplicas: [1, 2] }),
      told(3, { node: 2, leader: 2, leaderEpoch: 1, inSyncReplicas: [2, 3] }),
      told(4, { node: 1, leader: 1, leaderEpoch: 0, inSyncReplicas: [1] }),
      told(5, { node: 3, leader: -1, leaderEpoch: 2, inSyncReplicas: [3] }),
    ]
    expect(replicationOf(ops, 10).stints.map(({ members }) => members)).toEqual(['1, 2, 3', '2, 3', '3'])
  })
})

describe('high watermarks', () => {
  test('are told with their leader, and steps back are kept however near', () => {
    const told2 = (seconds: number, highWatermark: number): Op => told(seconds, { highWatermark, leaderEpoch: 4 })
    const { watermarks } = replicationOf([told2(1, 5), told2(1.01, 6), told2(1.02, 4), told2(3, 9)], 120)
    expect(watermarks.map(({ t, highWatermark }) => [t, highWatermark])).toEqual([[1, 5], [1.02, 4], [3, 9]])
    expect(watermarks[0]!.leader).toBe('broker 1 · e4')
  })

  test('come with the end of the log where the leader told it', () => {
    const { watermarks } = replicationOf([told(1, { highWatermark: 5, logEndOffset: 8 }), told(2, { highWatermark: 6 })], 10)
    expect(watermarks.map(({ highWatermark, logEndOffset }) => [highWatermark, logEndOffset])).toEqual([[5, 8], [6, undefined]])
  })

  test('are not too many to draw, for any history', () => {
    fc.assert(
      fc.property(hostileOps, (ops) => {
        const { stints, watermarks } = replicationOf(ops, 10)
        expect(stints.length).toBeLessThanOrEqual(12 * 60)
        expect(watermarks.length).toBeLessThanOrEqual(12 * 240)
        for (const { t, to } of stints) expect(to).toBeGreaterThanOrEqual(t)
      }),
    )
    const many = Array.from({ length: 5000 }, (_, at) => told(at / 50, { highWatermark: at }))
    expect(replicationOf(many, 100).watermarks.length).toBeLessThanOrEqual(121)
  })
})
