/**
 * What k6 wrote of every sample (its JSON output), read line by line: what it saw of each request that sent records, and
 * the seconds of the run in its own numbers.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import type { LoadSecond } from '../../history/harness-op.ts'
import { LoadSeconds } from './load-seconds.ts'
import { PackedRequests } from './packed-requests.ts'

export interface K6Request {
  /** `<scenario>.<number>`, as in the values of its records. */
  readonly request: string
  /** One character a record: `1` acknowledged, `0` answered otherwise, `?` without an answer. */
  readonly outcomes: string
}

export interface K6Samples {
  readonly requests: Iterable<K6Request>
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

const counted: ReadonlySet<string> = new Set(['records_sent', 'records_acked', 'records_read', 'dropped_iterations'])
const metricName = /"metric":"([^"]+)"/

export class SampleReader {
  readonly #originMs: number
  readonly #requests = new PackedRequests()
  readonly #seconds = new LoadSeconds()
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
    const second = (Date.parse(time) - this.#originMs) / 1000
    if (metric === 'produce_time') return this.#seconds.ended(second, { ms: value })
    this.#counters[metric] = (this.#counters[metric] ?? 0) + value
    if (metric === 'dropped_iterations') this.#seconds.dropped(second, value)
    if (metric !== 'records_acked') return
    this.#seconds.ended(second, { acknowledged: value, sent: metadata?.outcomes?.length ?? 0 })
    if (metadata?.request === undefined || metadata.outcomes === undefined) return
    this.#requests.push(metadata.request, metadata.outcomes)
  }

  done(): K6Samples {
    return { requests: this.#requests, seconds: this.#seconds.done(), counters: this.#counters }
  }
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
