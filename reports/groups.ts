/**
 * Consumer groups as rows: who owned which partition when, how far each group was behind, what was committed against where
 * logs ended, and how long members stood still. As the members said it, zombies included. Histories come from anywhere:
 * what does not have the documented shape is left out.
 */
import type { Key, Op, Ops } from '../history/op.ts'
import { rounded } from './latency.ts'
import { compareKeys } from './leadership.ts'
import { isRecord, observations, secondsOf } from './op-value.ts'

/** One member's tenure of one partition from `t` to `to` seconds of the run. */
export interface TenureRow {
  /** The partition; with its group where there are several. */
  readonly lane: string
  readonly t: number
  readonly to: number
  readonly member: string
  readonly group: string
  readonly generation: number
  /** How it ended: `revoked`, `lost`, `left`, `crashed`, or `` where it did not. */
  readonly ended: string
}

/** What was known at `t`. */
export interface LagRow {
  readonly lane: string
  readonly t: number
  readonly committed: number
  readonly end: number
  readonly lag: number
}

/** One of two offsets of a lane, for lines side by side. */
export interface OffsetRow {
  readonly lane: string
  readonly t: number
  readonly offset: number
  readonly what: 'committed' | 'end'
}

export interface PauseRow {
  readonly member: string
  readonly t: number
  readonly to: number
  readonly ms: number
  readonly group: string
}

export interface Groups {
  readonly tenures: readonly TenureRow[]
  readonly lags: readonly LagRow[]
  readonly offsets: readonly OffsetRow[]
  readonly pauses: readonly PauseRow[]
  /** Lanes that are not drawn. */
  readonly lanesLeftOut: number
}

interface OpenTenure {
  readonly t: number
  readonly member: string
  readonly generation: number
}

interface Lane {
  readonly group: string
  readonly key: Key
  readonly open: Map<string, OpenTenure>
  readonly tenures: (OpenTenure & { readonly to: number; readonly ended: string })[]
  readonly lags: Omit<LagRow, 'lane'>[]
  committed: number | undefined
}

interface Holding {
  readonly keys: Set<string>
  pausedAt: number | undefined
}

const mostLanes = 24
const mostTenuresALane = 60
const mostPointsALane = 120
const mostPauses = 500
const separator = '\u0000'

function isKey(value: unknown): value is Key {
  return typeof value === 'string' || typeof value === 'number'
}

function keysOf(value: unknown): Key[] {
  return Array.isArray(value) ? value.filter(isKey) : []
}

function pairsOf(value: unknown): (readonly [Key, number])[] {
  if (!Array.isArray(value)) return []
  return value.filter((each): each is [Key, number] => Array.isArray(each) && isKey(each[0]) && Number.isFinite(each[1]))
}

class GroupRows {
  readonly lanes = new Map<string, Lane>()
  readonly pauses: PauseRow[] = []
  readonly #holdings = new Map<string, Holding>()
  readonly #ends = new Map<string, number>()
  readonly #spacing: number

  constructor(endSeconds: number) {
    this.#spacing = endSeconds / mostPointsALane
  }

  take(op: Op, t: number): void {
    for (const { key, highWatermark } of observations(op)) if (Number.isFinite(highWatermark)) this.#ended(key, highWatermark!, t)
    if (typeof op.process !== 'number') return
    const member = op.client ?? `process ${op.process}`
    if (op.f === 'crash') return this.#gone(undefined, member, 'crashed', t)
    if (!isRecord(op.value) || typeof op.value['group'] !== 'string') return undefined
    const { group, keys, generation, incremental, offsets } = op.value
    switch (op.f) {
      case 'assigned':
        return this.#assigned(String(group), member, { keys: keysOf(keys), generation: Number(generation), full: incremental !== true }, t)
      case 'revoked':
        return this.#revoked(String(group), member, keysOf(keys), t)
      case 'lost':
        return this.#gone(String(group), member, 'lost', t)
      case 'leave':
        return this.#gone(String(group), member, 'left', t)
      case 'commit':
        if (op.type === 'ok') for (const [key, offset] of pairsOf(offsets)) this.#committed(String(group), key, offset, t)
        return undefined
      default:
        return undefined
    }
  }

