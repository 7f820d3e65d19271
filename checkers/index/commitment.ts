/**
 * What must have happened (Jepsen's rules): an `ok` send did; an `info` one did when a record of it was
 * read by an ok poll, and with it, when it is a transaction, all of that transaction; a poll of who reads what is
 * uncommitted proves nothing of a transaction. Everything else proves nothing.
 */
import { none, ok, unknown } from './codes.ts'
import { bytes } from './columns.ts'
import { isAtomic, type Isolation, readsCommitted } from './isolation.ts'
import type { OpTable } from './op-table.ts'
import type { ReadTable } from './read-table.ts'
import type { SendTable } from './send-table.ts'

/** By record: 1 when an ok op polled it; with an isolation, only one that reads nothing uncommitted. */
export function okReads(reads: ReadTable, recordCount: number, only?: Pick<CommitmentInput, 'ops' | 'isolation'>): Uint8Array {
  const read = bytes(recordCount)
  for (let run = 0; run < reads.runs; run++) {
    if (!reads.isOk(run) || (only !== undefined && !readsCommitted(only.isolation, only.ops, reads.runOp[run]!))) continue
    const end = reads.runStart(run + 1)
    for (let at = reads.runStart(run); at < end; at++) read[reads.record[at]!] = 1
  }
  return read
}

export interface CommitmentInput {
  readonly ops: OpTable
  readonly sends: SendTable
  /** By record: 1 when an ok op polled it. */
  readonly seen: Uint8Array
  /** The same of ops that read nothing uncommitted. */
  readonly seenCommitted: Uint8Array
  readonly isolation: Isolation
}

/** By send row: 1 when the send must have taken effect. */
export function committedSends({ ops, sends, seen, seenCommitted, isolation }: CommitmentInput): Uint8Array {
  const committed = bytes(sends.size)
  let provenOp = none
  for (let row = 0; row < sends.size; row++) {
    const outcome = sends.outcome[row]
    if (outcome === ok) committed[row] = 1
    if (outcome !== unknown || seen[sends.record[row]!] === 0) continue
    const atomic = isAtomic(isolation, ops, sends, row)
    if (atomic && seenCommitted[sends.record[row]!] === 0) continue
    committed[row] = 1
    const op = sends.invocation[row]!
    if (!atomic || op === provenOp) continue
    provenOp = op
    commitAllOf(op, row, sends, committed)
  }
  return committed
}

function commitAllOf(op: number, row: number, sends: SendTable, committed: Uint8Array): void {
  for (let at = row; at >= 0 && sends.invocation[at] === op; at--) committed[at] = 1
  for (let at = row; at < sends.size && sends.invocation[at] === op; at++) committed[at] = 1
}

/**
 * By record: 1 when an ok op polled it that could show it lost if it had not: of a transaction's record, one that reads
 * nothing uncommitted, where there are any.
 */
export function visibleReads(input: CommitmentInput, writers: Int32Array): Uint8Array {
  const { ops, sends, seen, seenCommitted, isolation } = input
  if (seen === seenCommitted || isolation.onlyUncommitted) return seen
  const visible = seen.slice()
  for (let record = 0; record < writers.length; record++) {
    const row = writers[record]!
    if (row !== none && isAtomic(isolation, ops, sends, row)) visible[record] = seenCommitted[record]!
  }
  return visible
}
