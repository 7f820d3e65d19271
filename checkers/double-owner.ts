/**
 * Double owner: two members of a group had one partition. In four ways, of which none believes a zombie:
 * - `generation`: a classic generation gave it to both.
 * - `claimed`: a member asked to join a generation while it had the partition, and the same generation gave it to another
 *   (cooperative; whose claim was older than the generation before has no claim).
 * - `granted`: it was given to another while a member had it, and what the broker did for that member later shows that it
 *   had never been shut out: a heartbeat sent after that was accepted, or it came to a later generation without joining again.
 * - `described`: the coordinator itself says so of a stable group.
 */
import type { GroupConfig } from '../history/group-op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { Actor, GrantRow, HeardRow, JoinRow, StateRow } from './groups/group-ops.ts'
import { type Group, groupsOf, timeAt } from './groups/groups.ts'
import { assignedStep, grantStep, heardStep, joinStep, memberName, stepAt } from './groups/steps.ts'
import { holdsAt, type Tenure } from './groups/tenures.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import type { Finding, WitnessStep } from './verdict.ts'
import { inOrder } from './witness.ts'

const name = 'double-owner'
const guarantees: readonly string[] = ['GRP-1']

type Aspect = 'generation' | 'claimed' | 'granted' | 'described'

interface Pair {
  readonly first: Tenure
  readonly second: Tenure
}

function finding(index: HistoryIndex, group: Group, { first, second }: Pair, how: { aspect: Aspect; steps: readonly WitnessStep[] }): Finding {
  const both = `${memberName(index, first.actor)} and ${memberName(index, second.actor)}`
  const { key, generation } = second
  const when = how.aspect === 'generation' || how.aspect === 'claimed' ? `in generation ${generation}` : 'at one time'
  return {
    anomaly: name,
    guarantees,
    aspect: how.aspect,
    blame: 'broker',
    message: `${key}: ${both} of group ${group.name} both owned it ${when}`,
    key,
    witness: inOrder([grantStep(index, first), grantStep(index, second), ...how.steps]),
  }
}

/** One client that joined again under another id is one owner, and so is a static member that came back as another client. */
function isOne(first: Tenure, second: Tenure): boolean {
  return first.actor === second.actor || first.identity === second.identity
}

function protocolOf(group: Group, { actor, from }: Tenure): GroupConfig['protocol'] {
  const joined = group.joins.findLast(join => join.actor === actor && join.asked < from)
  return joined?.value.protocol ?? group.config.protocol
}

function checkGenerations(index: HistoryIndex, group: Group, found: FindingList): void {
  for (const tenures of group.tenures.values()) {
    const owners = new Map<string, Tenure>()
    for (const second of tenures) {
      if (protocolOf(group, second) === 'consumer') continue
      const id = `${second.era} ${second.generation}`
      const first = owners.get(id)
      if (first === undefined) owners.set(id, second)
      else if (!isOne(first, second)) {
        const how = { aspect: 'generation' as const, steps: [] }
        found.add(second.from - first.from, how.aspect, () => finding(index, group, { first, second }, how))
      }
    }
  }
}

/** By era: generations anybody was told, sorted. */
function generationsOf({ joins, grants }: Group): ReadonlyMap<number, readonly number[]> {
  const known = new Map<number, Set<number>>()
  for (const { era, value } of [...joins, ...grants]) {
    if (value.generation < 0) continue
    known.set(era, (known.get(era) ?? new Set()).add(value.generation))
  }
  return new Map([...known].map(([era, generations]) => [era, [...generations].sort((a, b) => a - b)]))
}

/** The last generation a client was in before a position. */
function generationBefore({ joins, grants }: Group, actor: Actor, at: number): number {
  const joined = joins.findLast(each => each.actor === actor && each.outcome === ok && each.done < at)
  const granted = grants.findLast(each => each.actor === actor && each.at < at)
  return Math.max(joined?.value.generation ?? none, granted?.value.generation ?? none)
}

/**
 * How a member came into a generation that gave one of its keys away, although its claim was as fresh as any. Only one that was
 * given a share of it: a generation is written when it is shared out, so that the next coordinator knows nothing of one that was
 * not, and makes another of that number.
 */
function claimOf(group: Group, { first, second }: Pair, generations: readonly number[]): JoinRow | undefined {
  const share = group.grants.find(({ actor, era, value }) =>
    actor === first.actor && era === second.era && value.generation === second.generation)
  if (share === undefined) return undefined
  const join = group.joins.findLast(({ actor, outcome, done, value }) =>
    actor === first.actor && outcome === ok && done < share.at && value.generation === share.value.generation)
  if (join === undefined || join.value.protocol === 'consumer' || !holdsAt(first, join.asked)) return undefined
  const before = generations[generations.indexOf(second.generation) - 1]
  return generationBefore(group, first.actor, join.asked) === before ? join : undefined
}

