import fc from 'fast-check'
import { expect, it } from 'vitest'
import { simRandom } from './sim-random.ts'
import type { SimRandom } from './sim-random.ts'

function draws(random: SimRandom, count: number): number[] {
  return Array.from({ length: count }, () => random.next())
}

it('a seed gives the same numbers again, another seed others', () => {
  fc.assert(fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (seed, other) => {
    expect(draws(simRandom(seed), 20)).toEqual(draws(simRandom(seed), 20))
    if (seed !== other) expect(draws(simRandom(seed), 3)).not.toEqual(draws(simRandom(other), 3))
  }))
})

it('a fork does not depend on what was drawn before, nor disturb what is drawn after', () => {
  const plain = simRandom(7)
  const forked = simRandom(7)
  const early = draws(forked.fork('disk'), 10)
  const first = draws(forked, 10)
  const late = draws(forked.fork('disk'), 10)
  expect(first).toEqual(draws(plain, 10))
  expect(late).toEqual(early)
  expect(draws(forked.fork('network'), 10)).not.toEqual(early)
})

it('the first numbers of neighbouring seeds and of neighbouring forks are spread evenly', () => {
  const root = simRandom(0)
  for (const first of [(i: number) => simRandom(i).next(), (i: number) => root.fork(`node ${i}`).next()]) {
    const buckets = new Uint32Array(16)
    for (let i = 0; i < 16_000; i++) buckets[Math.floor(first(i) * 16)]!++
    expect(Math.min(...buckets)).toBeGreaterThan(850)
    expect(Math.max(...buckets)).toBeLessThan(1150)
  }
})
