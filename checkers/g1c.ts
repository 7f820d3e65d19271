/**
 * G1c, Jepsen's circular information flow: a cycle of ops in which each polled what the one before it had sent, so that
 * each must have been committed before the other. Aspects: `process` and `realtime`, when it closes only with the order of
 * one client's ops, or of all ops that were over before others began (a record was polled before anybody sent it, say);
 * `ww`, `ww-process`, `ww-realtime`, when it closes only with the order of records in keys, which transactions do not
 * isolate; `uncommitted`, when only readers of what is uncommitted close it. Of each family the first that there is.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { cycleFinding, extentOf } from './graph/cycle-finding.ts'
import { cyclesThrough } from './graph/cycles.ts'
import type { EdgeList } from './graph/edges.ts'
import type { HistoryIndex } from './history-index.ts'

const anomaly = { name: 'G1c', guarantees: ['TXN-1', 'TXN-4'] } as const

type Search = readonly [aspect: string, lists: readonly EdgeList[]]

/** Adds what the first of the searches finds that finds anything. */
function search(index: HistoryIndex, found: FindingList, searches: readonly Search[]): boolean {
  for (const [aspect, lists] of searches) {
    const cycles = cyclesThrough(index.table, lists)
    for (const cycle of cycles) found.add(extentOf(cycle), aspect, () => cycleFinding(index, cycle, aspect, anomaly))
    if (cycles.length > 0) return true
  }
  return false
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  if (!index.isolation.hasTransactions) return found.result()
  const { wr, uncommitted, ww, session, realtime } = index.orders()
  // The last has the cycles of the first two: where it has none, they need no search.
  const isGuilty = cyclesThrough(index.table, [wr, realtime]).length > 0
  if (isGuilty) search(index, found, [['', [wr]], ['process', [wr, session]], ['realtime', [wr, realtime]]])
  else search(index, found, [['ww', [wr, ww]], ['ww-process', [wr, ww, session]], ['ww-realtime', [wr, ww, realtime]]])
  search(index, found, [['uncommitted', [uncommitted, wr, realtime]]])
  return found.result()
}

export const g1c: Checker = {
  name: anomaly.name,
  describes: 'Ops polled each other\'s records in a circle, so that each must have been committed before the other.',
  guarantees: anomaly.guarantees,
  check,
}
