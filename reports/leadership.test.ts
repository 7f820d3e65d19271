import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Key, Op } from '../history/op.ts'
import { leadershipOf } from './leadership.ts'

const observe = (seconds: number, ...told: [key: Key, leader: number, leaderEpoch: number][]): Op => ({
  index: 0, time: seconds * 1e9, process: 'observer', type: 'info', f: 'observe', node: 1,
  value: told.map(([key, leader, leaderEpoch]) => ({ key, leader, leaderEpoch, inSyncReplicas: [leader] })),
})

describe('leadership', () => {
  test('a stint lasts until a higher leaderEpoch is told, and the last one to the end', () => {
    const ops = [observe(1, ['a', 1, 0]), observe(2, ['a', 1, 0]), observe(3, ['a', 2, 1])]
    const { stints, changes } = leadershipOf(ops, 10)
    expect(stints.map(({ t, to, label }) => [t, to, label])).toEqual([[1, 3, '1 · e0'], [3, 10, '2 · e1']])
    expect(changes).toEqual([{ t: 3, what: 'a: 1 → 2 (leaderEpoch 1)' }])
  })

  test('a broker that lags behind changes nothing', () => {
    const ops = [observe(1, ['a', 2, 5]), observe(2, ['a', 1, 4]), observe(3, ['a', 2, 5])]
    expect(leadershipOf(ops, 10).stints).toHaveLength(1)
    expect(leadershipOf(ops, 10).changes).toEqual([])
  })

  test('two leaders for one leaderEpoch are shown as disputed', () => {
    const { stints } = leadershipOf([observe(1, ['a', 1, 4]), observe(2, ['a', 2, 4])], 10)
    expect(stints).toMatchObject([{ leader: 'broker 1', disputed: true, label: '1 · e4 !' }])
  })

  test('a time without a leader is a stint of its own', () => {
    const { stints } = leadershipOf([observe(1, ['a', 1, 4]), observe(2, ['a', -1, 4]), observe(3, ['a', 2, 5])], 10)
    expect(stints.map(({ leader }) => leader)).toEqual(['broker 1', 'none', 'broker 2'])
  })

  test('partitions that moved most are kept, in the order of their names, and the rest counted', () => {
    const keys = Array.from({ length: 20 }, (_, at) => `orders-${at}`)
    const ops = [
      observe(1, ...keys.map((key) => [key, 1, 0] as [Key, number, number])),
      observe(2, ['orders-10', 2, 1], ['orders-2', 2, 1], ['orders-19', 2, 1]),
    ]
    const { stints, keysLeftOut } = leadershipOf(ops, 10)
    const shown = [...new Set(stints.map(({ key }) => key))]
    expect(shown).toHaveLength(12)
    expect(shown).toEqual(expect.arrayContaining(['orders-2', 'orders-10', 'orders-19']))
    expect(shown.indexOf('orders-2')).toBeLessThan(shown.indexOf('orders-10'))
    expect(keysLeftOut).toBe(8)
  })

  test('stints of a partition follow each other without overlap and with rising epochs', () => {
    const told = fc.tuple(fc.nat({ max: 100 }), fc.integer({ min: -1, max: 3 }), fc.nat({ max: 9 }))
    fc.assert(
      fc.property(fc.array(told), (list) => {
        const inOrder = list.toSorted((a, b) => a[0] - b[0])
        const { stints } = leadershipOf(inOrder.map(([t, leader, epoch]) => observe(t, ['a', leader, epoch])), 100)
        for (let at = 1; at < stints.length; at++) {
          expect(stints[at]!.t).toBe(stints[at - 1]!.to)
          expect(stints[at]!.leaderEpoch).toBeGreaterThanOrEqual(stints[at - 1]!.leaderEpoch)
        }
      }),
    )
  })
})
