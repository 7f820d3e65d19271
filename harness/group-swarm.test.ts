/** Seeds of consumer groups that once showed something, and what they are to show. */
import { expect, it } from 'vitest'
import { runSeed } from './seed-worker.ts'

it('a group whose member dies while the others leave comes to an end', () => {
  const { judgement } = runSeed({ scenario: 'group-churn', seed: 770431327, defect: undefined, accept: [], wantHistory: false })
  const { valid, reasons, findings } = judgement
  expect([valid, reasons, findings.filter(({ allowed }) => allowed === undefined)]).toEqual([true, [], []])
})
