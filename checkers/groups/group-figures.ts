/** What groups went through, in numbers: floors may be set on them, and what stays at 0 was not tested. */
import type { HistoryIndex } from '../history-index.ts'
import { ok } from '../index/codes.ts'
import { type Group, groupsOf } from './groups.ts'
import { pausesOf } from './pauses.ts'
import { restsOf } from './rests.ts'

const nanosecondsPerMs = 1e6

/** Names of what is counted; absent from a history without groups. */
export interface GroupCoverage {
  readonly generations: number
  /** Generations of a group after its first. */
  readonly rebalances: number
  /** Members that learned that they were members no more. */
  readonly fencedMembers: number
  /** How often another broker than before answered for a group. */
  readonly coordinatorChanges: number
  /** Offsets whose commit was acknowledged. */
  readonly commits: number
  /** Static members that came back under their instance id. */
  readonly staticRestarts: number
  /** Stretches of calm in which all must be shared out, and was looked at. */
  readonly rests: number
}

function generationsOf({ joins, grants }: Group): number {
  const told = [...joins, ...grants].filter(({ value }) => value.generation >= 0)
  return new Set(told.map(({ era, value }) => `${era} ${value.generation}`)).size
}

function coordinatorChanges({ answers }: Group): number {
  const sorted = answers.toSorted((a, b) => a.at - b.at)
  return sorted.filter(({ node }, at) => at > 0 && sorted[at - 1]!.node !== node).length
}

function staticRestarts({ joins }: Group): number {
  const seen = new Map<string, number>()
  let count = 0
  for (const { value, actor, outcome } of joins) {
    if (value.instanceId === undefined || outcome !== ok) continue
    if ((seen.get(value.instanceId) ?? actor) !== actor) count++
    seen.set(value.instanceId, actor)
  }
  return count
}

function committed({ writes }: Group): number {
  return [...writes.values()].flat().filter(({ kind, outcome }) => kind === 'commit' && outcome === ok).length
}

function sum(groups: readonly Group[], count: (group: Group) => number): number {
  return groups.reduce((total, group) => total + count(group), 0)
}

export function groupCoverage(index: HistoryIndex): GroupCoverage | undefined {
  const groups = groupsOf(index)
  if (groups.length === 0) return undefined
  return {
    generations: sum(groups, generationsOf),
    rebalances: sum(groups, group => Math.max(0, generationsOf(group) - 1)),
    fencedMembers: sum(groups, ({ releases }) => releases.filter(({ why }) => why === 'lost').length),
    coordinatorChanges: sum(groups, coordinatorChanges),
    commits: sum(groups, committed),
    staticRestarts: sum(groups, staticRestarts),
    rests: restsOf(index).filter(({ starved }) => !starved).length,
  }
}

/** Milliseconds; undefined in a history without groups. */
export function rebalancePauses(index: HistoryIndex): { readonly rebalancePauseMsMax: number; readonly rebalancePauseMsMedian: number } | undefined {
  if (groupsOf(index).length === 0) return undefined
  const sorted = pausesOf(index).map(({ from, to }) => Math.round((to - from) / nanosecondsPerMs)).sort((a, b) => a - b)
  return { rebalancePauseMsMax: sorted.at(-1) ?? 0, rebalancePauseMsMedian: sorted[sorted.length >> 1] ?? 0 }
}
