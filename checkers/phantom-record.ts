/**
 * Phantom record: a poll, whatever became of it, returned a value that nobody ever tried to send to that
 * key. Our own workloads' values carry a checksum, which tells an altered record from a foreign one.
 */
import { checkValue } from '../history/value-checksum.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import type { Finding } from './verdict.ts'
import { firstReadOf, inOrder, keyName, readStep, sendStep, valueName } from './witness.ts'

const name = 'phantom-record'
const guarantees: readonly string[] = ['ORD-4', 'PRO-3']

/** The send of the same value to another key, or `none`. */
function sentElsewhere(index: HistoryIndex, record: number): number {
  const others = index.records.withValue(index.records.values[record]!)
  return others.map(other => index.writers[other]!).find(row => row !== none) ?? none
}

function origin(index: HistoryIndex, record: number, elsewhere: number): string {
  if (elsewhere !== none) return `it was sent to ${keyName(index, index.sends.record[elsewhere]!)}, not here`
  const altered = checkValue(index.records.values[record]!) === false
  return altered ? 'nobody sent it, and its checksum is wrong: it was altered' : 'nobody sent it'
}

function finding(index: HistoryIndex, record: number): Finding {
  const read = firstReadOf(index, record)
  const offset = index.reads.offset[read]!
  const elsewhere = sentElsewhere(index, record)
  const returned = `${keyName(index, record)}: a poll returned ${valueName(index, record)}`
  return {
    anomaly: name,
    guarantees,
    message: `${returned}; ${origin(index, record, elsewhere)}`,
    key: index.records.keys[index.records.keyOf[record]!]!,
    values: [index.records.values[record]!],
    ...(!Number.isNaN(offset) && { offsets: [offset] }),
    witness: inOrder([readStep(index, read), ...(elsewhere === none ? [] : [sendStep(index, elsewhere)])]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (let record = 0; record < index.records.size; record++) {
    if (index.writers[record] === none) found.add(record, '', () => finding(index, record))
  }
  return found.result()
}

export const phantomRecord: Checker = {
  name,
  describes: 'A poll returned a record that nobody ever tried to send to its key, or an altered one.',
  guarantees,
  check,
}
