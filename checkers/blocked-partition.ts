/**
 * Blocked partition: a group failed at a record that it cannot process, and for longer than it may take nobody of it went past
 * that record, although nothing was broken and no member came or went: neither work on it that was finished, or beyond it, nor a
 * commit beyond it. While all members are gone there is nobody who should. The bound is that of a rebalance and `blocksForMs` of
 * the configuration (`deadLetters`); groups without it are not judged.
 */
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { Calm, type Stretch, tooSlow } from './groups/calm.ts'
import type { Actor, WorkRow } from './groups/group-ops.ts'
import { type Group, timeAt } from './groups/groups.ts'
import { type DeadLetters, deadLettersOf, poisonOf } from './groups/letters.ts'
import { memberName, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { failed, ok } from './index/codes.ts'
import type { Finding } from './verdict.ts'

const name = 'blocked-partition'
const guarantees: readonly string[] = ['GRP-11']
const nanosecondsPerMs = 1e6

/** When the group had no member, after it had had one; to the end of time where nobody came any more. */
function emptyStretches(index: HistoryIndex, { joins, releases }: Group): Stretch[] {
  const members = new Set<Actor>()
  const empty: Stretch[] = []
  let from: number | undefined
  const came = joins.filter(({ outcome }) => outcome === ok).map(({ actor, done }) => ({ at: done, actor, isMember: true }))
  const went = releases.filter(({ why }) => why === 'left' || why === 'crashed').map(each => ({ at: each.at, actor: each.actor, isMember: false }))
  for (const change of [...came, ...went].sort((a, b) => a.at - b.at)) {
    if (change.isMember) members.add(change.actor)
    else members.delete(change.actor)
    if (members.size === 0) from ??= timeAt(index, change.at)
    else if (from !== undefined) {
      empty.push({ from, to: timeAt(index, change.at) })
      from = undefined
    }
  }
  return from === undefined ? empty : [...empty, { from, to: Number.POSITIVE_INFINITY }]
}

/** Position at which somebody of the group went past an offset after `row`; that of the end when nobody did. */
function passedAt(index: HistoryIndex, group: Group, { key, poison, row }: { readonly key: Key; readonly poison: number; readonly row: WorkRow }): number {
  const work = (group.work.get(key) ?? []).filter(({ asked, outcome, value }) => asked > row.asked && (value.offsets[0] > poison || (outcome === ok && value.offsets[1] >= poison)))
  const writes = (group.writes.get(key) ?? []).filter(({ asked, outcome, offset }) => asked > row.asked && outcome !== failed && offset > poison)
  return [...work, ...writes].reduce((least, { asked }) => Math.min(least, asked), index.ops.length - 1)
}

function finding(index: HistoryIndex, group: Group, { key, poison, row, calm }: {
  readonly key: Key; readonly poison: number; readonly row: WorkRow; readonly calm: Stretch
}): Finding {
  const calmMs = Math.round((calm.to - calm.from) / nanosecondsPerMs)
  return {
    anomaly: name,
    guarantees,
    message: `${key}: group ${group.name} failed at offset ${poison} and did not get past it in ${calmMs} ms of calm`,
    key,
    offsets: [poison],
    witness: [stepAt(index, row.done, `${memberName(index, row.actor)} could not process offset ${poison}`)],
  }
}

/** True when the machine was too slow for a judgement. */
function checkGroup(index: HistoryIndex, { group, config }: DeadLetters, found: FindingList): boolean {
  const calms = new Calm(index, group, { moreMs: config.blocksForMs, unrest: emptyStretches(index, group) })
  let isUnjudged = false
  for (const [key, rows] of group.work) {
    for (const [poison, row] of poisonOf(rows)) {
      const passed = passedAt(index, group, { key, poison, row })
      const calm = calms.longWithin(timeAt(index, row.done), timeAt(index, passed))
      if (calm === undefined) continue
      if (calms.isStarved(calm)) isUnjudged = true
      else found.add(passed - row.done, '', () => finding(index, group, { key, poison, row, calm }))
    }
  }
  return isUnjudged
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const judged = deadLettersOf(index).filter(({ config }) => Number.isFinite(config.blocksForMs))
  const unjudged = judged.map(each => checkGroup(index, each, found)).includes(true)
  return found.result(unjudged ? [tooSlow] : [])
}

export const blockedPartition: Checker = {
  name,
  describes: 'A record that a group could not process held up its partition for longer than trying it again and putting it aside takes.',
  guarantees,
  check,
}