function checkClaims(index: HistoryIndex, group: Group, found: FindingList): void {
  const generations = generationsOf(group)
  for (const tenures of group.tenures.values()) {
    for (const [at, second] of tenures.entries()) {
      for (const first of tenures.slice(0, at)) {
        const inOne = first.era === second.era && first.generation < second.generation
        if (isOne(first, second) || !inOne) continue
        const join = claimOf(group, { first, second }, generations.get(second.era) ?? [])
        if (join === undefined) continue
        const how = { aspect: 'claimed' as const, steps: [joinStep(index, join)] }
        found.add(second.from - first.from, how.aspect, () => finding(index, group, { first, second }, how))
      }
    }
  }
}

/** Up to where a client, from a position on, was the member it was: one that was asking to join then may have missed a generation. */
function memberUntil({ joins, releases }: Group, actor: Actor, from: number): number {
  const joined = joins.find(each => each.actor === actor && (each.asked > from || each.done > from))?.asked ?? Number.POSITIVE_INFINITY
  const gone = releases.find(each => each.actor === actor && each.at > from && each.why !== 'revoked')?.at
  return Math.min(joined, gone ?? Number.POSITIVE_INFINITY)
}

/** What shows that the first owner had not been shut out when the second was given its key. */
function sparedBy(index: HistoryIndex, group: Group, { first, second }: Pair): HeardRow | GrantRow | undefined {
  const until = memberUntil(group, first.actor, second.from)
  const isLater = (at: number, actor: Actor): boolean => actor === first.actor && at > second.from && at < until
  const givenAt = timeAt(index, second.from)
  const by = group.grants.find(({ at, actor }) => at === second.from && actor === second.actor)?.node
  // A coordinator that is cut off from the others does not know that it is none any more.
  const isBySame = ({ node }: HeardRow): boolean => node === undefined || by === undefined || node === by
  const heard = group.heards.find(each => isLater(each.at, each.actor) && each.memberId === first.memberId && each.sentAt > givenAt && isBySame(each))
  if (heard !== undefined) return heard
  return group.grants.find(({ at, actor, value }) => isLater(at, actor) && value.generation > second.generation)
}

/** Of a consumer group one epoch names a key once: who is given what another was given in it and has not given back is as wrong. */
function isGivenAgain(group: Group, first: Tenure, second: Tenure): boolean {
  if (first.era !== second.era) return false
  return first.generation < second.generation || (first.generation === second.generation && protocolOf(group, second) === 'consumer')
}

function checkGrants(index: HistoryIndex, group: Group, found: FindingList): void {
  for (const tenures of group.tenures.values()) {
    for (const [at, second] of tenures.entries()) {
      for (const first of tenures.slice(0, at)) {
        if (isOne(first, second) || !isGivenAgain(group, first, second) || !holdsAt(first, second.from)) continue
        const spared = sparedBy(index, group, { first, second })
        if (spared === undefined) continue
        const step = 'sentAt' in spared ? heardStep(index, spared) : assignedStep(index, spared)
        const how = { aspect: 'granted' as const, steps: [step] }
        found.add(spared.at - first.from, how.aspect, () => finding(index, group, { first, second }, how))
      }
    }
  }
}

function describedFinding(index: HistoryIndex, { at, value }: StateRow, key: string | number, members: readonly string[]): Finding {
  return {
    anomaly: name,
    guarantees,
    aspect: 'described',
    blame: 'broker',
    message: `${key}: the coordinator of group ${value.group} says that ${members.join(' and ')} both own it`,
    key,
    witness: [stepAt(index, at, `described generation ${value.generation}, ${value.state}`)],
  }
}

function checkDescribed(index: HistoryIndex, group: Group, found: FindingList): void {
  for (const row of group.states) {
    if (row.value.state !== 'Stable') continue
    const owners = new Map<string | number, string>()
    for (const { memberId, keys } of row.value.members) {
      for (const key of keys) {
        const other = owners.get(key)
        if (other !== undefined && other !== memberId) {
          found.add(0, 'described', () => describedFinding(index, row, key, [other, memberId]))
        }
        owners.set(key, memberId)
      }
    }
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const group of groupsOf(index)) {
    checkGenerations(index, group, found)
    checkClaims(index, group, found)
    checkGrants(index, group, found)
    checkDescribed(index, group, found)
  }
  return found.result()
}

export const doubleOwner: Checker = {
  name,
  describes: 'Two members of one group owned a partition in one generation, or at one time while neither was shut out.',
  guarantees,
  check,
}
