/**
 * How much of a test a run was, in numbers, and the floors a run may set itself (`config.floors`): below
 * one of them nothing was tested, and the verdict is 'unknown'.
 */
import type { Observation } from '../history/op.ts'
import type { Faults } from './faults.ts'
import type { HistoryIndex } from './history-index.ts'
import { invoked, none } from './index/codes.ts'
import { ints } from './index/columns.ts'
import type { Observations } from './index/observations.ts'
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
  /** How often the quorum of the controllers was. */
  readonly controllerChanges: number
}

type Led = Pick<Observation, 'leader' | 'leaderEpoch'>

/** Stale words, of a leaderEpoch not above the highest seen, change nothing. */
class Changes {
  readonly #seen = new Map<unknown, Led>()
  count = 0

  see(what: unknown, { leader, leaderEpoch }: Led): void {
    const before = this.#seen.get(what)
    if (leader < 0 || (before !== undefined && leaderEpoch <= before.leaderEpoch)) return
    if (before !== undefined && before.leader !== leader) this.count++
    this.#seen.set(what, { leader, leaderEpoch })
  }
}

function changesIn({ told, quorum }: Observations): Pick<Figures, 'leaderChanges' | 'controllerChanges'> {
  const leaders = new Changes()
  const controllers = new Changes()
  for (const one of told) leaders.see(one.key, one)
  for (const one of quorum) controllers.see('quorum', one)
  return { leaderChanges: leaders.count, controllerChanges: controllers.count }
}

/** How many of the windows are open at each position, summed on the way. */
function countUnderFault(index: HistoryIndex, faults: Faults): number {
  if (faults.windows.length === 0) return 0
  const change = ints(index.ops.length + 1)
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
  for (let of = invoked; of < index.table.counts.length; of += 4) ops += index.table.counts[of]!
  const opsUnderFault = countUnderFault(index, faults)
  return {
    ops,
    acknowledged: acknowledgedCount(index.sends),
    polled: index.reads.size,
    opsUnderFault,
    opsUnderFaultShare: ops === 0 ? 0 : opsUnderFault / ops,
    faults: faults.windows.length,
    ...changesIn(index.observations),
  }
}

/** One sentence for each floor not reached. */
export function belowFloors(
  figures: Readonly<Record<string, number>>,
  floors: Readonly<Record<string, number>> | undefined,
): string[] {
  return Object.entries(floors ?? {}).flatMap(([name, floor]) => {
    const reached = Object.hasOwn(figures, name) ? figures[name] : undefined
    if (reached === undefined) return [`there is no figure "${name}" to ask a floor of`]
    return reached >= floor ? [] : [`too little was tested: ${name} is ${reached}, its floor ${floor}`]
  })
}
