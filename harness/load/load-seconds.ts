/** The seconds of a load as its tool counts them. */
import type { LoadSecond } from '../../history/harness-op.ts'

interface Bucket {
  requests: number
  acknowledged: number
  sent: number
  dropped: number
  readonly ms: number[]
}

export class LoadSeconds {
  readonly #buckets = new Map<number, Bucket>()

  /** A request, or a part of one, ended at this second of the run. */
  ended(second: number, { ms, acknowledged = 0, sent = 0 }: { readonly ms?: number; readonly acknowledged?: number; readonly sent?: number }): void {
    const bucket = this.#at(second)
    bucket.acknowledged += acknowledged
    bucket.sent += sent
    if (ms === undefined) return
    bucket.requests++
    bucket.ms.push(ms)
  }

  dropped(second: number, count: number): void {
    this.#at(second).dropped += count
  }

  done(): LoadSecond[] {
    return [...this.#buckets].sort(([a], [b]) => a - b).map(([t, bucket]) => secondOf(t, bucket))
  }

  #at(second: number): Bucket {
    const t = Math.max(0, Math.floor(second))
    let bucket = this.#buckets.get(t)
    if (bucket === undefined) {
      bucket = { requests: 0, acknowledged: 0, sent: 0, dropped: 0, ms: [] }
      this.#buckets.set(t, bucket)
    }
    return bucket
  }
}

function secondOf(t: number, { requests, acknowledged, sent, dropped, ms }: Bucket): LoadSecond {
  const sorted = ms.sort((a, b) => a - b)
  const at = (share: number): number | null => (sorted.length === 0 ? null : rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!))
  return { t, requests, acknowledged, notAcknowledged: sent - acknowledged, dropped, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
