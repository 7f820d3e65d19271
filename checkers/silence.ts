/**
 * Why a history without anomalies may still not be called valid: nothing happened in it that could have
 * gone wrong. Each reason is one sentence; any of them makes the verdict 'unknown'.
 */
import type { Op } from '../history/op.ts'
import type { Figures } from './figures.ts'
import type { HistoryIndex } from './history-index.ts'
import { invoked, none, ok, pollKind, sendKind, txnKind } from './index/codes.ts'

const recordKinds = [[sendKind, 'send'], [pollKind, 'poll'], [txnKind, 'txn']] as const

/** Who leaves late has been put out already: it is no member, as it asks. */
function wasGone({ type, f, error }: Op): boolean {
  return type === 'fail' && f === 'leave' && error?.code === 'UNKNOWN_MEMBER_ID'
}

/** A crash has no outcome, and with acks=0 no send has. */
function cannotSucceed(f: string, index: HistoryIndex): boolean {
  return f === 'crash' || (f === 'send' && index.marks.config?.acks === 0)
}

/** Whether any op of a kind succeeded: of what carries records, then of the rest in the order they were tried. */
function successes({ ops, table }: HistoryIndex): Map<string, boolean> {
  const succeeded = new Map<string, boolean>()
  for (const [kind, f] of recordKinds) {
    const successes = table.counts[4 * kind + ok]!
    if (table.counts[4 * kind + invoked]! + successes > 0) succeeded.set(f, successes > 0)
  }
  for (const at of table.rest) {
    const op = ops.at(at)!
    const { f } = op
    if (table.type[at] === ok || wasGone(op)) succeeded.set(f, true)
    else if ((table.type[at] === invoked || f === 'final-read') && !succeeded.has(f)) succeeded.set(f, false)
  }
  return succeeded
}

function kindsThatNeverSucceeded(index: HistoryIndex): string[] {
  return [...successes(index)].flatMap(([f, once]) => (once || cannotSucceed(f, index) ? [] : [`no ${f} succeeded`]))
}

function nothingAfter(position: number, { table }: HistoryIndex): boolean {
  for (let at = table.type.length - 1; at > position; at--) {
    if (table.type[at] === ok && table.actor[at] !== none) return false
  }
  return true
}

function phaseReasons(index: HistoryIndex): string[] {
  const { hasPhases, phases } = index.marks
  const reasons: string[] = []
  if (hasPhases && phases.final === none) reasons.push('the run has phases but never reached its final phase')
  if (phases.heal !== none && nothingAfter(phases.heal, index)) reasons.push('nothing succeeded after healing')
  return reasons
}

export function silenceReasons(index: HistoryIndex, figures: Figures): string[] {
  const reasons: string[] = []
  const readWithoutAcks = index.marks.config?.acks === 0 && index.reads.size > 0
  if (figures.acknowledged === 0 && !readWithoutAcks) reasons.push('nothing was acknowledged')
  if (index.okPolls === 0) reasons.push('no poll succeeded')
  const kinds = kindsThatNeverSucceeded(index).filter(reason => !reasons.includes(reason))
  return [...reasons, ...kinds, ...phaseReasons(index)]
}
