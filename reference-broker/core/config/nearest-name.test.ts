import fc from 'fast-check'
import { expect, it } from 'vitest'
import { editDistance, nearestName } from './nearest-name.ts'
import { brokerSettingNames } from './read-broker-config.ts'

/** The definition itself, without the table of the fast one. */
function slowDistance(from: string, to: string): number {
  if (from === '' || to === '') return from.length + to.length
  const replace = slowDistance(from.slice(1), to.slice(1)) + (from[0] === to[0] ? 0 : 1)
  return Math.min(replace, slowDistance(from.slice(1), to) + 1, slowDistance(from, to.slice(1)) + 1)
}

it('the edit distance is the least number of edits', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 5 })
  fc.assert(fc.property(word, word, (from, to) => editDistance(from, to) === slowDistance(from, to)))
})

it('a name with one letter missing is traced back to a name one edit away', () => {
  const name = fc.constantFrom(...brokerSettingNames)
  fc.assert(
    fc.property(name, fc.nat(), (real, at) => {
      const letter = at % real.length
      const misspelled = real.slice(0, letter) + real.slice(letter + 1)
      expect(editDistance(misspelled, nearestName(misspelled, brokerSettingNames))).toBeLessThanOrEqual(1)
    }),
    { numRuns: 50 },
  )
})

it.each([
  ['num.partition', 'num.partitions'],
  ['log.retention.m', 'log.retention.ms'],
  ['replica.lag.max.time.ms', 'replica.lag.time.max.ms'],
])('%s was meant to be %s', (wrong, real) => {
  expect(nearestName(wrong, brokerSettingNames)).toBe(real)
})
