/**
 * Unseen: an acknowledged record that no ok poll returned up to the end of the history, and that nothing
 * beyond it convicts as lost. Jepsen reports a lost write under both names; here each record has one.
 */
import { acknowledgedBy } from './blame.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { ok } from './index/codes.ts'
import { isLost } from './lost-write.ts'
import type { Finding } from './verdict.ts'
import { keyName, sendStep, valueName } from './witness.ts'

const name = 'unseen'
const guarantees: readonly string[] = ['DUR-1', 'DUR-2']

function finding(index: HistoryIndex, row: number): Finding {
  const record = index.sends.record[row]!
  const offset = index.sends.offset[row]!
  const acknowledged = `${keyName(index, record)}: ${valueName(index, record)}`
  const blame = acknowledgedBy(index, row)
  return {
    anomaly: name,
    guarantees,
    ...(blame !== undefined && { blame }),
    message: `${acknowledged} was acknowledged and no poll returned it by the end`,
    key: index.records.keys[index.records.keyOf[record]!]!,
    values: [index.records.values[record]!],
    ...(!Number.isNaN(offset) && { offsets: [offset] }),
    witness: [sendStep(index, row)],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  if (index.okPolls === 0) return found.result(['no poll succeeded, so nothing can be missed'])
  const { sends, records, covered } = index
  for (let row = 0; row < sends.size; row++) {
    const record = sends.record[row]!
    if (sends.outcome[row] !== ok || index.okRead[record] === 1) continue
    if (covered[records.keyOf[record]!] === 0 || isLost(index, record)) continue
    found.add(row, '', () => finding(index, row))
  }
  return found.result(index.uncovered === undefined ? [] : [index.uncovered])
}

export const unseen: Checker = {
  name,
  describes: 'A record was acknowledged, and to the end no poll returned it or anything beyond it.',
  guarantees,
  check,
}
