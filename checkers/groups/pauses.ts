/**
 * How long rebalances stopped members, measured and never judged. A member pauses from giving up the last of its partitions
 * until it is given some again: an eager group stops whole at every rebalance; a cooperative one and KIP-848 hardly, for
 * who keeps some goes on with them. Of a member that leaves, crashes, or is given none, there is no pause.
 */
import type { Key } from '../../history/op.ts'
import type { HistoryIndex } from '../history-index.ts'
import type { Actor } from './group-ops.ts'
import { type Group, groupsOf, timeAt } from './groups.ts'

export interface Pause {
  readonly group: string
  readonly actor: Actor
  /** Nanoseconds of the run. */
  readonly from: number
  readonly to: number
}

interface Holding {
  readonly keys: Set<Key>
  pausedAt: number | undefined
}

function pausesOfGroup(index: HistoryIndex, group: Group): Pause[] {
  const pauses: Pause[] = []
  const holdings = new Map<Actor, Holding>()
  const of = (actor: Actor): Holding => {
    let holding = holdings.get(actor)
    if (holding === undefined) holdings.set(actor, (holding = { keys: new Set(), pausedAt: undefined }))
    return holding
  }
  const changes = [...group.grants, ...group.releases].sort((a, b) => a.at - b.at)
  for (const change of changes) {
    const { actor, at } = change
    const holding = of(actor)
    if ('value' in change) {
      const { keys, incremental } = change.value
      if (!incremental) holding.keys.clear()
      for (const key of keys) holding.keys.add(key)
      const { pausedAt } = holding
      if (pausedAt !== undefined && keys.length > 0) pauses.push({ group: group.name, actor, from: pausedAt, to: timeAt(index, at) })
      holding.pausedAt = undefined
      continue
    }
    const had = holding.keys.size > 0
    if (change.why === 'revoked') for (const key of change.keys) holding.keys.delete(key)
    else holding.keys.clear()
    if (change.why === 'left' || change.why === 'crashed') holding.pausedAt = undefined
    else if (had && holding.keys.size === 0) holding.pausedAt = timeAt(index, at)
  }
  return pauses
}

/** In no order; none where times are missing. */
export function pausesOf(index: HistoryIndex): Pause[] {
  return groupsOf(index).flatMap(group => pausesOfGroup(index, group)).filter(({ from, to }) => to >= from)
}
