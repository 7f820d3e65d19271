/**
 * Which replicas of a partition were in sync when, and where its high watermark and its log's end stood, as leaders told it. What brokers
 * say of partitions they do not lead may be old, and is not drawn.
 */
import type { Observation, Op, Ops } from '../history/op.ts'
import { rounded } from './latency.ts'
import { compareKeys } from './leadership.ts'
import { isRecord, observations, secondsOf } from './op-value.ts'

/** One in-sync set of one partition from `t` to `to` seconds of the run. */
export interface InSyncStint {
  readonly key: string
  readonly t: number
  readonly to: number
  /** `1, 2, 3`, or `none`. */
  readonly members: string
  readonly size: number
  readonly state: 'whole' | 'reduced' | 'below minimum'
  /** `1 2 3`; with `!` below the minimum. */
  readonly label: string
}

/** What a leader told at `t`. */
export interface WatermarkRow {
  readonly key: string
  readonly t: number
  readonly highWatermark: number
  /** Of the leader's log; absent when it was not told. */
  readonly logEndOffset?: number
  /** `broker 2 · e7`. */
  readonly leader: string
}

export interface Replication {
  readonly stints: readonly InSyncStint[]
  readonly watermarks: readonly WatermarkRow[]
  /** Partitions that were observed and are drawn in neither. */
  readonly keysLeftOut: number
  /** Partitions whose in-sync set changed so often that it is not drawn to the end. */
  readonly keysCutShort: number
  /** Of the configuration; undefined when the history does not say. */
  readonly minInSyncReplicas: number | undefined
}

interface OpenStint {
  readonly from: number
  readonly members: readonly number[]
}

interface Told {
  leaderEpoch: number
  readonly stints: OpenStint[]
  /** Seconds; when the last of `stints` ended, where there were too many to keep. */
  cutShortAt: number | undefined
  readonly watermarks: WatermarkRow[]
}

interface Sizes {
  readonly minimum: number | undefined
  readonly whole: number | undefined
}

const mostKeys = 12
const mostStintsAKey = 60
/** High watermarks are told in a line of at most so many points a partition. */
const mostPointsAKey = 120

export function replicationOf(ops: Ops, endSeconds: number): Replication {
  const byKey = new Map<string, Told>()
  const spacing = endSeconds / mostPointsAKey
  for (const op of ops) {
    const t = secondsOf(op.time)
    if (t === undefined) continue
    for (const told of observations(op)) if (isOwnWord(op, told)) note(toldOf(byKey, told), told, { t, spacing })
  }
  const busiest = [...byKey].sort((a, b) => b[1].stints.length - a[1].stints.length || compareKeys(a[0], b[0]))
  const kept = busiest.slice(0, mostKeys).sort((a, b) => compareKeys(a[0], b[0]))
  const sizes = sizesIn(ops)
  return {
    stints: kept.flatMap(([key, { stints, cutShortAt }]) => closed(key, stints, { endSeconds: cutShortAt ?? endSeconds, sizes })),
    watermarks: kept.flatMap(([, { watermarks }]) => watermarks),
    keysLeftOut: byKey.size - kept.length,
    keysCutShort: kept.filter(([, { cutShortAt }]) => cutShortAt !== undefined).length,
    minInSyncReplicas: sizes.minimum,
  }
}

/** The leader's own word; without a leader, or where nobody says who spoke, anybody's. */
function isOwnWord({ node }: Op, { leader }: Observation): boolean {
  return node === undefined || leader < 0 || String(node) === String(leader)
}

function toldOf(byKey: Map<string, Told>, { key, leaderEpoch }: Observation): Told {
  const name = String(key)
  const known = byKey.get(name)
  if (known !== undefined) return known
  const fresh: Told = { leaderEpoch, stints: [], cutShortAt: undefined, watermarks: [] }
  byKey.set(name, fresh)
  return fresh
}

function note(known: Told, told: Observation, { t, spacing }: { t: number; spacing: number }): void {
  if (told.leaderEpoch < known.leaderEpoch) return
  known.leaderEpoch = told.leaderEpoch
  if (known.cutShortAt === undefined) noteMembers(known, told, t)
  if (typeof told.highWatermark === 'number' && told.leader >= 0) noteWatermark(known.watermarks, told, { t, spacing })
}

function noteMembers(known: Told, { inSyncReplicas }: Observation, t: number): void {
  const members = [...new Set(inSyncReplicas)].sort((a, b) => a - b)
  if (known.stints.at(-1)?.members.join(' ') === members.join(' ')) return
  if (known.stints.length < mostStintsAKey) known.stints.push({ from: t, members })
  else known.cutShortAt = t
}

/** Of what lies too near together only steps back are kept. */
function noteWatermark(rows: WatermarkRow[], told: Observation, { t, spacing }: { t: number; spacing: number }): void {
  const { key, leader, leaderEpoch, highWatermark = 0, logEndOffset } = told
  const last = rows.at(-1)
  const isNear = last !== undefined && t - last.t < spacing && highWatermark >= last.highWatermark
  if (isNear || rows.length >= 2 * mostPointsAKey) return
  rows.push({
    key: String(key),
    t: rounded(t),
    highWatermark,
    ...(typeof logEndOffset === 'number' && { logEndOffset }),
    leader: `broker ${leader} · e${leaderEpoch}`,
  })
}

function configIn(ops: Ops): unknown {
  for (const { process, f, value } of ops) if (process === 'harness' && f === 'config') return value
  return undefined
}

function sizesIn(ops: Ops): Sizes {
  const config = configIn(ops)
  const read = (name: string): number | undefined => {
    const value = isRecord(config) ? config[name] : undefined
    return typeof value === 'number' && value > 0 ? value : undefined
  }
  return { minimum: read('minInSyncReplicas'), whole: read('replicationFactor') }
}

function closed(
  key: string,
  stints: readonly OpenStint[],
  { endSeconds, sizes }: { endSeconds: number; sizes: Sizes },
): InSyncStint[] {
  const whole = sizes.whole ?? Math.max(...stints.map(({ members }) => members.length))
  return stints.map(({ from, members }, at) => {
    const isBelow = sizes.minimum !== undefined && members.length < sizes.minimum
    const state = isBelow ? 'below minimum' : members.length < whole ? 'reduced' : 'whole'
    return {
      key,
      t: rounded(from),
      to: rounded(Math.max(from, stints[at + 1]?.from ?? endSeconds)),
      members: members.join(', ') || 'none',
      size: members.length,
      state,
      label: `${members.join(' ') || 'none'}${isBelow ? ' !' : ''}`,
    }
  })
}
