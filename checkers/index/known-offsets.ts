/**
 * What was known of each key's log before a send began: the highest offset that an op had told which ended ok by then.
 * Ops are taken in the order of the history, which is real time.
 */
import type { HistoryIndex } from '../history-index.ts'
import { invoked, none, ok, otherKind, txnKind } from './codes.ts'
import { bytes, floats } from './columns.ts'

type Input = Pick<HistoryIndex, 'table' | 'sends' | 'reads' | 'records'>

/**
 * By send row: the highest offset of its key known before its invocation, -1 when none was, or when the history does not
 * show the invocation. `counts` picks, by row, the answers that make an offset known; all of them when missing.
 */
export function knownBefore({ table, sends, reads, records }: Input, counts?: Uint8Array): Float64Array {
  const known = new Float64Array(records.keys.length).fill(none)
  const before = floats(sends.size).fill(none)
  const { record, offset, invocation } = sends
  const { keyOf } = records
  let run = 0
  for (let at = 0; at < table.kind.length; at++) {
    const kind = table.kind[at]!
    if (kind === otherKind || kind > txnKind) continue
    const type = table.type[at]!
    const first = type === invoked ? sends.firstOf(at) : type === ok ? answeredFirst(at, table, sends) : none
    for (let row = first; row !== none && row < sends.size && invocation[row] === invocation[first]; row++) {
      const key = keyOf[record[row]!]!
      if (type === invoked) before[row] = known[key]!
      else if (offset[row]! > known[key]! && counts?.[row] !== 0) known[key] = offset[row]!
    }
    for (; run < reads.runs && reads.runOp[run] === at; run++) {
      const key = reads.runKey[run]!
      if (type === ok && reads.runTop[run]! > known[key]!) known[key] = reads.runTop[run]!
    }
  }
  return before
}

function answeredFirst(at: number, table: HistoryIndex['table'], sends: HistoryIndex['sends']): number {
  const invocation = table.invocation[at]!
  return invocation === none ? none : sends.firstOf(invocation)
}

/** By send row: 1 when an ok poll returned its record at the very offset of its answer. */
export function readWhereAnswered({ sends, reads }: Pick<HistoryIndex, 'sends' | 'reads'>, writers: Int32Array): Uint8Array {
  const confirmed = bytes(sends.size)
  for (let run = 0; run < reads.runs; run++) {
    if (!reads.isOk(run)) continue
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) {
      const row = writers[reads.record[read]!]!
      if (row !== none && sends.offset[row] === reads.offset[read]) confirmed[row] = 1
    }
  }
  return confirmed
}
