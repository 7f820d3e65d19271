/**
 * Static rebalance: a member with an instance id died, came back within its session, by the same protocol and for the same topics,
 * and the group went through a rebalance for it (KIP-345: its place is kept for it, and nobody else need notice). Judged of the
 * classic protocol, and only where nothing else can have been the cause: everybody else had come to rest in the generation that
 * the member left behind, and from then on until it was back nobody came, went, was lost, wanted something else, or gave up what
 * a cooperative rebalance had left to give; no partition was added; no fault had been in force for a session. In KIP-848 a member
 * that died keeps its successor out until its session ends.
 */
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { Actor, GrantRow, JoinRow, ReleaseRow } from './groups/group-ops.ts'
import { faultsOf, type Group, groupsOf, timeAt } from './groups/groups.ts'
import { assignedStep, memberName, releaseStep, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { ok } from './index/codes.ts'
import type { Finding } from './verdict.ts'

const name = 'static-rebalance'
const guarantees: readonly string[] = ['GRP-5']

const nanosecondsPerMs = 1e6
/** How long before or after it shows a partition may have been added. */
const growthMs = 10_000
/** How much later than a session's length after a word of it a coordinator may end it. */
const slackMs = 1000

/** A static member that died and came back. */
interface Return {
  readonly group: Group
  /** The last share it was given before it died. */
  readonly had: GrantRow
  readonly death: ReleaseRow
  readonly back: JoinRow
}

/** The end of the last life of a client, and what it had in it. */
function lifeBefore(group: Group, back: JoinRow): Pick<Return, 'had' | 'death'> | undefined {
  const { instanceId } = back.value
  const last = group.joins.findLast(({ value, outcome, done, actor }) =>
    outcome === ok && done < back.asked && actor !== back.actor && value.instanceId === instanceId)
  if (last === undefined) return undefined
  const had = group.grants.findLast(({ actor, at, value }) => actor === last.actor && at > last.done && value.generation === last.value.generation)
  const death = group.releases.find(({ actor, at, why }) => actor === last.actor && at > last.done && why !== 'revoked')
  const isSame = last.value.protocol === back.value.protocol && last.value.assignor === back.value.assignor
    && [...last.value.topics].sort().join() === [...back.value.topics].sort().join()
  if (!isSame || had === undefined || death?.why !== 'crashed' || death.at > back.asked || had.at > death.at) return undefined
  return { had, death }
}

/** Those that came back in another generation than they had left. */
function returnsOf(group: Group): Return[] {
  return group.joins.flatMap(back => {
    const { value, outcome, actor } = back
    if (outcome !== ok || value.instanceId === undefined || value.protocol !== 'classic') return []
    if (group.joins.find(join => join.actor === actor) !== back) return []
    const before = lifeBefore(group, back)
    const isLater = before !== undefined && before.had.era === back.era && value.generation > before.had.value.generation
    return isLater ? [{ group, ...before, back }] : []
  })
}

function sessionNs({ config }: Group): number {
  return (config.sessionTimeoutMs ?? 0) * nanosecondsPerMs
}

/** Within its session, counted from the last time the coordinator is known to have heard of it. */
function isInTime(index: HistoryIndex, { group, had, back }: Return): boolean {
  const heard = group.heards.filter(({ actor, at }) => actor === had.actor && at < back.asked).map(({ sentAt }) => sentAt)
  // Its share was answered to a request that it sent after it had joined.
  const joined = group.joins.findLast(({ actor, outcome, done }) => actor === had.actor && outcome === ok && done < had.at)
  const since = Math.max(timeAt(index, joined!.done), ...heard)
  return timeAt(index, back.done) - since < sessionNs(group)
}

/** What a fault does to the others shows in them; what it held back may come later, but not by as much as a session. */
function isUndisturbed(index: HistoryIndex, { group, back }: Return): boolean {
  const { records, unreadable } = faultsOf(index)
  const [from, to] = [timeAt(index, back.asked) - sessionNs(group), timeAt(index, back.done)]
  return !unreadable && !records.some(({ startTime, endTime }) =>
    (startTime ?? Number.NEGATIVE_INFINITY) < to && (endTime ?? Number.POSITIVE_INFINITY) > from)
}

/** Every other member came from one generation to the other as the member it was, and only after the static one had asked. */
function onlyFollowed({ group, had, back }: Return, actor: Actor): boolean {
  const { generation } = had.value
  const joins = group.joins.filter(join => join.actor === actor && join.asked < back.done)
  const before = joins.findLast(({ done, outcome }) => outcome === ok && done < back.asked)
  const settled = group.grants.findLast(grant => grant.actor === actor && grant.at < back.asked)
  if (before?.value.generation !== generation || settled?.value.generation !== generation) return false
  const next = group.joins.find(join => join.actor === actor && join.asked > before.done)
  if (next === undefined || next.outcome !== ok || next.asked < back.asked || next.value.generation !== back.value.generation) return false
  const isSame = next.value.memberId === before.value.memberId && next.value.topics.join() === before.value.topics.join()
  const mayRevokeFrom = group.config.cooperative === false ? back.asked : next.asked
  const gaveUp = group.releases.some(row => row.actor === actor && row.at > before.done && row.at < (row.why === 'revoked' ? mayRevokeFrom : next.done))
  return isSame && !gaveUp
}

/** Its successor had its place before: the session that it died in is nobody's. */
function wasReplaced({ group, had }: Return, { memberId, at, why }: ReleaseRow): boolean {
  const instance = group.instances.get(memberId)
  return why === 'crashed' && instance !== undefined && group.joins.some(({ asked, done, outcome, value }) =>
    outcome === ok && asked > at && done < had.at && value.instanceId === instance)
}

/** Nobody else came, went or was lost, nor had died so lately that its session was still to end. */
function isAloneInIt(index: HistoryIndex, back: Return): boolean {
  const { group, had } = back
  const isOther = ({ actor }: { readonly actor: Actor }): boolean => actor !== had.actor && actor !== back.back.actor
  const from = timeAt(index, had.at) - sessionNs(group) - slackMs * nanosecondsPerMs
  const gone = group.releases.filter(row => isOther(row) && row.why !== 'revoked' && row.at < back.back.done && !wasReplaced(back, row))
  if (gone.some(({ at }) => timeAt(index, at) > from)) return false
  const last = new Map(group.joins.filter(join => isOther(join) && join.asked < back.back.done).map(({ actor, asked }) => [actor, asked]))
  const isThere = ([actor, asked]: readonly [Actor, number]): boolean =>
    !group.releases.some(row => row.actor === actor && row.at > asked && row.at < back.back.asked && (row.why === 'left' || row.why === 'crashed'))
  return [...last].filter(isThere).every(([actor]) => onlyFollowed(back, actor))
}

/** A partition was added about then, or a later share has one that nobody had had. */
function hasGrown(index: HistoryIndex, { group, had, back }: Return): boolean {
  const { ops, table } = index
  const [from, to] = [timeAt(index, had.at) - growthMs * nanosecondsPerMs, timeAt(index, back.done) + growthMs * nanosecondsPerMs]
  const keysIn = (generation: number): Set<Key> =>
    new Set(group.grants.filter(({ era, value }) => era === back.era && value.generation === generation).flatMap(({ value }) => value.keys))
  const known = keysIn(had.value.generation)
  return [...keysIn(back.value.generation)].some(key => !known.has(key))
    || table.rest.some(at => ops.at(at)!.f === 'grow' && timeAt(index, at) > from && timeAt(index, at) < to)
}

function finding(index: HistoryIndex, { group, had, death, back }: Return): Finding {
  const before = had.value.generation
  const { instanceId, generation } = back.value
  return {
    anomaly: name,
    guarantees,
    blame: 'broker',
    message: `group ${group.name} went from generation ${before} to ${generation} because ${instanceId!} was back, within its session`,
    witness: [
      assignedStep(index, had),
      releaseStep(index, death),
      stepAt(index, back.done, `${memberName(index, back.actor)}, its successor, was let into generation ${generation}`),
    ],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const group of groupsOf(index)) {
    for (const back of returnsOf(group)) {
      const isBlameless = isInTime(index, back) && isUndisturbed(index, back) && !hasGrown(index, back) && isAloneInIt(index, back)
      if (isBlameless) found.add(back.back.done - back.had.at, '', () => finding(index, back))
    }
  }
  return found.result()
}

export const staticRebalance: Checker = {
  name,
  describes: 'A static member that came back within its session made its group rebalance.',
  guarantees,
  check,
}
