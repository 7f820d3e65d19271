/**
 * Torn transaction: readers of what is committed got one part of a transaction, and went past the place of another part
 * without it, however the transaction ended. Aspect `offsets`: the parts are records and offsets of a group, and only one of
 * the two took effect.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import { floats } from './index/columns.ts'
import { readsCommitted } from './index/isolation.ts'
import { isFinalClient } from './index/run-marks.ts'
import { addTornOffsets, guarantees, name } from './torn-offsets.ts'
import type { Finding } from './verdict.ts'
import { firstOkReadOf, inOrder, keyName, readStep, sendStep, valueName } from './witness.ts'

/** By key code: the highest offset that readers of what is committed went past, as `lostBounds` counts it; -1 for none. */
function passedOffsets(index: HistoryIndex): Float64Array {
  const { reads, table, covered, isolation, records, marks } = index
  const passed = floats(records.keys.length).fill(none)
  const raise = (key: number, offset: number): void => {
    if (offset > passed[key]!) passed[key] = offset
  }
  for (let run = 0; run < reads.runs; run++) {
    const op = reads.runOp[run]!
    if (!reads.isOk(run) || !readsCommitted(isolation, table, op)) continue
    const counts = covered[reads.runKey[run]!] === 1 || isFinalClient(table.actors[table.actor[op]!])
    if (counts) raise(reads.runKey[run]!, reads.runTop[run]!)
  }
  for (const { at, value } of marks.finalReads) {
    if (!isFinalClient(table.actors[table.actor[at]!]) || !readsCommitted(isolation, table, at)) continue
    for (const key of value.keys) {
      const code = records.findKey(key)
      if (code !== none) raise(code, (value.reached[String(key)] ?? 0) - 1)
    }
  }
  return passed
}

/** Where a send landed, whatever became of its transaction: as its answer told, or where somebody read it; else NaN. */
function landedAt({ sends, log }: HistoryIndex, row: number): number {
  if (!Number.isNaN(sends.offset[row]!)) return sends.offset[row]!
  const place = log.firstPlace[sends.record[row]!]!
  return place === none ? Number.NaN : log.offset[place]!
}

interface Parts {
  /** Send rows: one that was read, and one that was passed and not read; `none` without one. */
  readonly visible: number
  readonly hidden: number
}

function partsOf(index: HistoryIndex, txn: number, passed: Float64Array): Parts {
  const { seenCommitted, sends, records, ambiguous, writers } = index
  const { start, rows } = index.transactions()
  let [visible, hidden]: [number, number] = [none, none]
  for (let at = start[txn]!; at < start[txn + 1]!; at++) {
    const row = rows[at]!
    const record = sends.record[row]!
    if (ambiguous.has(record) || writers[record] !== row) continue
    if (seenCommitted[record] === 1) visible = row
    else if (landedAt(index, row) <= passed[records.keyOf[record]!]!) hidden = row
  }
  return { visible, hidden }
}

/** What shows that an offset of a key was passed: a read at or beyond it, or the end of a final read. */
function passingStep(index: HistoryIndex, row: number): Finding['witness'] {
  const { reads, records, sends, isolation, table, marks, ops } = index
  const key = records.keyOf[sends.record[row]!]!
  const offset = landedAt(index, row)
  for (let run = 0; run < reads.runs; run++) {
    const op = reads.runOp[run]!
    if (reads.runKey[run] !== key || !reads.isOk(run) || !readsCommitted(isolation, table, op)) continue
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) if (reads.offset[read]! >= offset) return [readStep(index, read)]
  }
  const name = String(records.keys[key]!)
  const final = marks.finalReads.find(({ value }) => (value.reached[name] ?? 0) > offset)
  return final === undefined ? [] : [{ op: ops.at(final.at)!.index, shows: `had read ${name} up to offset ${final.value.reached[name]}` }]
}

function finding(index: HistoryIndex, { visible, hidden }: Parts): Finding {
  const { sends, records } = index
  const [seen, missed] = [sends.record[visible]!, sends.record[hidden]!]
  const read = firstOkReadOf(index, seen, true)
  const first = `${valueName(index, seen)} of ${keyName(index, seen)} was read`
  const second = `${valueName(index, missed)} of ${keyName(index, missed)}, at offset ${landedAt(index, hidden)}, was passed and never was`
  return {
    anomaly: name,
    guarantees,
    message: `of one transaction ${first}, and ${second}`,
    key: records.keys[records.keyOf[missed]!]!,
    values: [records.values[seen]!, records.values[missed]!],
    offsets: [landedAt(index, hidden)],
    witness: inOrder([sendStep(index, visible), sendStep(index, hidden), readStep(index, read), ...passingStep(index, hidden)]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  if (!index.isolation.hasTransactions) return found.result()
  const { size } = index.transactions()
  const passed = passedOffsets(index)
  for (let txn = 0; txn < size; txn++) {
    const parts = partsOf(index, txn, passed)
    if (parts.visible === none || parts.hidden === none) continue
    found.add(txn, '', () => finding(index, parts))
  }
  addTornOffsets(index, found)
  return found.result()
}

export const tornTransaction: Checker = {
  name,
  describes: 'Of one transaction a part took effect, records or offsets of a group, and another part did not.',
  guarantees,
  check,
}
