/**
 * Reprocessed record: a group finished its work on a record twice, and nobody had set its offset back, neither on purpose nor by
 * a commit that may have come late, nor had a coordinator that may have been deposed told an old one, which offset-regression
 * lists. Its aspect is the delivery the group has chosen: at least once allows it, and the policy table says so. Exactly once by transactions takes
 * the work of an aborted one back, which no `process` op tells: that is judged by what was written, not here.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { stepsBack } from './groups/committed.ts'
import { deliveryOf, finished, mayHaveBeenSetBack, type Span, wasReset } from './groups/deliveries.ts'
import { type Group, groupsOf } from './groups/groups.ts'
import { memberName, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import type { Finding } from './verdict.ts'

const name = 'reprocessed-record'
const guarantees: readonly string[] = ['GRP-7']

interface Twice {
  readonly once: Span
  readonly again: Span
  readonly from: number
  readonly to: number
}

/** Whoever worked on it again had been given the key since it was last worked on, at an offset that a late commit may have set back, or at one that was told late. */
function beganAnewFurtherBack(index: HistoryIndex, group: Group, last: Span, again: Span): boolean {
  const { actor, asked, value: { key } } = again.work
  const wasToldLate = stepsBack(index).some(({ group: other, read, isStale }) => {
    const isItsStart = other === group && read.kind === 'start' && read.key === key && read.actor === actor
    return isStale && isItsStart && read.at > last.work.asked && read.at < asked && read.offset <= again.first
  })
  if (wasToldLate) return true
  const isGiven = group.grants.some(({ at, actor: owner, value }) =>
    owner === actor && at > last.work.asked && at < asked && value.keys.includes(key))
  return isGiven && mayHaveBeenSetBack(group, key, { to: asked, offset: again.first })
}

/** Each piece of work against the furthest that was finished before it. */
function repeats(index: HistoryIndex, group: Group, spans: readonly Span[]): Twice[] {
  const found: Twice[] = []
  let furthest: Span | undefined
  for (const [nth, again] of spans.entries()) {
    if (furthest !== undefined && again.first <= furthest.last) {
      const overlaps = (each: Span): boolean => each.last >= again.first && each.first <= again.last
      const once = spans.find(overlaps)!
      const last = spans.slice(0, nth).findLast(overlaps) ?? once
      const from = Math.max(once.first, again.first)
      const to = Math.min(once.last, again.last)
      const { key } = again.work.value
      const reset = wasReset(group, key, { from: once.work.asked, to: again.work.asked, offset: from })
      if (once !== again && !reset && !beganAnewFurtherBack(index, group, last, again)) found.push({ once, again, from, to })
    }
    if (furthest === undefined || again.last > furthest.last) furthest = again
  }
  return found
}

function finding(index: HistoryIndex, group: Group, { once, again, from, to }: Twice): Finding {
  const { key } = again.work.value
  const which = from === to ? `offset ${from}` : `offsets ${from} to ${to}`
  const step = ({ work }: Span, when: string) => {
    return stepAt(index, work.done < 0 ? work.asked : work.done, `${memberName(index, work.actor)} finished ${which} ${when}`)
  }
  return {
    anomaly: name,
    guarantees,
    aspect: deliveryOf(group),
    message: `${key}: group ${group.name} processed ${which} twice`,
    key,
    offsets: from === to ? [from] : [from, to],
    witness: [step(once, 'once'), step(again, 'again')],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const transactional = index.marks.config?.transactional === true
  for (const group of groupsOf(index)) {
    const delivery = deliveryOf(group)
    if (delivery === 'exactly-once' && transactional) continue
    for (const rows of group.work.values()) {
      for (const twice of repeats(index, group, finished(rows))) {
        found.add(twice.again.work.asked - twice.once.work.asked, delivery, () => finding(index, group, twice))
      }
    }
  }
  return found.result()
}

export const reprocessedRecord: Checker = {
  name,
  describes: 'A group finished its work on a record twice, although its offset was not set back on purpose.',
  guarantees,
  check,
}
