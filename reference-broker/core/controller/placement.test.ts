import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeReplicas, type PlacementBroker } from './placement.ts'

interface Case {
  readonly brokers: readonly PlacementBroker[]
  readonly partitions: number
  readonly replicationFactor: number
  readonly start: number
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    racks: fc.array(fc.constantFrom('a', 'b', 'c', null), { minLength: 1, maxLength: 7 }),
    partitions: fc.integer({ min: 1, max: 30 }),
    factor: fc.nat(1000),
    start: fc.nat(999),
  })
  .map(({ racks, partitions, factor, start }) => ({
    brokers: racks.map((rack, i) => ({ id: (i + 1) * 10, rack })),
    partitions,
    replicationFactor: 1 + (factor % racks.length),
    start: start / 1000,
  }))

function place({ brokers, partitions, replicationFactor, start }: Case): number[][] {
  return placeReplicas(brokers, { partitions, replicationFactor }, { next: () => start })
}

/** How many of them have each value. */
function counts<T>(list: readonly T[]): number[] {
  return [...new Set(list)].map((value) => list.filter((each) => each === value).length)
}

describe('placeReplicas', () => {
  it('gives every partition as many different brokers as asked', () => {
    fc.assert(fc.property(anyCase, (asked) => {
      const placed = place(asked)
      expect(placed).toHaveLength(asked.partitions)
      for (const replicas of placed) {
        expect(new Set(replicas).size).toBe(asked.replicationFactor)
        for (const id of replicas) expect(asked.brokers.map((broker) => broker.id)).toContain(id)
      }
    }))
  })

  it('puts them on different racks while there are enough; a broker without a rack is one by itself', () => {
    fc.assert(fc.property(anyCase, (asked) => {
      const rackOf = new Map(asked.brokers.map(({ id, rack }) => [id, rack ?? `broker ${id}`]))
      const racks = new Set(rackOf.values()).size
      for (const replicas of place(asked)) {
        expect(new Set(replicas.map((id) => rackOf.get(id))).size).toBe(Math.min(racks, asked.replicationFactor))
      }
    }))
  })

  it('spreads leaders evenly: no broker leads two partitions more than another', () => {
    fc.assert(fc.property(anyCase, (asked) => {
      const leaders = place(asked).map((replicas) => replicas[0]!)
      const perBroker = asked.brokers.map(({ id }) => leaders.filter((leader) => leader === id).length)
      expect(Math.max(...perBroker) - Math.min(...perBroker)).toBeLessThanOrEqual(1)
    }))
  })

  it('begins at any broker: the first partitions of many topics do not all meet on one', () => {
    const brokers = [1, 2, 3].map((id) => ({ id, rack: null }))
    const first = [0, 0.4, 0.8].map((start) => place({ brokers, partitions: 1, replicationFactor: 1, start })[0]![0])
    expect(counts(first)).toEqual([1, 1, 1])
  })

  it('where racks are equally large and as many as replicas, spreads the replicas evenly, too', () => {
    const brokers = ['a', 'b', 'c', 'a', 'b', 'c'].map((rack, i) => ({ id: i, rack }))
    const placed = place({ brokers, partitions: 12, replicationFactor: 3, start: 0 })
    expect(counts(placed.flat())).toEqual([6, 6, 6, 6, 6, 6])
  })

  it('wants as many brokers as replicas', () => {
    expect(() => place({ brokers: [{ id: 1, rack: null }], partitions: 1, replicationFactor: 2, start: 0 })).toThrow('more replicas')
  })
})
