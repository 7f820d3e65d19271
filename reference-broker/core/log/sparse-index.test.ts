import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OffsetIndex, TimeIndex } from './sparse-index.ts'

type Entry = readonly [key: number, value: number]

/** Steps from entry to entry, and after some of them a truncation to a fraction of what is there. */
const steps = fc.array(
  fc.record({ key: fc.integer({ min: 1, max: 50 }), value: fc.integer({ min: 1, max: 5000 }), keep: fc.option(fc.nat(100), { freq: 5 }) }),
  { maxLength: 60 },
)

it('the offset index finds the last batch that ends at or before an offset, through truncations', () => {
  fc.assert(
    fc.property(steps, fc.nat(3000), (steps, wanted) => {
      const index = new OffsetIndex()
      let entries: Entry[] = []
      for (const { key, value, keep } of steps) {
        const [lastKey, lastValue] = entries.at(-1) ?? [-1, 0]
        const entry: Entry = [lastKey + key, lastValue + value]
        const handedOut = index.bytes
        const copy = handedOut.slice()
        entries.push(entry)
        index.add(...entry)
        if (keep !== null) {
          const position = Math.floor((entry[1] * keep) / 100)
          entries = entries.filter(([, each]) => each < position)
          index.truncate(position)
          index.add((entries.at(-1)?.[0] ?? -1) + 1, position)
          entries.push([(entries.at(-1)?.[0] ?? -1) + 1, position])
        }
        expect(handedOut).toEqual(copy)
      }
      expect(index.count).toBe(entries.length)
      expect(index.lastPosition).toBe(entries.at(-1)?.[1] ?? 0)
      const expected = entries.findLast(([key]) => key <= wanted)?.[1] ?? 0
      expect(index.positionFor(wanted)).toBe(expected)
      expect(new OffsetIndex(index.bytes).positionFor(wanted)).toBe(expected)
    }),
  )
})

it('the time index finds an offset below which every timestamp is smaller, for timestamps of any size', () => {
  const timestamps = fc.array(fc.oneof(fc.integer({ min: -1, max: 1000 }), fc.integer({ min: 2 ** 40, max: 2 ** 53 - 1 })), { maxLength: 50 })
  fc.assert(
    fc.property(timestamps, fc.nat(60), (timestamps, end) => {
      const index = new TimeIndex()
      let max: Entry = [-2, -1]
      timestamps.forEach((timestamp, offset) => {
        if (timestamp > max[0]) max = [timestamp, offset]
        index.add(...max)
      })
      index.truncate(end)
      const kept = timestamps.slice(0, end)
      for (const wanted of [...kept, 0, 2 ** 41, 2 ** 53 - 1]) {
        const offset = index.relativeOffsetFor(wanted)
        expect(kept.slice(0, offset).every((timestamp) => timestamp < wanted)).toBe(true)
        const first = kept.findIndex((timestamp) => timestamp >= wanted)
        // Every new largest timestamp has an entry here, so the one looked for is never far.
        if (first > 0 && wanted === kept[first]) expect(offset).toBe(first)
      }
    }),
  )
})
