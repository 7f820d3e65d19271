/**
 * What a load run came to, measured from its history alone: how long records took to be acknowledged and to be read, how
 * far reading fell behind, and the rate. HDR histograms, so that a quantile is exact to three digits however many records.
 */
import { build, type Histogram } from 'hdr-histogram-js'
import { ByteColumn, FloatColumn } from '../../checkers/index/columns.ts'
import { finalClientPrefix } from '../../history/final-read.ts'
import type { MicroOp, Op, Ops, Value } from '../../history/op.ts'
import { RecordNumbers } from './record-numbers.ts'

export interface Latencies {
  readonly count: number
  /** null when there was none. */
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p99Ms: number | null
  readonly p999Ms: number | null
  readonly maxMs: number | null
}

export interface Measured {
  /** From when it was due to its acknowledgement. */
  readonly produce: Latencies
  /** From when it was due to the first time that any consumer had it. */
  readonly endToEnd: Latencies
  readonly offeredPerSecond: number
  readonly acknowledgedPerSecond: number
  /** Records acknowledged and not yet read, at most. */
  readonly backlogMax: number
  /** From the last acknowledgement until everything acknowledged was read; null when that never came. */
  readonly drainMs: number | null
}

const microsPerMs = 1000
const longestMicros = 3_600_000_000

export function newHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: longestMicros, numberOfSignificantValueDigits: 3, useWebAssembly: false })
}

export function recordMs(histogram: Histogram, ms: number): void {
  histogram.recordValue(Math.min(longestMicros, Math.max(1, Math.round(ms * microsPerMs))))
}

export function latenciesOf(histogram: Histogram): Latencies {
  const count = histogram.totalCount
  const at = (percentile: number): number | null => (count === 0 ? null : histogram.getValueAtPercentile(percentile) / microsPerMs)
  return { count, p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), p999Ms: at(99.9), maxMs: at(100) }
}

/** Whose records count, and when each was due, where that is another time than when it was sent. */
export interface MeasuredLoad {
  isOurs(client: string): boolean
  dueNs?(value: string): number | undefined
}

/** Bits of a record's state. */
const isAcknowledged = 1
const isRead = 2

class Measuring {
  readonly #of: MeasuredLoad
  readonly #records = new RecordNumbers()
  /** By number of a record: nanoseconds; and what has become of it, as bits. */
  readonly #sentNs = new FloatColumn()
  readonly #state = new ByteColumn()
  readonly #produce = newHistogram()
  readonly #endToEnd = newHistogram()
  #firstNs = Infinity
  #lastNs = 0
  #lastAckNs = 0
  #drainedNs: number | undefined
  #acknowledged = 0
  #backlog = 0
  #backlogMax = 0

  constructor(of: MeasuredLoad) {
    this.#of = of
  }

  take({ f, type, time, client, value, process }: Op): void {
    if (time === null || typeof process !== 'number' || !Array.isArray(value)) return
    if (f === 'send' && client !== undefined && this.#of.isOurs(client)) for (const micro of value as MicroOp[]) this.#send(micro, type, time)
    if (f !== 'poll' || type !== 'ok' || client?.startsWith(finalClientPrefix) === true) return
    for (const micro of value as MicroOp[]) {
      for (const [, records] of micro.f === 'poll' ? (micro.polled ?? []) : []) for (const [, read] of records) this.#read(read, time)
    }
  }

  #send(micro: MicroOp, type: Op['type'], time: number): void {
    if (micro.f !== 'send') return
    if (type === 'invoke') return this.#begin(micro.value, time)
    const number = this.#records.find(micro.value)
    if (number < 0 || type !== 'ok') return undefined
    this.#state.data[number]! |= isAcknowledged
    this.#acknowledged++
    this.#lastAckNs = time
    recordMs(this.#produce, (time - this.#sentNs.data[number]!) / 1e6)
    if ((this.#state.data[number]! & isRead) > 0) return this.#settle(time)
    this.#backlog++
    this.#backlogMax = Math.max(this.#backlogMax, this.#backlog)
    this.#drainedNs = undefined
    return undefined
  }

  /** What was sent twice counts from the second time. */
  #begin(value: Value, time: number): void {
    const known = this.#records.size
    const number = this.#records.take(value)
    const sentNs = this.#of.dueNs?.(String(value)) ?? time
    if (number === known) {
      this.#sentNs.push(sentNs)
      this.#state.push(0)
    } else {
      this.#sentNs.data[number] = sentNs
      this.#state.data[number] = 0
    }
    this.#firstNs = Math.min(this.#firstNs, time)
    this.#lastNs = Math.max(this.#lastNs, time)
  }

  #read(value: Value, time: number): void {
    const number = this.#records.find(value)
    if (number < 0 || (this.#state.data[number]! & isRead) > 0) return
    this.#state.data[number]! |= isRead
    recordMs(this.#endToEnd, (time - this.#sentNs.data[number]!) / 1e6)
    if ((this.#state.data[number]! & isAcknowledged) > 0) this.#backlog--
    this.#settle(time)
  }

  #settle(time: number): void {
    if (this.#backlog === 0) this.#drainedNs ??= time
  }

  done(): Measured {
    const seconds = Math.max((this.#lastNs - this.#firstNs) / 1e9, 1e-9)
    const rate = (count: number): number => (this.#records.size === 0 ? 0 : Math.round(count / seconds))
    return {
      produce: latenciesOf(this.#produce),
      endToEnd: latenciesOf(this.#endToEnd),
      offeredPerSecond: rate(this.#records.size),
      acknowledgedPerSecond: rate(this.#acknowledged),
      backlogMax: this.#backlogMax,
      drainMs: this.#backlog > 0 || this.#drainedNs === undefined ? null : Math.max(0, (this.#drainedNs - this.#lastAckNs) / 1e6),
    }
  }
}

/** Of the records that these clients have sent, whoever reads them. */
export function measure(ops: Ops, of: MeasuredLoad): Measured {
  const measuring = new Measuring(of)
  for (const op of ops) measuring.take(op)
  return measuring.done()
}
