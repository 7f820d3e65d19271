/** Seeds of consumer groups that once showed something, and what they are to show. */
import { expect, it } from 'vitest'
import { drawGroupChurn } from './group-swarm.ts'
import { resultOf } from './seed-worker.ts'
import { simulate } from './targets/simulated.ts'

/** They were found when the offsets topic had as many partitions. */
const settings = { 'offsets.topic.num.partitions': '50' }

const seeds = [
  { seed: 58, shows: 'a commit that a later one has overtaken is not tried again' },
  { seed: 353, shows: 'what could not be committed takes no place of what was processed since' },
  { seed: 566, shows: 'a commit whose connection was lost is worked on late, and sets the offset back lawfully' },
  { seed: 800, shows: 'members of a KIP-848 group that want other topics without joining anew' },
  { seed: 1093, shows: 'a static member that wants other topics when it comes back, which nobody hears of' },
  { seed: 1376, shows: 'what is to be given up again is not begun' },
  { seed: 1798, shows: 'what a generation gave, told when the next had begun, which was made twice' },
  { seed: 2599, shows: 'a coordinator that is none any more goes on answering heartbeats' },
  { seed: 4264, shows: 'a static member that comes to a generation which knows its old wishes' },
  { seed: 4662, shows: 'a member that changes its topics while it asks to join' },
  { seed: 4843, shows: 'a member that missed a generation, and is refused its commit, begins where the group stands' },
  { seed: 770431327, settings, shows: 'a group whose member dies while the others leave comes to an end' },
  { seed: 5007, settings, shows: 'a generation that no coordinator has written is made anew by the next, and nobody is convicted of it' },
  { seed: 5008, settings, shows: 'a commit that was asked for again arrives once more when it is old, and sets the offset back lawfully' },
]

it.each(seeds)('$shows ($seed)', ({ seed, settings }) => {
  const drawn = drawGroupChurn(seed)
  const run = simulate(seed, { swarm: { ...drawn, settings: { ...drawn.settings, ...settings } }, invariants: true })
  const task = { scenario: 'group-churn', seed, defect: undefined, accept: [], wantHistory: false }
  const { valid, reasons, findings } = resultOf(task, run, 0).judgement
  expect([valid, reasons, findings.filter(({ allowed }) => allowed === undefined)]).toEqual([true, [], []])
})
