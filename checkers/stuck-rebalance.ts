/**
 * Stuck rebalance: a member was on its way into a group, or the coordinator said that the group was rebalancing, for longer
 * than the bound after the last fault and the last member that came or went. Joining once more is no such change; nor is it, for
 * a member of the classic protocol that is let in again and again and never told its share, to be thrown out in between (in a history that tells of shares).
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { boundMs, Calm, endOfTraffic, type Stretch, tooSlow } from './groups/calm.ts'
import { type Group, groupsOf, timeAt } from './groups/groups.ts'
import { memberName, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import type { Finding, WitnessStep } from './verdict.ts'

const name = 'stuck-rebalance'
const guarantees: readonly string[] = ['GRP-4']

const nanosecondsPerMs = 1e6
const unsettled: ReadonlySet<string> = new Set(['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Reconciling'])

/** A time in which the group was not settled, by positions. */
interface Waiting {
  readonly from: number
  readonly to: number
  readonly words: string
  readonly steps: readonly WitnessStep[]
  /** Being thrown out and asking again is what it waits for the end of. */
  readonly joinsAgain?: true
}

/** From the first join of a member until one is answered, or it goes, or another has its instance id. */
function joinings(index: HistoryIndex, group: Group): Waiting[] {
  const waits: Waiting[] = []
  for (const [actor, joins] of Map.groupBy(group.joins, join => join.actor)) {
    const gone = group.releases.filter(each => each.actor === actor && each.why !== 'revoked').map(({ at }) => at)
    const ends = [...joins.filter(({ outcome, isRefused }) => outcome === ok || isRefused).map(({ done }) => done), ...gone].sort((a, b) => a - b)
    let until = none
    for (const { asked } of joins) {
      if (asked < until) continue
      until = ends.find(at => at > asked) ?? endOfTraffic(index)
      const who = memberName(index, actor)
      waits.push({ from: asked, to: until, words: `${who} was not let in`, steps: [stepAt(index, asked, `${who} asked to join`)] })
    }
  }
  return waits
}

/** From the first join of a classic member to the last, as long as it is told no share in between, and does not go. */
function withoutShare(index: HistoryIndex, group: Group): Waiting[] {
  const waits: Waiting[] = []
  const tellsShares = group.grants.length > 0
  const classic = group.joins.filter(({ value }) => tellsShares && value.protocol === 'classic')
  for (const [actor, joins] of Map.groupBy(classic, join => join.actor)) {
    const gone = group.releases.filter(each => each.actor === actor && (each.why === 'left' || each.why === 'crashed'))
    const ends = [...group.grants.filter(grant => grant.actor === actor), ...gone].map(({ at }) => at).sort((x, y) => x - y)
    const who = memberName(index, actor)
    for (const [end, inVain] of Map.groupBy(joins, ({ asked }) => ends.find(at => at > asked) ?? Number.POSITIVE_INFINITY)) {
      const from = inVain[0]!.asked
      const to = inVain.at(-1)!.asked
      if (from < to && to < end) waits.push({ from, to, words: `${who} was told no share`, steps: [stepAt(index, from, `${who} asked to join`)], joinsAgain: true })
    }
  }
  return waits
}

/** From what the coordinator said until it said something else, or let somebody in meanwhile. */
function states(index: HistoryIndex, group: Group): Waiting[] {
  return group.states.flatMap(({ at, value }, nth) => {
    if (!unsettled.has(value.state)) return []
    const next = group.states[nth + 1]?.at ?? endOfTraffic(index)
    const to = group.joins.find(({ outcome, done }) => outcome === ok && done > at && done < next)?.done ?? next
    const words = `it was ${value.state} in generation ${value.generation}`
    return [{ from: at, to, words, steps: [stepAt(index, at, `the coordinator said ${value.state}`)] }]
  })
}

/** Positions at which somebody came for the first time, or went. */
function comingsAndGoings({ joins, releases }: Group): number[] {
  const came = [...Map.groupBy(joins, ({ actor }) => actor).values()].map(([first]) => first!.asked)
  const went = releases.filter(({ why }) => why === 'left' || why === 'crashed').map(({ at }) => at)
  return [...came, ...went].sort((a, b) => a - b)
}

/** The first stretch of a wait that is calm for longer than the bound. */
function overdue(index: HistoryIndex, calm: Calm, { from, to }: Waiting, changes: readonly number[]): Stretch | undefined {
  const marks = [from, ...changes.filter(at => at > from && at < to), to]
  for (let at = 1; at < marks.length; at++) {
    const stretch = calm.longWithin(timeAt(index, marks[at - 1]!), timeAt(index, marks[at]!))
    if (stretch !== undefined) return stretch
  }
  return undefined
}

function finding(index: HistoryIndex, group: Group, { words, steps, to }: Waiting, stretch: Stretch): Finding {
  const calmMs = Math.round((stretch.to - stretch.from) / nanosecondsPerMs)
  return {
    anomaly: name,
    guarantees,
    blame: 'broker',
    message: `group ${group.name} did not come to rest: ${words}, for ${calmMs} ms of calm, and ${boundMs(index, group)} were allowed`,
    witness: to === none ? steps : [...steps, stepAt(index, to, 'until then')],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  let unjudged = false
  for (const group of groupsOf(index)) {
    const calm = new Calm(index, group)
    const restless = new Calm(index, { ...group, releases: group.releases.filter(({ why }) => why !== 'lost') })
    const changes = comingsAndGoings(group)
    for (const waiting of [...joinings(index, group), ...withoutShare(index, group), ...states(index, group)]) {
      const stretch = overdue(index, waiting.joinsAgain === true ? restless : calm, waiting, changes)
      if (stretch === undefined) continue
      if (calm.isStarved(stretch)) unjudged = true
      else found.add(waiting.to - waiting.from, '', () => finding(index, group, waiting, stretch))
    }
  }
  return found.result(unjudged ? [tooSlow] : [])
}

export const stuckRebalance: Checker = {
  name,
  describes: 'A group did not come to rest within the bound after members and faults had.',
  guarantees,
  check,
}
