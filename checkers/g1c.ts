/**
 * G1c, Jepsen's circular information flow: a cycle of ops in which each polled what the one before it had sent, so that
 * each must have been committed before the other. Aspects: `process` and `realtime`, when it closes only with the order of
 * one client's ops, or of all ops that were over before others began (a record was polled before anybody sent it, say);
 * `ww`, `ww-process`, `ww-realtime`, when it closes only with the order of records in keys, which transactions do not
 * isolate; `uncommitted`, when only readers of what is uncommitted close it. Of each family the first that there is.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { addCycles } from './graph/cycle-finding.ts'
import { cyclesThrough } from './graph/cycles.ts'
import type { HistoryIndex } from './history-index.ts'

const anomaly = { name: 'G1c', guarantees: ['TXN-1', 'TXN-4'] } as const

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  if (!index.isolation.hasTransactions) return found.result()
  const { wr, uncommitted, ww, session, realtime } = index.orders()
  const guilty = { ...anomaly, weight: 'guilty' } as const
  const lawful = { ...anomaly, weight: 'lawful' } as const
  // Real time has the cycles of all three: where it closes none, the others need no search.
  const isGuilty = cyclesThrough(index.table, [wr, realtime], 1).shown.length > 0
  if (isGuilty) addCycles(index, found, [['', [wr]], ['process', [wr, session]], ['realtime', [wr, realtime]]], guilty)
  else addCycles(index, found, [['ww', [wr, ww]], ['ww-process', [wr, ww, session]], ['ww-realtime', [wr, ww, realtime]]], lawful)
  addCycles(index, found, [['uncommitted', [uncommitted, wr, realtime]]], lawful)
  return found.result()
}

export const g1c: Checker = {
  name: anomaly.name,
  describes: 'Ops polled each other\'s records in a circle, so that each must have been committed before the other.',
  guarantees: anomaly.guarantees,
  check,
}
