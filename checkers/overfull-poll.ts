/**
 * Overfull poll: a member's poll returned more records than it takes at once (`maxPollRecords` of its group's configuration,
 * which is max.poll.records).
 */
import type { Op, PollMicroOp } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { Actor } from './groups/group-ops.ts'
import { type Group, groupsOf } from './groups/groups.ts'
import { memberName, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok, pollKind } from './index/codes.ts'
import type { Finding } from './verdict.ts'

const name = 'overfull-poll'
const guarantees: readonly string[] = ['GRP-12']

/** A completed poll of a member. */
interface Polled {
  readonly group: Group
  readonly actor: Actor
  readonly asked: number
  readonly done: number
  readonly count: number
}

/** By client: the group it last asked to join before its polls began; a client is a member of one group. */
function groupByActor(groups: readonly Group[]): ReadonlyMap<Actor, Group> {
  return new Map(groups.flatMap((group) => group.joins.map(({ actor }) => [actor, group] as const)))
}

function countOf({ value }: Op): number {
  if (!Array.isArray(value)) return 0
  const keys = (value as readonly PollMicroOp[]).flatMap(({ f, polled }) => (f === 'poll' ? (polled ?? []) : []))
  return keys.reduce((sum, [, records]) => sum + records.length, 0)
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
    if (group !== undefined && asked !== none) polls.push({ group, actor, asked, done: at, count: countOf(ops.at(at)!) })
  }
  return polls
}

function finding(index: HistoryIndex, { group, actor, asked, done, count }: Polled): Finding {
  const who = memberName(index, actor)
  const given = `was given ${count} records at once, and takes ${group.config.maxPollRecords}`
  return {
    anomaly: name,
    guarantees,
    blame: 'client',
    message: `${who} of group ${group.name} ${given}`,
    witness: [stepAt(index, asked, `${who} asked`), stepAt(index, done, `${who} ${given}`)],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const judged = groupsOf(index).filter(({ config }) => config.maxPollRecords !== undefined)
  for (const polled of judged.length === 0 ? [] : pollsOf(index, judged)) {
    const { count, asked, done, group } = polled
    if (count > group.config.maxPollRecords!) found.add(done - asked, '', () => finding(index, polled))
  }
  return found.result()
}

export const overfullPoll: Checker = {
  name,
  describes: 'A poll of a group member returned more records than the member takes at once.',
  guarantees,
  check,
}
