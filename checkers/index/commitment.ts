/**
 * What must have happened (Jepsen's rules): an `ok` send did; an `info` one did when a record of it was
 * read by an ok poll, and with it, when it is a transaction, all of that transaction. Everything else
 * proves nothing.
 */
import { none, ok, txnKind, unknown } from './codes.ts'
import { bytes } from './columns.ts'
import type { OpTable } from './op-table.ts'
import type { ReadTable } from './read-table.ts'
import type { SendTable } from './send-table.ts'

/** By record: 1 when an ok op polled it. */
export function okReads(reads: ReadTable, recordCount: number): Uint8Array {
  const read = bytes(recordCount)
  for (let run = 0; run < reads.runs; run++) {
    if (!reads.isOk(run)) continue
    const end = reads.runStart(run + 1)
    for (let at = reads.runStart(run); at < end; at++) read[reads.record[at]!] = 1
  }
  return read
}

export interface CommitmentInput {
  readonly ops: OpTable
  readonly sends: SendTable
  readonly okRead: Uint8Array
  /** Whether `send` ops are transactions too. */
  readonly transactional: boolean
}

/** By send row: 1 when the send must have taken effect. */
export function committedSends({ ops, sends, okRead, transactional }: CommitmentInput): Uint8Array {
  const committed = bytes(sends.size)
  let provenOp = none
  for (let row = 0; row < sends.size; row++) {
    const outcome = sends.outcome[row]
    if (outcome === ok) committed[row] = 1
    if (outcome !== unknown || okRead[sends.record[row]!] === 0) continue
    committed[row] = 1
    const op = sends.invocation[row]!
    const atomic = transactional || ops.kind[op] === txnKind
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