  #lane(group: string, key: Key): Lane {
    const id = `${group}${separator}${key}`
    let lane = this.lanes.get(id)
    if (lane === undefined) {
      lane = { group, key, open: new Map(), tenures: [], lags: [], committed: undefined }
      this.lanes.set(id, lane)
    }
    return lane
  }

  #holding(group: string, member: string): Holding {
    const id = `${group}${separator}${member}`
    let holding = this.#holdings.get(id)
    if (holding === undefined) this.#holdings.set(id, (holding = { keys: new Set(), pausedAt: undefined }))
    return holding
  }

  #assigned(group: string, member: string, { keys, generation, full }: { keys: readonly Key[]; generation: number; full: boolean }, t: number): void {
    const holding = this.#holding(group, member)
    if (full) for (const lane of this.#lanesOf(group, holding)) this.#close(lane, member, '', t)
    if (full) holding.keys.clear()
    for (const key of keys) {
      const lane = this.#lane(group, key)
      this.#close(lane, member, '', t)
      lane.open.set(member, { t, member, generation })
      holding.keys.add(`${group}${separator}${key}`)
    }
    const from = holding.pausedAt
    holding.pausedAt = undefined
    if (from === undefined || keys.length === 0 || this.pauses.length >= mostPauses) return
    this.pauses.push({ member, t: rounded(from), to: rounded(t), ms: Math.round((t - from) * 1000), group })
  }

  #lanesOf(group: string, { keys }: Holding): Lane[] {
    return [...keys].flatMap((id) => this.lanes.get(id) ?? []).filter((lane) => lane.group === group)
  }

  #revoked(group: string, member: string, keys: readonly Key[], t: number): void {
    const holding = this.#holding(group, member)
    const had = holding.keys.size > 0
    for (const key of keys) {
      this.#close(this.#lane(group, key), member, 'revoked', t)
      holding.keys.delete(`${group}${separator}${key}`)
    }
    if (had && holding.keys.size === 0) holding.pausedAt = t
  }

  /** From one group, or from all. */
  #gone(group: string | undefined, member: string, ended: string, t: number): void {
    for (const lane of this.lanes.values()) {
      if (group === undefined || lane.group === group) this.#close(lane, member, ended, t)
    }
    for (const [id, holding] of this.#holdings) {
      const isOf = group === undefined ? id.endsWith(`${separator}${member}`) : id === `${group}${separator}${member}`
      if (!isOf) continue
      holding.pausedAt = ended === 'lost' && holding.keys.size > 0 ? t : undefined
      holding.keys.clear()
    }
  }

  #close(lane: Lane, member: string, ended: string, t: number): void {
    const open = lane.open.get(member)
    if (open === undefined) return
    lane.open.delete(member)
    if (lane.tenures.length < mostTenuresALane) lane.tenures.push({ ...open, to: t, ended })
  }

  #committed(group: string, key: Key, offset: number, t: number): void {
    const lane = this.#lane(group, key)
    lane.committed = offset
    this.#point(lane, t)
  }

  #ended(key: Key, end: number, t: number): void {
    if (end <= (this.#ends.get(String(key)) ?? -1)) return
    this.#ends.set(String(key), end)
    for (const lane of this.lanes.values()) if (String(lane.key) === String(key)) this.#point(lane, t)
  }

  /** Points that lie closer than can be seen replace one another. */
  #point(lane: Lane, t: number): void {
    const end = this.#ends.get(String(lane.key))
    if (end === undefined || lane.committed === undefined) return
    const last = lane.lags.at(-1)
    const { committed } = lane
    const told = { committed, end: Math.max(end, committed), lag: Math.max(0, end - committed) }
    if (last !== undefined && t - last.t < this.#spacing) lane.lags[lane.lags.length - 1] = { ...told, t: last.t }
    else lane.lags.push({ ...told, t: rounded(t) })
  }

  finish(endSeconds: number): void {
    for (const lane of this.lanes.values()) for (const member of lane.open.keys()) this.#close(lane, member, '', endSeconds)
  }
}

function rowsOf(lanes: readonly Lane[], nameOf: (lane: Lane) => string): Omit<Groups, 'pauses' | 'lanesLeftOut'> {
  const tenures = lanes.flatMap((lane) => lane.tenures.map(({ t, to, member, generation, ended }): TenureRow => {
    return { lane: nameOf(lane), t: rounded(t), to: rounded(Math.max(t, to)), member, group: lane.group, generation, ended }
  }))
  const lags = lanes.flatMap((lane) => lane.lags.map((lag) => ({ lane: nameOf(lane), ...lag })))
  const offsets = lags.flatMap(({ lane, t, committed, end }): OffsetRow[] => [
    { lane, t, offset: committed, what: 'committed' },
    { lane, t, offset: end, what: 'end' },
  ])
  return { tenures, lags, offsets }
}

export function groupsOf(ops: Ops, endSeconds: number): Groups {
  const rows = new GroupRows(endSeconds)
  for (const op of ops) {
    const t = secondsOf(op.time)
    if (t !== undefined) rows.take(op, t)
  }
  rows.finish(endSeconds)
  const all = [...rows.lanes.values()]
  const isOne = new Set(all.map(({ group }) => group)).size <= 1
  const nameOf = ({ group, key }: Lane): string => (isOne ? String(key) : `${group}: ${key}`)
  const busiest = all.toSorted((a, b) => b.tenures.length - a.tenures.length || compareKeys(nameOf(a), nameOf(b)))
  const kept = busiest.slice(0, mostLanes).sort((a, b) => compareKeys(nameOf(a), nameOf(b)))
  return { ...rowsOf(kept, nameOf), pauses: rows.pauses, lanesLeftOut: all.length - kept.length }
}
