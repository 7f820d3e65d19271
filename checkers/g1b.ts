/**
 * G1b, Jepsen's intermediate read, as a log shows it: a poll returned a record of a transaction that had not sent all of its
 * records yet. That shows where another record of it lies behind one whose send began only after the poll was over: it was
 * appended later still. A reader of what is committed gets nothing of a transaction before its end.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { writerAt } from './graph/order-graph.ts'
import type { HistoryIndex } from './history-index.ts'
import { failed, invoked, none } from './index/codes.ts'
import { floats, ints } from './index/columns.ts'
import { readsCommitted } from './index/isolation.ts'
import type { Finding } from './verdict.ts'
import { inOrder, keyName, readStep, sendStep, valueName } from './witness.ts'

const name = 'G1b'
const guarantees: readonly string[] = ['TXN-1', 'TXN-4']

/** By transaction: the latest beginning of a send that a record of it lies behind; that send, and the record's row. */
interface Latest {
  readonly began: Float64Array
  readonly send: Int32Array
  readonly row: Int32Array
}

/** One walk along each key, with the latest beginning so far. */
function latestBefore(index: HistoryIndex): Latest {
  const { log, sends, table } = index
  const { size, ofRow } = index.transactions()
  const latest: Latest = { began: floats(size).fill(none), send: ints(size).fill(none), row: ints(size).fill(none) }
  for (let key = 0; key + 1 < log.start.length; key++) {
    let send: number = none
    for (let place = log.start[key]!; place < log.start[key + 1]!; place++) {
      const row = writerAt(index, place)
      if (row === none || sends.offset[row] !== log.offset[place]) continue
      const txn = ofRow[row]!
      const began = send === none ? none : sends.invocation[send]!
      if (txn !== none && began > latest.began[txn]!) {
        latest.began[txn] = began
        latest.send[txn] = send
        latest.row[txn] = row
      }
      if (table.type[sends.invocation[row]!] === invoked && sends.invocation[row]! > began) send = row
    }
  }
  return latest
}

function finding(index: HistoryIndex, read: number, { send, row }: { readonly send: number; readonly row: number }): Finding {
  const { reads, records, sends, ops } = index
  const record = reads.record[read]!
  const [late, between] = [sends.record[row]!, sends.record[send]!]
  const polled = `${valueName(index, record)} was polled before its transaction had sent ${valueName(index, late)}`
  const behind = `which lies behind ${valueName(index, between)} in ${keyName(index, late)}, sent after that poll`
  const began = { op: ops.at(sends.invocation[send]!)!.index, shows: `began to send ${valueName(index, between)}` }
  return {
    anomaly: name,
    guarantees,
    message: `${keyName(index, record)}: ${polled}, ${behind}`,
    key: records.keys[records.keyOf[record]!]!,
    values: [record, late].map(one => records.values[one]!),
    offsets: [reads.offset[read]!, sends.offset[row]!].filter(offset => !Number.isNaN(offset)),
    witness: inOrder([readStep(index, read), began, sendStep(index, send), sendStep(index, row)]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { isolation, reads, table, writers, sends, ambiguous } = index
  if (!isolation.hasTransactions) return found.result()
  const { ofRow, size } = index.transactions()
  const latest = latestBefore(index)
  const told = new Uint8Array(size)
  for (let run = 0; run < reads.runs; run++) {
    const op = reads.runOp[run]!
    if (!reads.isOk(run) || !readsCommitted(isolation, table, op)) continue
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) {
      const record = reads.record[read]!
      const row = writers[record]!
      const txn = row === none ? none : ofRow[row]!
      if (txn === none || latest.began[txn]! <= op || told[txn] === 1) continue
      if (sends.outcome[row] === failed || ambiguous.has(record)) continue
      told[txn] = 1
      const shown = { send: latest.send[txn]!, row: latest.row[txn]! }
      found.add(latest.began[txn]! - op, '', () => finding(index, read, shown))
    }
  }
  return found.result()
}

export const g1b: Checker = {
  name,
  describes: 'A poll returned a record of a transaction that had not sent all of its records yet.',
  guarantees,
  check,
}
