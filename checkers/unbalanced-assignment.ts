/**
 * Unbalanced assignment: members that want the same topics had shares that differ by more than one. `range` is even within
 * each topic, the others over all. By an eager classic group in every generation, for each generation is a full assignment;
 * by the others only at rest, for a generation on the way may hold back what is still being given up; and, where all of a group
 * want one and the same topic for ever, whenever the coordinator of a KIP-848 group calls it stable.
 */
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { type Actor, type GrantRow, type JoinRow, topicOf } from './groups/group-ops.ts'
import { type Group, groupsOf } from './groups/groups.ts'
import { isUnheard, restsOf } from './groups/rests.ts'
import { memberName, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { ok } from './index/codes.ts'
import type { Finding, WitnessStep } from './verdict.ts'

const name = 'unbalanced-assignment'
const guarantees: readonly string[] = ['GRP-2', 'GRP-3']

const eager: ReadonlySet<string> = new Set(['range', 'roundrobin', 'sticky'])
const even: ReadonlySet<string> = new Set([...eager, 'cooperative-sticky', 'uniform'])

/** What each member has, and how they came by it. */
interface Shares {
  readonly group: Group
  readonly joins: readonly JoinRow[]
  readonly keys: ReadonlyMap<Actor, readonly Key[]>
  readonly when: string
  readonly steps: readonly WitnessStep[]
}

interface Uneven {
  readonly most: readonly [Actor, readonly Key[]]
  readonly least: readonly [Actor, readonly Key[]]
  readonly topic: string | undefined
}

function unevenIn({ keys }: Shares, topic: string | undefined): Uneven | undefined {
  const counted = [...keys].map(([actor, all]) => {
    return [actor, topic === undefined ? all : all.filter(key => topicOf(key) === topic)] as const
  })
  const sorted = counted.sort((a, b) => b[1].length - a[1].length)
  const most = sorted[0]
  const least = sorted.at(-1)
  if (most === undefined || least === undefined || most[1].length - least[1].length <= 1) return undefined
  return { most, least, topic }
}

/** Undefined too where the members want different things, or by rules that are not known. */
function uneven(shares: Shares): Uneven | undefined {
  const [first, ...others] = shares.joins
  if (first === undefined || !even.has(first.value.assignor)) return undefined
  const wanted = (join: JoinRow): string => [join.value.assignor, ...[...join.value.topics].sort()].join(' ')
  if (others.some(join => wanted(join) !== wanted(first))) return undefined
  if (first.value.assignor !== 'range') return unevenIn(shares, undefined)
  for (const topic of new Set([...shares.keys.values()].flat().map(topicOf))) {
    const found = unevenIn(shares, topic)
    if (found !== undefined) return found
  }
  return undefined
}

/** Full generations: everybody who joined them was told what it has. */
function generations(index: HistoryIndex, group: Group): Shares[] {
  const joined = Map.groupBy(group.joins.filter(({ outcome }) => outcome === ok), ({ era, value }) => `${era} ${value.generation}`)
  const granted = Map.groupBy(group.grants, ({ era, value }) => `${era} ${value.generation}`)
  const found: Shares[] = []
  for (const [id, joins] of joined) {
    const grants = granted.get(id) ?? []
    const isEager = joins.every(({ value }) => value.protocol === 'classic' && eager.has(value.assignor))
    const byActor = new Map(grants.map(grant => [grant.actor, grant]))
    const isFull = joins.every(({ actor }) => byActor.get(actor)?.value.incremental === false)
    if (!isEager || !isFull || byActor.size < joins.length || group.config.cooperative === true || joins.some(join => isUnheard(group, join))) continue
    const when = `in generation ${joins[0]!.value.generation}`
    found.push({ group, joins, keys: keysOf(joins, byActor), when, steps: grants.map(grant => grantStep(index, grant)) })
  }
  return found
}

function keysOf(joins: readonly JoinRow[], grants: ReadonlyMap<Actor, GrantRow>): Map<Actor, readonly Key[]> {
  return new Map(joins.map(({ actor }) => [actor, grants.get(actor)!.value.keys]))
}

function grantStep(index: HistoryIndex, { at, actor, value }: GrantRow): WitnessStep {
  return stepAt(index, at, `${memberName(index, actor)} was given ${value.keys.length} partitions`)
}

/** What everybody had at rest. */
function atRest(index: HistoryIndex): Shares[] {
  return restsOf(index).filter(({ starved, awake }) => awake && !starved).map(({ group, members, owners, after }) => {
    const keys = new Map<Actor, Key[]>([...members.keys()].map(actor => [actor, []]))
    for (const [key, tenures] of owners) for (const { actor } of tenures) keys.get(actor)?.push(key)
    const steps = [stepAt(index, after, 'the last change before the calm')]
    return { group, joins: [...members.values()], keys, when: 'at rest', steps }
  })
}

/** What the coordinator said of groups it called stable. */
function described(index: HistoryIndex, group: Group): Shares[] {
  if (group.config.topics?.length !== 1) return []
  return group.states.filter(({ value }) => value.state === 'Stable').flatMap(({ at, value }) => {
    const joins = value.members.map(({ memberId }) => group.joins.findLast(join => join.outcome === ok && join.done < at && join.value.memberId === memberId))
    const known = joins.filter(join => join !== undefined && join.value.protocol === 'consumer') as JoinRow[]
    if (known.length < value.members.length) return []
    const keys = new Map(known.map(({ actor }, nth) => [actor, value.members[nth]!.keys]))
    return [{ group, joins: known, keys, when: 'called stable', steps: [stepAt(index, at, `described generation ${value.generation}, ${value.state}`)] }]
  })
}

function finding(index: HistoryIndex, { group, when, steps }: Shares, { most, least, topic }: Uneven): Finding {
  const has = ([actor, keys]: Uneven['most']): string => `${memberName(index, actor)} had ${keys.length}`
  const what = topic === undefined ? 'partitions' : `partitions of ${topic}`
  return {
    anomaly: name,
    guarantees,
    message: `group ${group.name}: ${when} ${has(most)} ${what} and ${has(least)}`,
    witness: steps,
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const groups = groupsOf(index)
  if (groups.length === 0) return found.result()
  for (const shares of [...groups.flatMap(group => [...generations(index, group), ...described(index, group)]), ...atRest(index)]) {
    const is = uneven(shares)
    if (is !== undefined) found.add(shares.keys.size, '', () => finding(index, shares, is))
  }
  return found.result()
}

export const unbalancedAssignment: Checker = {
  name,
  describes: 'Members of a group that want the same had shares that differ by more than one partition.',
  guarantees,
  check,
}
