/**
 * The half of torn-transaction.ts that looks at offsets of groups: a fetch told an offset that only aborted transactions
 * had asked for, or, once everything was settled, one lower than a committed transaction had, to which nothing else can
 * have set it back.
 */
import type { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { failed, none, ok } from './index/codes.ts'
import { type GroupOffsets, groupOffsets, mayComeAfter, type OffsetsAsked, type OffsetsTold } from './index/group-offsets.ts'
import type { Finding } from './verdict.ts'
import { inOrder } from './witness.ts'

export const name = 'torn-transaction'
export const guarantees: readonly string[] = ['TXN-1', 'TXN-6']
const aspect = 'offsets'

/** Committed, and yet a fetch begun later told less. Not before the final phase: until then markers may be on their way. */
function unapplied({ marks }: HistoryIndex, { asked }: GroupOffsets, told: OffsetsTold): OffsetsAsked | undefined {
  if (told.invocation < marks.phases.final || (marks.hasPhases && marks.phases.final === none)) return undefined
  const mayBeBehind = (after: number): boolean => asked.some(one => one.offset === told.offset && mayComeAfter(one, after))
  return asked.find(({ txn, outcome, invocation, completion, offset }) => {
    const isOwed = txn !== none && outcome === ok && completion < told.invocation && offset > told.offset
    return isOwed && !mayBeBehind(invocation)
  })
}

/** The aborted transaction whose offset was told, when nobody else had asked for it by then. */
function leaked(asked: readonly OffsetsAsked[], told: OffsetsTold): OffsetsAsked | undefined {
  const by = asked.filter(({ invocation }) => invocation < told.completion)
  return by.every(({ outcome }) => outcome === failed) ? by.find(({ txn }) => txn !== none) : undefined
}

interface Shown {
  readonly of: GroupOffsets
  readonly asked: OffsetsAsked
  readonly told: OffsetsTold
}

function finding({ ops }: HistoryIndex, { of: { group, key }, asked, told }: Shown): Finding {
  const isCommitted = asked.outcome === ok
  const became = isCommitted ? 'was committed' : 'was aborted'
  const instead = isCommitted ? ', and nothing set it back' : ''
  return {
    anomaly: name,
    guarantees,
    aspect,
    message: `a transaction with offset ${asked.offset} of ${key} for group ${group} ${became}, and yet the group was at ${told.offset}${instead}`,
    key,
    offsets: [...new Set([asked.offset, told.offset])],
    witness: inOrder([
      { op: ops.at(asked.completion)!.index, shows: `the transaction with offset ${asked.offset} for group ${group} ${became}` },
      { op: ops.at(told.invocation)!.index, shows: 'the offsets of the group were asked for' },
      { op: ops.at(told.completion)!.index, shows: `group ${group} had committed ${told.offset} of ${key}` },
    ]),
  }
}

function addOf(index: HistoryIndex, of: GroupOffsets, found: FindingList): void {
  if (of.asked.some(({ isReset }) => isReset)) return
  const byOffset = Map.groupBy(of.asked, ({ offset }) => offset)
  for (const told of of.told) {
    const asked = leaked(byOffset.get(told.offset) ?? [], told) ?? unapplied(index, of, told)
    if (asked !== undefined) found.add(told.completion - asked.completion, aspect, () => finding(index, { of, asked, told }))
  }
}

export function addTornOffsets(index: HistoryIndex, found: FindingList): void {
  for (const of of groupOffsets(index)) addOf(index, of, found)
}
