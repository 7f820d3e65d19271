/**
 * How long operations took. Every operation is a point while points can be read; above that, quantiles over time
 * carry the answered ones and only the others stay points, the slowest first.
 */
import type { Op, Ops } from '../history/op.ts'
import { secondsOf } from './op-value.ts'

export type Outcome = 'ok' | 'fail' | 'info'

/** One operation: begun at `t` seconds of the run, completed after `ms`. `op` is the index of its invoke. */
export interface LatencyPoint {
  readonly t: number
  readonly ms: number
  readonly outcome: Outcome
  readonly op: number
}

/** One quantile of the `ok` operations begun within one bucket around `t`; null where there were none. */
export interface QuantileRow {
  readonly t: number
  readonly q: 'p50' | 'p95' | 'p99' | 'max'
  readonly ms: number | null
}

export interface LatencySummary {
  readonly count: number
  /** null when no operation was answered. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
}

export interface Latency {
  /** Those that were not answered last, so that they are drawn on top. */
  readonly points: readonly LatencyPoint[]
  /** Empty when every operation is a point. */
  readonly quantiles: readonly QuantileRow[]
  /** Of all `ok` operations. */
  readonly summary: LatencySummary
  /** Operations that are no point of their own. */
  readonly leftOut: number
}

/** Smallest latency drawn: a logarithmic axis has no zero. */
const leastMs = 0.001
/** Enough operations in a bucket that its quantiles differ. */
const opsABucket = 120
const notTimed = new Set(['poll', 'assign', 'subscribe'])
const quantileNames = ['p50', 'p95', 'p99', 'max'] as const
const quantileShares = { p50: 0.5, p95: 0.95, p99: 0.99, max: 1 } as const

/** Reading and subscribing wait on purpose, so they are not timed; everything else that clients do is. */
export function isTimed(op: Op): boolean {
  return typeof op.process === 'number' && !notTimed.has(op.f)
}

/** `maxPoints` bounds the points; `endSeconds` is where the time axis ends. */
export function latencyOf(ops: Ops, options: { maxPoints: number; endSeconds: number }): Latency {
  const all = pairOps(ops)
  const ok = all.filter(({ outcome }) => outcome === 'ok')
  const summary = summaryOf(ok)
  const others = all.filter(({ outcome }) => outcome !== 'ok')
  if (all.length <= options.maxPoints) return { points: [...ok, ...others], quantiles: [], summary, leftOut: 0 }
  const points = keepSlowest(others, Math.floor(options.maxPoints / 4), options.endSeconds)
  const quantiles = quantilesOf(ok, options.endSeconds)
  return { points, quantiles, summary, leftOut: all.length - points.length }
}

/** Each timed invoke with its completion; ops never completed and ops without times have no latency. */
function pairOps(ops: Ops): LatencyPoint[] {
  const open = new Map<Op['process'], Op>()
  const points: LatencyPoint[] = []
  for (const op of ops) {
    if (!isTimed(op)) continue
    if (op.type === 'invoke') {
      open.set(op.process, op)
      continue
    }
    const begun = open.get(op.process)
    open.delete(op.process)
    const from = begun === undefined ? undefined : secondsOf(begun.time)
    const to = secondsOf(op.time)
    if (begun === undefined || from === undefined || to === undefined || to < from) continue
    points.push({ t: rounded(from), ms: roundMs((to - from) * 1000), outcome: op.type, op: begun.index })
  }
  return points
}

/** Seconds to the millisecond: finer than a pixel, and short in JSON. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}

function roundMs(ms: number): number {
  return Math.max(leastMs, Math.round(ms * 1000) / 1000)
}

/** Nearest rank; the list is sorted and not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

function summaryOf(ok: readonly LatencyPoint[]): LatencySummary {
  if (ok.length === 0) return { count: 0, p50Ms: null, p99Ms: null, maxMs: null }
  const sorted = sortedMs(ok)
  const [p50Ms, p99Ms, maxMs] = [quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1)]
  return { count: ok.length, p50Ms, p99Ms, maxMs }
}

function sortedMs(points: readonly LatencyPoint[]): number[] {
  return points.map(({ ms }) => ms).sort((a, b) => a - b)
}

function bucketed(points: readonly LatencyPoint[], buckets: number, endSeconds: number): LatencyPoint[][] {
  const all: LatencyPoint[][] = Array.from({ length: buckets }, () => [])
  for (const point of points) {
    const at = Math.floor((point.t / endSeconds) * buckets)
    all[Math.max(0, Math.min(buckets - 1, at))]!.push(point)
  }
  return all
}

/** Empty buckets stay as nulls, so that a silence is a gap in the line and not a straight line over it. */
function quantilesOf(ok: readonly LatencyPoint[], endSeconds: number): QuantileRow[] {
  const buckets = Math.max(40, Math.min(240, Math.ceil(ok.length / opsABucket)))
  const widthSeconds = endSeconds / buckets
  return bucketed(ok, buckets, endSeconds).flatMap((bucket, at) => {
    const t = rounded((at + 0.5) * widthSeconds)
    const sorted = sortedMs(bucket)
    const valueOf = (share: number): number | null => (sorted.length === 0 ? null : quantile(sorted, share))
    return quantileNames.map((q) => ({ t, q, ms: valueOf(quantileShares[q]) }))
  })
}

/** At most `most` points, spread over time, of each stretch the slowest. */
function keepSlowest(points: readonly LatencyPoint[], most: number, endSeconds: number): LatencyPoint[] {
  if (points.length <= most) return [...points]
  const perBucket = 5
  const buckets = bucketed(points, Math.max(1, Math.floor(most / perBucket)), endSeconds)
  return buckets
    .flatMap((bucket) => bucket.sort((a, b) => b.ms - a.ms).slice(0, perBucket))
    .slice(0, most)
    .sort((a, b) => a.t - b.t || a.op - b.op)
}
