/**
 * How far groups were behind, measured and never judged: per key what leaders said was the end (their highWatermark) less what
 * the group had committed, added up over the keys of the group. Where nothing is committed yet, a group is behind from where
 * its first member began.
 */
import type { Key } from '../../history/op.ts'
import type { HistoryIndex } from '../history-index.ts'
import { ok } from '../index/codes.ts'
import { type Group, groupsOf } from './groups.ts'

/** Records, of the group that was furthest behind. */
export interface LagFigures {
  readonly groupLagMax: number
  /** What was left at the end. */
  readonly groupLagEnd: number
}

interface Told {
  readonly at: number
  readonly key: Key
  readonly what: 'end' | 'committed' | 'began'
  readonly offset: number
}

function committedBy({ reads, writes }: Group): Told[] {
  const told: Told[] = []
  for (const { kind, at, key, offset } of reads) if (offset >= 0) told.push({ at, key, what: kind === 'start' ? 'began' : 'committed', offset })
  for (const { kind, outcome, done: at, key, offset } of [...writes.values()].flat()) {
    if (kind !== 'transaction' && outcome === ok) told.push({ at, key, what: 'committed', offset })
  }
  return told
}

function endsOf({ observations }: HistoryIndex): Told[] {
  return observations.told.flatMap(({ at, key, isLeader, highWatermark }) => {
    return isLeader && highWatermark !== undefined ? [{ at, key, what: 'end' as const, offset: highWatermark }] : []
  })
}

class Lag {
  readonly #ends = new Map<Key, number>()
  readonly #committed = new Map<Key, number>()
  readonly #lags = new Map<Key, number>()
  #now = 0
  max = 0

  get now(): number {
    return this.#now
  }

  take({ key, what, offset }: Told): void {
    if (what === 'end') this.#ends.set(key, Math.max(offset, this.#ends.get(key) ?? 0))
    else if (what === 'committed' || !this.#committed.has(key)) this.#committed.set(key, offset)
    const [end, committed] = [this.#ends.get(key), this.#committed.get(key)]
    if (end === undefined || committed === undefined) return
    const lag = Math.max(0, end - committed)
    this.#now += lag - (this.#lags.get(key) ?? 0)
    this.#lags.set(key, lag)
    this.max = Math.max(this.max, this.#now)
  }
}

/** Undefined in a history without groups. */
export function lagFigures(index: HistoryIndex): LagFigures | undefined {
  const groups = groupsOf(index)
  if (groups.length === 0) return undefined
  const ends = endsOf(index)
  const lags = groups.map(group => {
    const lag = new Lag()
    for (const told of [...committedBy(group), ...ends].sort((a, b) => a.at - b.at)) lag.take(told)
    return lag
  })
  return { groupLagMax: Math.max(...lags.map(({ max }) => max)), groupLagEnd: Math.max(...lags.map(({ now }) => now)) }
}
