/**
 * G1a, Jepsen's aborted read: an ok op polled a record that nobody wrote but sends that certainly failed, those of aborted
 * transactions among them. Aspect `uncommitted`: only readers of what is uncommitted saw such a transaction's record, which
 * they may.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { failed, none } from './index/codes.ts'
import { isAtomic } from './index/isolation.ts'
import type { Finding } from './verdict.ts'
import { firstOkReadOf, inOrder, keyName, readStep, sendStep, valueName } from './witness.ts'

const name = 'G1a'
const guarantees: readonly string[] = ['DUR-3', 'TXN-4']

/** Who is wrong is plain when one answer refused it, or when the client says that it never asked. */
function blameOf({ sends, ops }: HistoryIndex, row: number): Finding['blame'] {
  const { attempts, node } = ops.at(sends.completion[row]!)!
  if (attempts === 0) return 'client'
  return attempts === 1 && node !== undefined ? 'broker' : undefined
}

function finding(index: HistoryIndex, row: number, aspect: string): Finding {
  const { sends, records, reads, ops } = index
  const record = sends.record[row]!
  const read = firstOkReadOf(index, record, aspect !== 'uncommitted')
  const offset = reads.offset[read]!
  const blame = blameOf(index, row)
  const told = ops.at(sends.completion[row]!)!.error?.code
  const code = told === 'ABORTED' ? undefined : told
  const isAborted = isAtomic(index.isolation, index.table, sends, row)
  const how = `was ${isAborted ? 'aborted with its transaction' : 'refused'}${code === undefined ? '' : ` with ${code}`}`
  return {
    anomaly: name,
    guarantees,
    ...(aspect !== '' && { aspect }),
    ...(blame !== undefined && { blame }),
    message: `${keyName(index, record)}: ${valueName(index, record)} ${how}, and a poll returned it`,
    key: records.keys[records.keyOf[record]!]!,
    values: [records.values[record]!],
    ...(!Number.isNaN(offset) && { offsets: [offset] }),
    witness: inOrder([sendStep(index, row), readStep(index, read)]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { sends, writers, seen, seenCommitted, table, isolation } = index
  for (let record = 0; record < writers.length; record++) {
    const row = writers[record]!
    if (row === none || seen[record] === 0 || sends.outcome[row] !== failed) continue
    const isLawful = seenCommitted[record] === 0 && isAtomic(isolation, table, sends, row)
    const aspect = isLawful ? 'uncommitted' : ''
    found.add(row, aspect, () => finding(index, row, aspect))
  }
  return found.result()
}

export const g1a: Checker = {
  name,
  describes: 'A poll returned a record whose send was answered with a definite failure, or whose transaction was aborted.',
  guarantees,
  check,
}
