/**
 * Why a history without anomalies may still not be called valid: nothing happened in it that could have
 * gone wrong. Each reason is one sentence; any of them makes the verdict 'unknown'.
 */
import type { Figures } from './figures.ts'
import type { HistoryIndex } from './history-index.ts'
import { invoked, none, ok } from './index/op-table.ts'

/** A crash has no outcome, and with acks=0 no send has. */
function cannotSucceed(f: string, index: HistoryIndex): boolean {
  return f === 'crash' || (f === 'send' && index.marks.config?.acks === 0)
}

function kindsThatNeverSucceeded(index: HistoryIndex): string[] {
  const { ops, table } = index
  const succeeded = new Map<string, boolean>()
  for (let at = 0; at < ops.length; at++) {
    const { f } = ops[at]!
    if (table.actor[at] === none) continue
    if (table.type[at] === ok) succeeded.set(f, true)
    else if ((table.type[at] === invoked || f === 'final-read') && !succeeded.has(f)) succeeded.set(f, false)
  }
  return [...succeeded].flatMap(([f, once]) => (once || cannotSucceed(f, index) ? [] : [`no ${f} succeeded`]))
}

function nothingAfter(position: number, { table, ops }: HistoryIndex): boolean {
  for (let at = position + 1; at < ops.length; at++) {
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
