/**
 * What k6 wrote of every sample (its JSON output), read line by line: what it saw of each request that sent records, and
 * the seconds of the run in its own numbers.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import type { LoadSecond } from '../../history/harness-op.ts'

export interface K6Request {
  /** `<scenario>.<number>`, as in the values of its records. */
  readonly request: string
  /** One character a record: `1` acknowledged, `0` answered otherwise, `?` without an answer. */
  readonly outcomes: string
}

export interface K6Samples {
  readonly requests: readonly K6Request[]
  readonly seconds: readonly LoadSecond[]
  /** Sums of counters, by name. */
  readonly counters: Readonly<Record<string, number>>
}

interface Point {
  readonly metric: string
  readonly data: {
    readonly time: string
    readonly value: number
    readonly metadata?: { readonly request?: string; readonly outcomes?: string }
  }
}

interface Bucket {
  requests: number
  acknowledged: number
  sent: number
  dropped: number
  readonly ms: number[]
}

const counted: ReadonlySet<string> = new Set(['records_sent', 'records_acked', 'records_read', 'dropped_iterations'])
const metricName = /"metric":"([^"]+)"/

export class SampleReader {
  readonly #originMs: number
  readonly #requests: K6Request[] = []
  readonly #buckets = new Map<number, Bucket>()
  readonly #counters: Record<string, number> = {}

  /** `originMs`: the wall clock when the run's time was 0. */
  constructor(originMs: number) {
    this.#originMs = originMs
  }

  /** A line that was cut off is the last one of a k6 that was killed; it is left out. */
  add(line: string): void {
    const metric = metricName.exec(line)?.[1]
    if (metric === undefined || !line.includes('"type":"Point"') || (!counted.has(metric) && metric !== 'produce_time')) return
    let point: Point
    try {
      point = JSON.parse(line) as Point
    } catch {
      return
    }
    const { value, time, metadata } = point.data
    const bucket = this.#bucketAt(Date.parse(time))
    if (metric === 'produce_time') {
      bucket.requests++
      bucket.ms.push(value)
      return
    }
    this.#counters[metric] = (this.#counters[metric] ?? 0) + value
    if (metric === 'dropped_iterations') bucket.dropped += value
    if (metric !== 'records_acked') return
    bucket.acknowledged += value
    if (metadata?.request === undefined || metadata.outcomes === undefined) return
    bucket.sent += metadata.outcomes.length
    this.#requests.push({ request: metadata.request, outcomes: metadata.outcomes })
  }

  done(): K6Samples {
    const seconds = [...this.#buckets].sort(([a], [b]) => a - b).map(([t, bucket]) => secondOf(t, bucket))
    return { requests: this.#requests, seconds, counters: this.#counters }
  }

  #bucketAt(wallMs: number): Bucket {
    const t = Math.max(0, Math.floor((wallMs - this.#originMs) / 1000))
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

/** `file` is gzipped. Also of a k6 that was killed. */
export async function readSamples(file: string, originMs: number): Promise<K6Samples> {
  const reader = new SampleReader(originMs)
  const text = createReadStream(file).pipe(createGunzip())
  // A file that was cut off has no gzip trailer; what is before it counts.
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Infinity })) reader.add(line)
  } catch {}
  return reader.done()
}
