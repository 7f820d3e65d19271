/**
 * What the two checkers of index/later-words.ts share: a finding from a poll and what a leader told after it. Aspect
 * `other-leader`: the record was not appended under the leaderEpoch of that leader, and an unclean election may lie
 * between.
 */
import type { CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import type { Contradicted } from './index/later-words.ts'
import { toldStep } from './told-order.ts'
import type { Finding } from './verdict.ts'
import { inOrder, readStep, valueName } from './witness.ts'

export interface LaterWord {
  readonly name: string
  readonly guarantees: readonly string[]
  /** Ends the sentence: `x: v3 was polled at offset 2, `. */
  readonly says: (told: Contradicted['told']) => string
}

/** The read of a run's highest offset. */
function topOf({ reads }: HistoryIndex, run: number): number {
  let read = reads.runStart(run)
  while (reads.offset[read] !== reads.runTop[run]) read++
  return read
}

function aspectOf(index: HistoryIndex, { run, told }: Contradicted): string {
  return index.reads.epoch[topOf(index, run)] === told.leaderEpoch ? '' : 'other-leader'
}

function finding(index: HistoryIndex, contradicted: Contradicted, word: LaterWord): Finding {
  const { reads, records } = index
  const { run, told } = contradicted
  const read = topOf(index, run)
  const record = reads.record[read]!
  const aspect = aspectOf(index, contradicted)
  return {
    anomaly: word.name,
    guarantees: word.guarantees,
    ...(aspect !== '' && { aspect }),
    blame: 'broker',
    message: `${told.key}: ${valueName(index, record)} was polled at offset ${reads.offset[read]}, ${word.says(told)}`,
    key: told.key,
    values: [records.values[record]!],
    offsets: [reads.offset[read]!],
    witness: inOrder([readStep(index, read), toldStep(index, told, 'highWatermark')]),
  }
}

/** One finding for each poll that is contradicted, beside those that `found` has. */
export function addLaterWords(
  found: FindingList,
  index: HistoryIndex,
  contradicted: readonly Contradicted[],
  word: LaterWord,
): CheckResult {
  const told = new Set<number>()
  for (const each of contradicted) {
    if (told.has(each.run)) continue
    told.add(each.run)
    const size = each.told.at - index.reads.runOp[each.run]!
    found.add(size, aspectOf(index, each), () => finding(index, each, word))
  }
  return found.result()
}
