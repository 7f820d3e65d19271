/** Seeds of consumer groups that once showed something, and what they are to show. */
import { expect, it } from 'vitest'
import { runSeed } from './seed-worker.ts'

const seeds = [
  { seed: 770431327, shows: 'a group whose member dies while the others leave comes to an end' },
  { seed: 5007, shows: 'a generation that no coordinator has written is made anew by the next, and nobody is convicted of it' },
  { seed: 5008, shows: 'a commit that was asked for again arrives once more when it is old, and sets the offset back lawfully' },
]

it.each(seeds)('$shows ($seed)', ({ seed }) => {
  const { judgement } = runSeed({ scenario: 'group-churn', seed, defect: undefined, accept: [], wantHistory: false })
  const { valid, reasons, findings } = judgement
  expect([valid, reasons, findings.filter(({ allowed }) => allowed === undefined)]).toEqual([true, [], []])
})
