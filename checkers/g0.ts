/**
 * G0, Jepsen's dirty write: a cycle of transactions whose records lie behind each other, in one key this way, in another
 * the other way. Nothing isolates writes of Kafka's transactions, so it is always allowed and only listed. Aspects
 * `process` and `realtime`: the cycle closes only with the order of one client's ops, or of all ops that were over before
 * others began; the first aspect that there is is looked for.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { addCycles } from './graph/cycle-finding.ts'
import type { HistoryIndex } from './history-index.ts'

const anomaly = { name: 'G0', guarantees: ['TXN-1'] } as const

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  if (!index.isolation.hasTransactions) return found.result()
  const { ww, session, realtime } = index.orders()
  addCycles(index, found, [['', [ww]], ['process', [ww, session]], ['realtime', [ww, realtime]]], { ...anomaly, weight: 'lawful' })
  return found.result()
}

export const g0: Checker = {
  name: anomaly.name,
  describes: 'Transactions wrote behind each other in a circle: lawful, since nothing isolates their writes.',
  guarantees: anomaly.guarantees,
  check,
}
