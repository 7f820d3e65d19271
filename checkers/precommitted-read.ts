/**
 * Precommitted read: a transaction polled a record that it had sent itself, so before it was committed. Aspect
 * `uncommitted`: by a client that reads what is uncommitted, which may.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { opOf } from './graph/order-graph.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, txnKind } from './index/codes.ts'
import { readsCommitted } from './index/isolation.ts'
import type { Finding } from './verdict.ts'
import { inOrder, keyName, readStep, valueName } from './witness.ts'

const name = 'precommitted-read'
const guarantees: readonly string[] = ['TXN-4']

function finding(index: HistoryIndex, read: number, aspect: string): Finding {
  const { reads, records, ops, sends, writers } = index
  const record = reads.record[read]!
  const offset = reads.offset[read]!
  const began = ops.at(sends.invocation[writers[record]!]!)!.index
  return {
    anomaly: name,
    guarantees,
    ...(aspect !== '' && { aspect }),
    message: `${keyName(index, record)}: a transaction polled ${valueName(index, record)}, which it had sent itself`,
    key: records.keys[records.keyOf[record]!]!,
    values: [records.values[record]!],
    ...(!Number.isNaN(offset) && { offsets: [offset] }),
    witness: inOrder([{ op: began, shows: `began to send ${valueName(index, record)}` }, readStep(index, read)]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { table, reads, writers, sends, isolation } = index
  if (!isolation.hasTransactions) return found.result()
  for (let run = 0; run < reads.runs; run++) {
    const op = reads.runOp[run]!
    if (table.kind[op] !== txnKind) continue
    const aspect = readsCommitted(isolation, table, op) ? '' : 'uncommitted'
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) {
      const row = writers[reads.record[read]!]!
      const isOwn = row !== none && opOf(table, sends.invocation[row]!) === opOf(table, op)
      if (isOwn) found.add(op, aspect, () => finding(index, read, aspect))
    }
  }
  return found.result()
}

export const precommittedRead: Checker = {
  name,
  describes: 'A transaction polled a record that it had sent itself, before it was committed.',
  guarantees,
  check,
}
