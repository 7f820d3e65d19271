/**
 * Vanished read: a poll, whatever became of it, returned a record, and a final consumer, which begins at the beginning,
 * went past its offset and never got it. What was read was below a high watermark, so every later leader has it. What a
 * reader saw of a transaction before it was committed may rightly be hidden from who reads only what is committed.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import { isAtomic, readsCommitted } from './index/isolation.ts'
import { bytes, floats } from './index/columns.ts'
import { type FinalReadOp, isFinalClient } from './index/run-marks.ts'
import type { Finding } from './verdict.ts'
import { inOrder, keyName, opOfRead, readStep, valueName } from './witness.ts'

const name = 'vanished-read'
const guarantees: readonly string[] = ['ORD-4', 'DUR-5']

/** By record: 1 when this consumer got it. */
function gotBy({ table, reads, records }: HistoryIndex, actor: number): Uint8Array {
  const got = bytes(records.size)
  for (let run = 0; run < reads.runs; run++) {
    if (table.actor[reads.runOp[run]!] !== actor) continue
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) got[reads.record[read]!] = 1
  }
  return got
}

/** By key code: the offset a final consumer would read next, -1 for keys it did not read. */
function reachedBy({ records }: HistoryIndex, { value }: FinalReadOp): Float64Array {
  const reached = floats(records.keys.length).fill(none)
  for (const key of value.keys) {
    const code = records.findKey(key)
    if (code !== none) reached[code] = value.reached[String(key)] ?? none
  }
  return reached
}

/** Whether a read may lawfully be hidden from the final consumer that wrote the op at a position. */
function mayBeHidden({ isolation, table, sends, writers, committed, reads }: HistoryIndex, final: number): (read: number) => boolean {
  if (isolation.uncommitted === undefined || !readsCommitted(isolation, table, final)) return () => false
  return (read) => {
    const row = writers[reads.record[read]!]!
    if (row === none || committed[row] === 1 || !isAtomic(isolation, table, sends, row)) return false
    return !readsCommitted(isolation, table, reads.runOp[reads.runOf(read)]!)
  }
}

function finding(index: HistoryIndex, read: number, final: FinalReadOp): Finding {
  const { reads, records, ops, table } = index
  const record = reads.record[read]!
  const key = records.keyOf[record]!
  const offset = reads.offset[read]!
  const reader = String(table.actors[table.actor[final.at]!])
  const reached = final.value.reached[String(records.keys[key]!)]!
  const was = `${keyName(index, record)}: ${valueName(index, record)} was polled at offset ${offset}`
  return {
    anomaly: name,
    guarantees,
    message: `${was}, and ${reader} read all up to offset ${reached} without it`,
    key: records.keys[key]!,
    values: [records.values[record]!],
    offsets: [offset],
    witness: inOrder([
      readStep(index, read),
      { op: ops.at(final.at)!.index, shows: `${reader} had read all below offset ${reached}` },
    ]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { reads, records, table, marks } = index
  const told = bytes(records.size)
  for (const final of marks.finalReads) {
    const actor = table.actor[final.at]!
    if (!isFinalClient(table.actors[actor])) continue
    const got = gotBy(index, actor)
    const hidden = mayBeHidden(index, final.at)
    const reached = reachedBy(index, final)
    for (let read = 0; read < reads.size; read++) {
      const record = reads.record[read]!
      if (got[record] === 1 || told[record] === 1) continue
      if (!(reads.offset[read]! < reached[records.keyOf[record]!]!) || hidden(read)) continue
      told[record] = 1
      found.add(final.at - opOfRead(index, read), '', () => finding(index, read, final))
    }
  }
  return found.result()
}

export const vanishedRead: Checker = {
  name,
  describes: 'A record that a poll had returned is missing from a complete read of its key at the end.',
  guarantees,
  check,
}
