/**
 * Group crosstalk: what one group did shows in another. An offset that only the other group committed (`offsets`), a member
 * that only ever joined the other (`members`), or a partition of a topic that only the other wants (`assignment`).
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { topicOf, type WriteRow } from './groups/group-ops.ts'
import { type Group, groupsOf } from './groups/groups.ts'
import { assignedStep, joinStep, readStep, stepAt, writeStep } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { failed } from './index/codes.ts'
import type { Finding } from './verdict.ts'
import { inOrder } from './witness.ts'

const name = 'group-crosstalk'
const guarantees: readonly string[] = ['GRP-1', 'GRP-13']

type Found = Pick<Finding, 'aspect' | 'message' | 'witness' | 'key' | 'offsets'>

function finding(found: Found): Finding {
  return { anomaly: name, guarantees, blame: 'broker', ...found }
}

function wrote(writes: readonly WriteRow[] | undefined, offset: number, before: number): WriteRow | undefined {
  return writes?.find(write => write.offset === offset && write.outcome !== failed && write.asked < before)
}

/** Offsets that nobody of this group wrote, and somebody of another did. */
function checkOffsets(index: HistoryIndex, group: Group, others: readonly Group[], found: FindingList): void {
  for (const read of group.reads) {
    if (read.kind !== 'fetched' || read.offset < 0) continue
    if (wrote(group.writes.get(read.key), read.offset, read.at) !== undefined) continue
    for (const other of others) {
      const write = wrote(other.writes.get(read.key), read.offset, read.at)
      if (write === undefined) continue
      found.add(read.at - write.asked, 'offsets', () => finding({
        aspect: 'offsets',
        message: `${read.key}: ${read.offset}, which only group ${other.name} had committed, was told as the offset of group ${group.name}`,
        key: read.key,
        offsets: [read.offset],
        witness: inOrder([writeStep(index, write), readStep(index, read)]),
      }))
    }
  }
}

/** Members that never asked to join this group, and did join another. */
function checkMembers(index: HistoryIndex, group: Group, others: readonly Group[], found: FindingList): void {
  for (const { at, value } of group.states) {
    for (const { memberId } of value.members) {
      if (group.joins.some(join => join.value.memberId === memberId)) continue
      for (const other of others) {
        const joined = other.joins.find(join => join.value.memberId === memberId && join.done < at)
        if (joined === undefined) continue
        found.add(at - joined.done, 'members', () => finding({
          aspect: 'members',
          message: `${memberId} joined group ${other.name}, and group ${group.name} was described with it`,
          witness: [joinStep(index, joined), stepAt(index, at, `group ${group.name} was described with ${memberId}`)],
        }))
      }
    }
  }
}

function topicsOf({ joins, subscriptions, config }: Group): ReadonlySet<string> {
  return new Set([...(config.topics ?? []), ...joins.flatMap(({ value }) => value.topics), ...subscriptions.flatMap(({ topics }) => topics)])
}

/** Partitions of topics that this group does not want, and another does. */
function checkAssignments(index: HistoryIndex, group: Group, others: readonly Group[], found: FindingList): void {
  const own = topicsOf(group)
  if (own.size === 0) return
  for (const grant of group.grants) {
    const strange = grant.value.keys.find(key => !own.has(topicOf(key)))
    const other = others.find(each => strange !== undefined && topicsOf(each).has(topicOf(strange)))
    if (strange === undefined || other === undefined) continue
    found.add(grant.value.keys.length, 'assignment', () => finding({
      aspect: 'assignment',
      message: `${strange}: only group ${other.name} wants its topic, and a member of group ${group.name} was given it`,
      key: strange,
      witness: [assignedStep(index, grant)],
    }))
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const groups = groupsOf(index)
  for (const group of groups.length > 1 ? groups : []) {
    const others = groups.filter(other => other !== group)
    checkOffsets(index, group, others, found)
    checkMembers(index, group, others, found)
    checkAssignments(index, group, others, found)
  }
  return found.result()
}

export const groupCrosstalk: Checker = {
  name,
  describes: 'A committed offset, a member or a partition of one group showed up in another.',
  guarantees,
  check,
}
