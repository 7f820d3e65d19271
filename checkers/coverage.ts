/**
 * What a run went through, counted by name: changes of leader and controller, faults seen in force, ops by kind and by
 * outcome, and what the harness tells of the inside of a simulated world. Beside a judgement without findings it says
 * that there was something to find. Over many seeds, whatever stays at 0 was not tested.
 */
import type { Faults } from './faults.ts'
import type { Figures } from './figures.ts'
import { groupCoverage } from './groups/group-figures.ts'
import { letterCoverage } from './groups/letters.ts'
import type { HistoryIndex } from './history-index.ts'
import { crashKind, failed, invoked, none, ok, pollKind, sendKind, txnKind, unknown } from './index/codes.ts'

/** Names of figures of coverage begin so. */
export const coveragePrefix = 'coverage.'

const recordKinds = [[sendKind, 'send'], [pollKind, 'poll'], [txnKind, 'txn']] as const
const outcomes = [[ok, 'ok'], [failed, 'fail'], [unknown, 'info']] as const

/** Kinds of op that succeeded, as `op.<f>`; a crash has no success to wait for. */
function opCounts({ ops, table }: HistoryIndex): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [kind, f] of recordKinds) {
    const succeeded = table.counts[4 * kind + ok]!
    if (succeeded > 0) counts[`op.${f}`] = succeeded
  }
  for (const at of table.rest) {
    const isCrash = table.kind[at] === crashKind && table.type[at] === unknown
    if (table.type[at] !== ok && !isCrash) continue
    const name = `op.${ops.at(at)!.f}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Sends by outcome, as `send.<type>`; those never completed are `info`. */
function outcomeCounts({ sends }: HistoryIndex): Record<string, number> {
  const byOutcome = new Uint32Array(unknown + 1)
  for (let row = 0; row < sends.size; row++) byOutcome[sends.outcome[row]!]!++
  return Object.fromEntries(outcomes.map(([outcome, name]) => [`send.${name}`, byOutcome[outcome]!]))
}

function faultCounts({ records }: Faults): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { name, inForce } of records) counts[`fault.${name}`] = (counts[`fault.${name}`] ?? 0) + (inForce ? 1 : 0)
  return counts
}

/** Of the transactions, those that certainly did not happen; nothing where there are none. */
function abortedShare({ table: { counts } }: HistoryIndex): Record<string, number> {
  const begun = counts[4 * txnKind + invoked]!
  return begun === 0 ? {} : { abortedTransactionsShare: counts[4 * txnKind + failed]! / begun }
}

/** A change that the inside of the world, its brokers and their answers all tell is one change. */
function most(told: readonly (Readonly<Record<string, number>> | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const one of told) for (const [name, count] of Object.entries(one ?? {})) counts[name] = Math.max(counts[name] ?? none, count)
  return counts
}

/** Counts by name, without the prefix. */
export function coverageOf(index: HistoryIndex, faults: Faults, { leaderChanges, controllerChanges }: Figures): Record<string, number> {
  return {
    ...most([index.marks.coverage, { leaderChanges, controllerChanges }, { ...groupCoverage(index) }]),
    ...faultCounts(faults),
    ...opCounts(index),
    ...outcomeCounts(index),
    ...abortedShare(index),
    ...letterCoverage(index),
  }
}

export function coverageFigures(coverage: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(coverage).map(([name, count]) => [`${coveragePrefix}${name}`, count]))
}
