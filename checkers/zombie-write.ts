/**
 * Zombie write: an instance of a producer that was fenced, because a newer one of its transactional id had been initialised,
 * began something after that, and it took effect: its transaction was committed (also one of a group's offsets alone), its
 * record was read by who reads only what is committed, or a send of it was acknowledged. Of records that another may have sent as
 * well nobody knows whose was read.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import { type Fence, Fences } from './index/fences.ts'
import type { Finding, WitnessStep } from './verdict.ts'
import { firstOkReadOf, inOrder, keyName, readStep, sendStep, valueName } from './witness.ts'

const name = 'zombie-write'
const guarantees: readonly string[] = ['TXN-3']

type Effect = 'committed' | 'read' | 'acknowledged'

function effectOf({ sends, seenCommitted, writers, ambiguous }: HistoryIndex, row: number): Effect | undefined {
  if (sends.outcome[row] === ok) return 'committed'
  const record = sends.record[row]!
  if (seenCommitted[record] === 1 && writers[record] === row && !ambiguous.has(record)) return 'read'
  return Number.isNaN(sends.offset[row]!) ? undefined : 'acknowledged'
}

function effectStep(index: HistoryIndex, row: number, effect: Effect): WitnessStep {
  const { sends, records, ops } = index
  const record = sends.record[row]!
  if (effect === 'committed') return sendStep(index, row)
  if (effect === 'read') return readStep(index, firstOkReadOf(index, record, true))
  const where = `offset ${sends.offset[row]!} of ${String(records.keys[records.keyOf[record]!]!)}`
  return { op: ops.at(sends.completion[row]!)!.index, shows: `its ${valueName(index, record)} had been acknowledged at ${where}` }
}

function fenceSteps({ ops, table }: HistoryIndex, { older, newer }: Fence): WitnessStep[] {
  const [zombie, successor] = [older, newer].map(({ actor }) => table.actors[actor]!)
  return [
    { op: ops.at(older.completion)!.index, shows: `${zombie} became ${older.transactionalId}` },
    { op: ops.at(newer.completion)!.index, shows: `${successor} became ${older.transactionalId}, which shut ${zombie} out` },
  ]
}

/** A transaction that sent nothing, with what it asked to commit for groups. */
function offsetsFinding(index: HistoryIndex, txn: number, fence: Fence): Finding {
  const { ops, table } = index
  const { invocation, completion, offsets } = index.transactions()
  const [zombie, successor] = [fence.older, fence.newer].map(({ actor }) => table.actors[actor]!)
  const groups = [...new Set(offsets.get(txn)!.map(({ group }) => group))].join(', ')
  return {
    anomaly: name,
    guarantees,
    blame: 'broker',
    message: `offsets of group ${groups} were committed by ${zombie}, begun after ${successor} had taken ${fence.older.transactionalId} over`,
    witness: inOrder([
      ...fenceSteps(index, fence),
      { op: ops.at(invocation[txn]!)!.index, shows: `${zombie} began to commit offsets of group ${groups}` },
      { op: ops.at(completion[txn]!)!.index, shows: 'they were committed' },
    ]),
  }
}

function finding(index: HistoryIndex, row: number, fence: Fence): Finding {
  const { sends, records, ops, table } = index
  const { older, newer } = fence
  const record = sends.record[row]!
  const effect = effectOf(index, row)!
  const [zombie, successor] = [older, newer].map(({ actor }) => table.actors[actor]!)
  const offset = sends.offset[row]!
  const { transactionalId } = older
  return {
    anomaly: name,
    guarantees,
    blame: 'broker',
    message: `${keyName(index, record)}: ${valueName(index, record)} of ${zombie} was ${effect}, begun after ${successor} had taken ${transactionalId} over`,
    key: records.keys[records.keyOf[record]!]!,
    values: [records.values[record]!],
    ...(!Number.isNaN(offset) && { offsets: [offset] }),
    witness: inOrder([
      ...fenceSteps(index, fence),
      { op: ops.at(sends.invocation[row]!)!.index, shows: `${zombie} began to send ${valueName(index, record)}` },
      effectStep(index, row, effect),
    ]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { sends, table } = index
  const fences = new Fences(index)
  if (fences.isEmpty) return found.result()
  let told: number = none
  for (let row = 0; row < sends.size; row++) {
    const op = sends.invocation[row]!
    if (table.invocation[op] !== op || op === told || effectOf(index, row) === undefined) continue
    const fence = fences.before(table.actor[op]!, op)
    if (fence === undefined) continue
    told = op
    found.add(op - fence.newer.completion, '', () => finding(index, row, fence))
  }
  const { offsets, start, invocation, completion } = index.transactions()
  for (const txn of offsets.keys()) {
    const [began, done] = [invocation[txn]!, completion[txn]!]
    const isCommitted = start[txn] === start[txn + 1] && done !== none && table.type[done] === ok
    const fence = isCommitted ? fences.before(table.actor[began]!, began) : undefined
    if (fence !== undefined) found.add(began - fence.newer.completion, '', () => offsetsFinding(index, txn, fence))
  }
  return found.result()
}

export const zombieWrite: Checker = {
  name,
  describes: 'What a fenced instance of a producer began after a newer one was initialised took effect all the same.',
  guarantees,
  check,
}
