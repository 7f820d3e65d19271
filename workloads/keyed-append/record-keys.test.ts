import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { partitionOfKey } from '../client/partitioner.ts'
import { ZipfRanks, recordKeys } from './record-keys.ts'

test('every partition has its number of keys, all different, all its own', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 12 }), (partitions, perPartition) => {
      const byPartition = recordKeys(partitions, perPartition)
      expect(byPartition).toHaveLength(partitions)
      const decoder = new TextDecoder()
      const all = byPartition.flatMap((keys, partition) => {
        expect(keys).toHaveLength(perPartition)
        return keys.map((key) => {
          expect(partitionOfKey(key, partitions)).toBe(partition)
          return decoder.decode(key)
        })
      })
      expect(new Set(all).size).toBe(all.length)
    }),
  )
})

test('the n-th rank is drawn one n-th as often as the first', () => {
  const draws = 30_000
  let at = 0
  const ranks = new ZipfRanks(4)
  const counts = [0, 0, 0, 0]
  const random = { next: () => (at++ + 0.5) / draws }
  for (let i = 0; i < draws; i++) counts[ranks.draw(random)]!++
  for (const [rank, count] of counts.entries()) expect(count * (rank + 1)).toBeCloseTo(counts[0]!, -1)
})
