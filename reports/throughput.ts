/** How many operations were completed per second, by outcome, over time. */
import type { Ops } from '../history/op.ts'
import { isTimed, rounded, type Outcome } from './latency.ts'
import { secondsOf } from './op-value.ts'

/** Operations per second in the bucket that begins at `t` seconds of the run. */
export interface ThroughputRow {
  readonly t: number
  readonly outcome: Outcome
  /** null in a bucket that neither has the outcome nor stands beside one that has, for any outcome but `ok`. */
  readonly perSecond: number | null
}

export interface Throughput {
  readonly rows: readonly ThroughputRow[]
  readonly bucketSeconds: number
}

const mostBuckets = 160
const niceSeconds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600]
const outcomes = ['ok', 'info', 'fail'] as const

/** Every bucket has a row for every outcome that came up: an outage is a zero, not a hole. */
export function throughputOf(ops: Ops, endSeconds: number): Throughput {
  const bucketSeconds = niceSeconds.find((width) => endSeconds / width <= mostBuckets) ?? endSeconds / mostBuckets
  const buckets = Math.max(1, Math.ceil(endSeconds / bucketSeconds))
  const counts = { ok: new Uint32Array(buckets), info: new Uint32Array(buckets), fail: new Uint32Array(buckets) }
  for (const op of ops) {
    const t = secondsOf(op.time)
    if (op.type === 'invoke' || t === undefined || !isTimed(op)) continue
    counts[op.type][Math.max(0, Math.min(buckets - 1, Math.floor(t / bucketSeconds)))]! += 1
  }
  const seen = outcomes.filter((outcome) => counts[outcome].some((count) => count > 0))
  const rows = seen.flatMap((outcome) => {
    const own = counts[outcome]
    const isFar = (at: number): boolean =>
      outcome !== 'ok' && !own[at - 1] && own[at] === 0 && !own[at + 1]
    return Array.from(own, (count, at) => ({
      t: rounded(at * bucketSeconds),
      outcome,
      perSecond: isFar(at) ? null : Number((count / bucketSeconds).toPrecision(4)),
    }))
  })
  return { rows, bucketSeconds }
}
