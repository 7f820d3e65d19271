/**
 * How much of a test a run was, in numbers, and the floors a run may set itself (`config.floors`): below
 * one of them nothing was tested, and the verdict is 'unknown'.
 */
import type { Observation, Op } from '../history/op.ts'
import type { Faults } from './faults.ts'
import type { HistoryIndex } from './history-index.ts'
import { invoked, none } from './index/op-table.ts'
import { acknowledgedCount } from './index/send-table.ts'

export interface Figures {
  /** Ops clients invoked. */
  readonly ops: number
  /** Records of ok sends. */
  readonly acknowledged: number
  /** Records that polls returned, each as often as it was returned. */
  readonly polled: number
  /** Ops invoked while a fault was seen in force, and their share of all. */
  readonly opsUnderFault: number
  readonly opsUnderFaultShare: number
  /** Faults seen in force. */
  readonly faults: number
  /** How often a key was seen under another leader in a higher leaderEpoch. */
  readonly leaderChanges: number
}

/** Stale observations, of a leaderEpoch not above the highest seen, change nothing. */
function countLeaderChanges(ops: readonly Op[]): number {
  const seen = new Map<unknown, { leader: number; leaderEpoch: number }>()
  let changes = 0
  for (const { f, process, value } of ops) {
    if (f !== 'observe' || process !== 'observer' || !Array.isArray(value)) continue
    for (const { key, leader, leaderEpoch } of value as readonly Observation[]) {
      const before = seen.get(key)
      if (leader < 0 || (before !== undefined && leaderEpoch <= before.leaderEpoch)) continue
      if (before !== undefined && before.leader !== leader) changes++
      seen.set(key, { leader, leaderEpoch })
    }
  }
  return changes
}

/** How many of the windows are open at each position, summed on the way. */
function countUnderFault(index: HistoryIndex, faults: Faults): number {
  const change = new Int32Array(index.ops.length + 1)
  for (const { from, to } of faults.windows) {
    change[from]!++
    change[to]!--
  }
  let open = 0
  let count = 0
  for (let at = 0; at < index.ops.length; at++) {
    open += change[at]!
    if (open > 0 && isClientInvocation(index, at)) count++
  }
  return count
}

function isClientInvocation({ table }: HistoryIndex, at: number): boolean {
  return table.type[at] === invoked && table.actor[at] !== none
}

export function figuresOf(index: HistoryIndex, faults: Faults): Figures {
  let ops = 0
  for (let at = 0; at < index.ops.length; at++) if (isClientInvocation(index, at)) ops++
  const opsUnderFault = countUnderFault(index, faults)
  return {
    ops,
    acknowledged: acknowledgedCount(index.sends),
    polled: index.reads.size,
    opsUnderFault,
    opsUnderFaultShare: ops === 0 ? 0 : opsUnderFault / ops,
    faults: faults.windows.length,
    leaderChanges: countLeaderChanges(index.ops),
  }
}

/** One sentence for each floor not reached. */
export function belowFloors(figures: Figures, floors: Readonly<Record<string, number>> | undefined): string[] {
  const known = new Map<string, number>(Object.entries(figures))
  return Object.entries(floors ?? {}).flatMap(([name, floor]) => {
    const reached = known.get(name)
    if (reached === undefined) return [`there is no figure "${name}" to ask a floor of`]
    return reached >= floor ? [] : [`too little was tested: ${name} is ${reached}, its floor ${floor}`]
  })
}
