import { expect, it } from 'vitest'
import { runSeeds, type SeedRange } from './seed-pool.ts'
import type { SeedResult } from './seed-worker.ts'

async function results(range: Partial<SeedRange>): Promise<SeedResult[]> {
  const all: SeedResult[] = []
  await runSeeds({ scenario: 'swarm', first: 1, count: 1, accept: [], onResult: (result) => all.push(result), ...range })
  return all
}

it('tells of seeds in their order, also where a later one ends before', async () => {
  // The first takes half as long again as the second.
  const all = await results({ count: 4 })
  expect(all.map(({ seed }) => seed)).toEqual([1, 2, 3, 4])
  expect(all.filter(({ history }) => history !== undefined).map(({ seed }) => seed)).toEqual([1])
})

it('ends with the seed that is looked for, and tells of none behind it', async () => {
  const all = await results({ count: 100, until: ({ seed }) => seed === 2 })
  expect(all.map(({ seed }) => seed)).toEqual([1, 2])
})

it('runs a seed the same on a thread that has run others', async () => {
  const again = { scenario: 'bank', first: 1, count: 1 }
  const [before] = await results(again)
  await results({ first: 5, count: 3 })
  const [after] = await results(again)
  const { wallMs: _before, ...fresh } = before!
  const { wallMs: _after, ...used } = after!
  expect(used).toEqual(fresh)
})
