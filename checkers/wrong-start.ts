/**
 * Wrong start: a member began a partition where neither a committed offset nor `auto.offset.reset` can have led it.
 * - `unwritten`: at an offset that nobody of its group has committed or set, although something was committed, nor the policy led to.
 * - `replay`: above an offset that had been set on purpose before, which nobody has overwritten since.
 * - `earliest`: nothing was committed, and it passed over a record that had been acknowledged before it asked.
 * - `latest`: nothing was committed, and it went back to a record that had been acknowledged before it asked.
 * - `none`: nothing was committed, and it began all the same.
 * All but `replay` by the group's `resetPolicy`; where logs lost their beginning, or readers see what is committed only by
 * transactions, no more is said than that is known for sure.
 */
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { mayBeStale, mayFollowInItsEpoch, mayHaveBeenDeaf } from './groups/committed.ts'
import type { ReadRow, WriteRow } from './groups/group-ops.ts'
import { type Group, groupsOf } from './groups/groups.ts'
import { readStep, writeStep } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { failed, none, ok } from './index/codes.ts'
import type { Finding, WitnessStep } from './verdict.ts'
import { inOrder, sendStep, valueName } from './witness.ts'

const name = 'wrong-start'
const guarantees: readonly string[] = ['GRP-10']

interface Wrong {
  readonly aspect: 'unwritten' | 'replay' | 'earliest' | 'latest' | 'none'
  /** Behind "began x at 5". */
  readonly words: string
  /** Position of what it should have known. */
  readonly since: number
  readonly step: (() => WitnessStep) | undefined
}

/** What may have been the committed offset when it was asked for, or came to be it before the member began. */
function candidates({ writes }: Group, { key, at }: ReadRow): readonly WriteRow[] {
  return (writes.get(key) ?? []).filter(write => write.outcome !== failed && write.asked < at)
}

function isAcknowledgedBefore({ kind, outcome, done }: WriteRow, asked: number): boolean {
  return kind !== 'transaction' && outcome === ok && done < asked
}

/** Set on purpose, acknowledged, and passed over for an offset that was committed before. To forget it (-1) is to begin by the policy. */
function ignoredReset(index: HistoryIndex, group: Group, writes: readonly WriteRow[], read: ReadRow): Wrong | undefined {
  const { asked, offset } = read
  const reset = writes.findLast(write => write.kind === 'reset' && write.offset >= 0 && write.offset < offset && isAcknowledgedBefore(write, asked))
  if (reset === undefined || mayBeStale(index, group, { write: reset, read })) return undefined
  if (writes.some(write => write.offset === offset && mayFollowInItsEpoch(group, write, reset))) return undefined
  const words = `although it had been set to ${reset.offset}`
  return { aspect: 'replay', words, since: reset.done, step: () => writeStep(index, reset) }
}

function hasLostItsStart({ observations }: HistoryIndex, key: Key): boolean {
  return observations.told.some(told => told.key === key && (told.logStartOffset ?? 0) > 0)
}

/** Row of an acknowledged send to a key, known before it was asked, whose offset is as wanted; or `none`. */
function acknowledged({ sends, records }: HistoryIndex, { key, asked }: ReadRow, isWanted: (offset: number) => boolean): number {
  const code = records.findKey(key)
  if (code === none) return none
  for (let row = 0; row < sends.size; row++) {
    const isOf = sends.outcome[row] === ok && records.keyOf[sends.record[row]!] === code
    if (isOf && sends.completion[row]! < asked && isWanted(sends.offset[row]!)) return row
  }
  return none
}

function byPolicy(index: HistoryIndex, { config }: Group, read: ReadRow): Wrong | undefined {
  const { resetPolicy } = config
  if (resetPolicy === undefined || hasLostItsStart(index, read.key)) return undefined
  if (resetPolicy === 'none') {
    return { aspect: 'none', words: 'although no place to begin was given', since: read.asked, step: undefined }
  }
  const isEarliest = resetPolicy === 'earliest'
  // The end is what is committed: an open transaction holds it back, and what only the leader has is not counted.
  const { isolation, marks } = index
  if (!isEarliest && (isolation.hasTransactions || (marks.config?.acks ?? -1) !== -1)) return undefined
  const row = acknowledged(index, read, offset => (isEarliest ? offset < read.offset : offset >= read.offset))
  if (row === none) return undefined
  // A leader that is none any more, and does not know, tells the end as it knows it.
  if (!isEarliest && mayHaveBeenDeaf(index, undefined, { done: index.sends.completion[row]!, asked: read.asked })) return undefined
  const value = valueName(index, index.sends.record[row]!)
  const words = isEarliest ? `behind ${value}, which was there already` : `before ${value}, which was there already`
  return { aspect: resetPolicy, words, since: index.sends.completion[row]!, step: () => sendStep(index, row) }
}

/** Who was told of no committed offset goes by the policy, also where a deposed coordinator did not know of one. */
function wrongOf(index: HistoryIndex, group: Group, read: ReadRow): Wrong | undefined {
  const writes = candidates(group, read)
  if (writes.some(({ offset }) => offset === read.offset)) return ignoredReset(index, group, writes, read)
  const wrong = byPolicy(index, group, read)
  const known = writes.findLast(write => isAcknowledgedBefore(write, read.asked))
  if (wrong === undefined || known === undefined) return wrong
  return { aspect: 'unwritten', words: 'which nobody had committed', since: known.done, step: () => writeStep(index, known) }
}

function finding(index: HistoryIndex, group: Group, read: ReadRow, { aspect, words, step }: Wrong): Finding {
  const told = readStep(index, read)
  return {
    anomaly: name,
    guarantees,
    aspect,
    message: `${read.key}: a member of group ${group.name} began at ${read.offset}, ${words}`,
    key: read.key,
    offsets: [read.offset],
    witness: step === undefined ? [told] : inOrder([step(), told]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const group of groupsOf(index)) {
    for (const read of group.reads) {
      if (read.kind !== 'start') continue
      const wrong = wrongOf(index, group, read)
      if (wrong !== undefined) found.add(read.at - wrong.since, wrong.aspect, () => finding(index, group, read, wrong))
    }
  }
  return found.result()
}

export const wrongStart: Checker = {
  name,
  describes: 'A member began a partition where neither a committed offset nor auto.offset.reset can have led it.',
  guarantees,
  check,
}
