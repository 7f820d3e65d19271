/** Seeds of consumer groups that once showed something, and what they are to show. */
import { expect, it } from 'vitest'
import { drawGroupChurn } from './group-swarm.ts'
import { resultOf } from './seed-worker.ts'
import { simulate } from './targets/simulated.ts'

const seeds = [
  { seed: 770431327, shows: 'a group whose member dies while the others leave comes to an end' },
  { seed: 5007, shows: 'a generation that no coordinator has written is made anew by the next, and nobody is convicted of it' },
  { seed: 5008, shows: 'a commit that was asked for again arrives once more when it is old, and sets the offset back lawfully' },
]

/** They were found when the offsets topic had as many partitions. */
const then = { 'offsets.topic.num.partitions': '50' }

it.each(seeds)('$shows ($seed)', ({ seed }) => {
  const drawn = drawGroupChurn(seed)
  const run = simulate(seed, { swarm: { ...drawn, settings: { ...drawn.settings, ...then } }, invariants: true })
  const task = { scenario: 'group-churn', seed, defect: undefined, accept: [], wantHistory: false }
  const { valid, reasons, findings } = resultOf(task, run, 0).judgement
  expect([valid, reasons, findings.filter(({ allowed }) => allowed === undefined)]).toEqual([true, [], []])
})
