/**
 * Overfull poll: a member's poll returned more records than it takes at once (`maxPollRecords` of its group's configuration,
 * which is max.poll.records), or records of a partition that it had paused before it asked. A mark `paused` names all that the
 * member does not read from then on, until its next; a partition that went, or was given anew, is read again.
 */
import type { Key, Op, PollMicroOp } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { Actor } from './groups/group-ops.ts'
import { type Group, groupsOf } from './groups/groups.ts'
import { memberName, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok, pollKind } from './index/codes.ts'
import type { Finding, WitnessStep } from './verdict.ts'

const name = 'overfull-poll'
const guarantees: readonly string[] = ['GRP-12']

/** A completed poll of a member. */
interface Polled {
  readonly group: Group
  readonly actor: Actor
  readonly asked: number
  readonly done: number
  /** How many records, by key. */
  readonly counts: ReadonlyMap<Key, number>
}

/** By client: the group it last asked to join before its polls began; a client is a member of one group. */
function groupByActor(groups: readonly Group[]): ReadonlyMap<Actor, Group> {
  return new Map(groups.flatMap((group) => group.joins.map(({ actor }) => [actor, group] as const)))
}

function countsOf({ value }: Op): Map<Key, number> {
  const counts = new Map<Key, number>()
  for (const { f, polled } of Array.isArray(value) ? (value as readonly PollMicroOp[]) : []) {
    for (const [key, records] of f === 'poll' ? (polled ?? []) : []) {
      if (records.length > 0) counts.set(key, (counts.get(key) ?? 0) + records.length)
    }
  }
  return counts
}

function pollsOf(index: HistoryIndex, groups: readonly Group[]): Polled[] {
  const { table, ops } = index
  const byActor = groupByActor(groups)
  const polls: Polled[] = []
  for (let at = 0; at < table.kind.length; at++) {
    if (table.kind[at] !== pollKind || table.type[at] !== ok) continue
    const actor = table.actor[at]!
    const group = byActor.get(actor)
    const asked = table.invocation[at]!
    if (group !== undefined && asked !== none) polls.push({ group, actor, asked, done: at, counts: countsOf(ops.at(at)!) })
  }
  return polls
}

/** Position of the mark since which a member does not read a key, or `none`. */
function pausedSince({ group, actor, asked, done }: Polled, key: Key): number {
  const last = group.paused.findLast(pause => pause.actor === actor && pause.at < asked)
  if (last?.keys.includes(key) !== true) return none
  const isBetween = (row: { readonly at: number; readonly actor: Actor }): boolean => row.actor === actor && row.at > last.at && row.at < done
  const wasGiven = group.grants.some(grant => isBetween(grant) && (!grant.value.incremental || grant.value.keys.includes(key)))
  const hasGone = group.releases.some(release => isBetween(release) && (release.why !== 'revoked' || release.keys.includes(key)))
  return wasGiven || hasGone ? none : last.at
}

interface Overfull {
  readonly aspect: 'records' | 'paused'
  readonly words: string
  readonly key?: Key
  readonly steps?: readonly WitnessStep[]
}

function overfull(index: HistoryIndex, polled: Polled): Overfull | undefined {
  const { counts, group, actor } = polled
  const { maxPollRecords = Number.POSITIVE_INFINITY } = group.config
  const count = [...counts.values()].reduce((sum, each) => sum + each, 0)
  if (count > maxPollRecords) return { aspect: 'records', words: `was given ${count} records at once, and takes ${maxPollRecords}` }
  for (const key of group.paused.length === 0 ? [] : counts.keys()) {
    const since = pausedSince(polled, key)
    if (since === none) continue
    const steps = [stepAt(index, since, `${memberName(index, actor)} paused ${key}`)]
    return { aspect: 'paused', words: `was given records of ${key}, which it had paused`, key, steps }
  }
  return undefined
}

function finding(index: HistoryIndex, { group, actor, asked, done }: Polled, { aspect, words, key, steps = [] }: Overfull): Finding {
  const who = memberName(index, actor)
  return {
    anomaly: name,
    guarantees,
    aspect,
    blame: 'client',
    message: `${who} of group ${group.name} ${words}`,
    ...(key !== undefined && { key }),
    witness: [...steps, stepAt(index, asked, `${who} asked`), stepAt(index, done, `${who} ${words}`)],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const judged = groupsOf(index).filter(({ config, paused }) => config.maxPollRecords !== undefined || paused.length > 0)
  for (const polled of judged.length === 0 ? [] : pollsOf(index, judged)) {
    const is = overfull(index, polled)
    if (is !== undefined) found.add(polled.done - polled.asked, is.aspect, () => finding(index, polled, is))
  }
  return found.result()
}

export const overfullPoll: Checker = {
  name,
  describes: 'A poll of a group member returned more records than it takes at once, or records of a partition it had paused.',
  guarantees,
  check,
}
