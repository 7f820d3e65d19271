/**
 * Orphan partition: members of a group wanted a partition and nobody owned it, for longer than the bound after the last
 * change of members and the last fault (`rebalanceBoundMs`; without it a session and a rebalance at the group's timeouts).
 */
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { boundMs, tooSlow } from './groups/calm.ts'
import { type Rest, restsOf } from './groups/rests.ts'
import { memberName, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import type { Finding } from './verdict.ts'
import { listed } from './witness.ts'

const name = 'orphan-partition'
const guarantees: readonly string[] = ['GRP-1', 'GRP-2']

const nanosecondsPerMs = 1e6

function finding(index: HistoryIndex, { group, after, stretch, members }: Rest, key: Key): Finding {
  const who = listed([...members.keys()].map(actor => memberName(index, actor)))
  const calmMs = Math.round((stretch.to - stretch.from) / nanosecondsPerMs)
  const last = [...group.tenures.get(key) ?? []].findLast(({ from }) => from <= after)
  const before = last === undefined ? [] : [stepAt(index, last.from, `${memberName(index, last.actor)} was given ${key}`)]
  return {
    anomaly: name,
    guarantees,
    blame: 'broker',
    message: `${key}: nobody of group ${group.name} (${who}) owned it for ${calmMs} ms of calm, and ${boundMs(index, group)} were allowed`,
    key,
    witness: [...before, stepAt(index, after, 'the last change before the calm')],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  let unjudged = false
  for (const rest of restsOf(index)) {
    for (const [key, owners] of rest.owners) {
      if (owners.length > 0) continue
      if (rest.starved) unjudged = true
      else found.add(rest.stretch.to - rest.stretch.from, '', () => finding(index, rest, key))
    }
  }
  return found.result(unjudged ? [tooSlow] : [])
}

export const orphanPartition: Checker = {
  name,
  describes: 'A partition that members of a group wanted had no owner for longer than a rebalance may take.',
  guarantees,
  check,
}
