/**
 * Two leaders: two brokers each said of themselves that they lead a key under one leaderEpoch. What brokers say of
 * others may be old, and a leader that was replaced may still believe in its own, lower leaderEpoch.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { type Told, toldByKey } from './index/observations.ts'
import { toldStep } from './told-order.ts'
import type { Finding } from './verdict.ts'

const name = 'two-leaders'
const guarantees: readonly string[] = ['DUR-6', 'DUR-7']

function finding(index: HistoryIndex, first: Told, second: Told): Finding {
  const { key, leaderEpoch } = second
  return {
    anomaly: name,
    guarantees,
    blame: 'broker',
    message: `${key}: brokers ${first.node} and ${second.node} both led it under leaderEpoch ${leaderEpoch}`,
    key,
    witness: [toldStep(index, first), toldStep(index, second)],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const told of toldByKey(index.observations).values()) {
    const leaders = new Map<number, Told | 'convicted'>()
    for (const claim of told) {
      if (!claim.isLeader || claim.leaderEpoch < 0) continue
      const first = leaders.get(claim.leaderEpoch)
      if (first === undefined) leaders.set(claim.leaderEpoch, claim)
      else if (first !== 'convicted' && first.node !== claim.node) {
        leaders.set(claim.leaderEpoch, 'convicted')
        found.add(claim.at - first.at, '', () => finding(index, first, claim))
      }
    }
  }
  return found.result()
}

export const twoLeaders: Checker = {
  name,
  describes: 'Two brokers each called themselves leader of a key under one leaderEpoch.',
  guarantees,
  check,
}
