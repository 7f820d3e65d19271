import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EpochCache, type EpochEntry } from './epoch-cache.ts'

/** Who wrote each offset of a log, as a list; and what a cache says of the same log. */
function logOf(lengths: readonly number[]): { writers: number[]; cache: EpochCache } {
  const writers: number[] = []
  const cache = new EpochCache()
  lengths.forEach((length, epoch) => {
    for (let i = 0; i < length; i++) {
      cache.assign(epoch, writers.length)
      writers.push(epoch)
    }
  })
  return { writers, cache }
}

const lengths = fc.array(fc.nat(4), { minLength: 1, maxLength: 8 })

function entriesOf(writers: readonly number[]): EpochEntry[] {
  return writers.flatMap((epoch, offset) => (writers[offset - 1] === epoch ? [] : [{ epoch, startOffset: offset }]))
}

it('the entries are where the writer of the log changes', () => {
  fc.assert(
    fc.property(lengths, (lengths) => {
      const { writers, cache } = logOf(lengths)
      expect(cache.entries).toEqual(entriesOf(writers))
      expect(cache.latest).toBe(writers.at(-1) ?? -1)
    }),
  )
})

it('the end of an epoch is where later writers begin, of the largest epoch not above it', () => {
  fc.assert(
    fc.property(lengths, fc.nat(9), (lengths, epoch) => {
      const { writers, cache } = logOf(lengths)
      const end = cache.endOffsetFor(epoch, writers.length)
      const later = writers.findIndex((writer) => writer > epoch)
      if (epoch === writers.at(-1)) expect(end).toEqual({ leaderEpoch: epoch, endOffset: writers.length })
      else if (later < 0) expect(end).toEqual({ leaderEpoch: -1, endOffset: -1 })
      else expect(end).toEqual({ leaderEpoch: writers[later - 1] ?? epoch, endOffset: later })
    }),
  )
})

it('after a truncation the cache is that of the shorter log', () => {
  fc.assert(
    fc.property(lengths, fc.nat(30), (lengths, offset) => {
      const { writers, cache } = logOf(lengths)
      cache.truncateFromEnd(offset)
      expect(cache.entries).toEqual(entriesOf(writers.slice(0, offset)))
    }),
  )
})

it('after deletion from the start the epoch of the first offset left starts there', () => {
  fc.assert(
    fc.property(lengths, fc.nat(30), (lengths, offset) => {
      const { writers, cache } = logOf(lengths)
      fc.pre(offset < writers.length)
      cache.truncateFromStart(offset)
      const moved = entriesOf(writers.slice(offset)).map(({ epoch, startOffset }) => ({ epoch, startOffset: startOffset + offset }))
      expect(cache.entries).toEqual(moved)
    }),
  )
})

it('deletion of everything keeps the latest epoch, at the new start', () => {
  const cache = new EpochCache([{ epoch: 1, startOffset: 0 }, { epoch: 4, startOffset: 7 }])
  cache.truncateFromStart(12)
  expect(cache.entries).toEqual([{ epoch: 4, startOffset: 12 }])
})

it('an older or equal epoch is not assigned', () => {
  const cache = new EpochCache([{ epoch: 3, startOffset: 0 }])
  cache.assign(3, 5)
  cache.assign(2, 9)
  expect(cache.entries).toEqual([{ epoch: 3, startOffset: 0 }])
})

it('an epoch that wrote nothing gives way to the next one at the same offset', () => {
  const cache = new EpochCache([{ epoch: 3, startOffset: 0 }])
  cache.assign(4, 5)
  cache.assign(6, 5)
  expect(cache.entries).toEqual([{ epoch: 3, startOffset: 0 }, { epoch: 6, startOffset: 5 }])
})

it('an epoch below all known ones ends where the first one starts', () => {
  const cache = new EpochCache([{ epoch: 3, startOffset: 20 }, { epoch: 5, startOffset: 30 }])
  expect(cache.endOffsetFor(1, 40)).toEqual({ leaderEpoch: 1, endOffset: 20 })
  expect(cache.endOffsetFor(-1, 40)).toEqual({ leaderEpoch: -1, endOffset: -1 })
})

it('each record has the epoch of its writer; what is below the start of the log is not known', () => {
  fc.assert(
    fc.property(lengths, fc.nat(30), (lengths, start) => {
      const { writers, cache } = logOf(lengths)
      cache.truncateFromStart(Math.min(start, writers.length))
      for (const [offset, epoch] of writers.entries()) expect(cache.epochAt(offset)).toBe(offset < start ? -1 : epoch)
    }),
  )
})
