/** What Kafka's ProducerPerformance and ConsumerPerformance print, as figures. The figures are theirs; nothing is measured here. */

export interface Produced {
  readonly records: number
  readonly recordsPerSecond: number
  /** Latencies as the producer sees them: from `send` to its callback. */
  readonly averageMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
}

export interface Consumed {
  readonly records: number
  /** Between the assignment and the last record. */
  readonly fetchMs: number
  readonly recordsPerSecond: number
}

const summary =
  /^(\d+) records sent, ([\d.]+) records\/sec \([\d.]+ MB\/sec\), ([\d.]+) ms avg latency, ([\d.]+) ms max latency, (\d+) ms 50th, (\d+) ms 95th, (\d+) ms 99th, (\d+) ms 99\.9th\.$/
const steady = /^(\d+) steady state records sent, /

/**
 * The last summary, which is the one of the steady state when records were set apart for warming up. Undefined when there is
 * none: the tool did not finish.
 */
export function readProducerOutput(text: string): Produced | undefined {
  const lines = text.split('\n').map((line) => line.trim().replace(steady, '$1 records sent, '))
  const found = lines.map((line) => summary.exec(line)).findLast((match) => match !== null)
  if (found == null) return undefined
  const [records, recordsPerSecond, averageMs, maxMs, p50Ms, p95Ms, p99Ms, p999Ms] = found.slice(1).map(Number) as NumbersOfProducer
  return { records, recordsPerSecond, averageMs, p50Ms, p95Ms, p99Ms, p999Ms, maxMs }
}

type NumbersOfProducer = [number, number, number, number, number, number, number, number]

/** Undefined when there is no table of one row under the tool's header. */
export function readConsumerOutput(text: string): Consumed | undefined {
  const rows = text.split('\n').map((line) => line.split(',').map((cell) => cell.trim()))
  const at = rows.findIndex((cells) => cells[0] === 'start.time')
  const [header, row] = [rows[at], rows[at + 1]]
  if (header === undefined || row?.length !== header.length) return undefined
  const cell = (name: string): number => Number(row[header.indexOf(name)])
  const consumed = { records: cell('data.consumed.in.nMsg'), fetchMs: cell('fetch.time.ms'), recordsPerSecond: cell('fetch.nMsg.sec') }
  return Object.values(consumed).every(Number.isFinite) ? consumed : undefined
}
