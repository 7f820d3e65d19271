/** The result as Markdown: what was run where, and a table for each thing that was measured, ratios pair by pair with their spread. */
import { kafkaHeap, settings } from './bench-cluster.ts'
import { headline, nameOf, paced, sizeOf } from './cases.ts'
import { toolHeap } from './perf-tool.ts'
import { ratioOf, type Pair, type Ratio } from './ratio.ts'
import type { BenchResult } from './result.ts'
import { restMs } from './starts.ts'

type Render = (value: number) => string

const whole: Render = (value) => Math.round(value).toLocaleString('en')
const tenths: Render = (value) => value.toFixed(1)
const mebibytes: Render = (bytes) => whole(bytes / 2 ** 20)
const percent: Render = (share) => `${(100 * share).toFixed(1)} %`

export function renderTables(result: BenchResult): string {
  return [renderMachine(result), renderProduced(result), ...renderPaced(result), ...renderConsumed(result), renderStarts(result)].join('\n\n')
}

function renderMachine({ machine, versions, command, date, tookMs, pairs, cases }: BenchResult): string {
  const had = Math.min(...cases.map(({ produced }) => produced.length))
  const short = had < pairs ? ` Only ${had} of ${pairs} pairs fitted into the time: this machine was too slow, or not ours alone.` : ''
  const given = Object.entries(settings).map(([name, value]) => `\`${name}=${value}\``).join(', ')
  return [
    `\`${command}\`, ${date.slice(0, 10)}, ${Math.round(tookMs / 60_000)} minutes: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}.`,
    `Tribunal ${versions.tribunal}${versions.commit === undefined ? '' : ` (${versions.commit})`} on Node ${versions.node}, Apache Kafka ${versions.kafka} on Java ${versions.java}.${short}`,
    '',
    `Three brokers of each kind, each broker and controller in one process, both kinds up all the time and driven in turn. Kafka's brokers start as its release starts them (${kafkaHeap}, G1),`,
    `ours with Node's own limits; the tools have ${toolHeap}. Settings are the defaults of each, but for ${given}. Syncing is left to the system, unless a line says otherwise.`,
    `Figures are medians of ${had} pairs after a round that does not count; ratios are ours to Kafka's of a pair: median (least to most). CPU and memory are of all three brokers together.`,
  ].join('\n')
}

function renderProduced({ cases }: BenchResult): string {
  const rows = cases.map(({ of, produced }) => [
    nameOf(of),
    ...cells(ratioOf(produced, (run) => run.recordsPerSecond), whole),
    ...cells(ratioOf(produced, (run) => run.p99Ms), whole),
    ...cells(ratioOf(produced, (run) => run.cpuMsPerMb), tenths),
    ...memoryCells(produced),
  ])
  const { records, warmUp } = sizeOf(headline)
  const header = ['as fast as it goes', ...trio('records/s'), ...trio('p99 ms'), ...trio('CPU ms/MB'), 'ours MiB', 'Kafka MiB']
  return `ProducerPerformance, ${whole(records)} records of 1 KiB (the first ${whole(warmUp)} warm up), as many bytes of other sizes. Its buffer of 32 MB is always full, so p99 is what waits in it.\n\n${table(header, rows)}`
}

function memoryCells(produced: readonly Pair<{ readonly rssBytes: number }>[]): string[] {
  const { ours, kafka } = ratioOf(produced, (run) => run.rssBytes)
  return [mebibytes(ours), mebibytes(kafka)]
}

function renderPaced({ cases }: BenchResult): string[] {
  const rows = cases.flatMap(({ of, paced: runs }) => runs.length === 0 ? [] : [[
    nameOf(of),
    ...cells(ratioOf(runs, (run) => run.p50Ms), whole),
    ...cells(ratioOf(runs, (run) => run.p99Ms), whole),
    ...cells(ratioOf(runs, (run) => run.p999Ms), whole),
    ...cells(ratioOf(runs, (run) => run.cpuMsPerMb), tenths),
  ]])
  const header = ['at a fixed rate', ...trio('p50 ms'), ...trio('p99 ms'), ...trio('p99.9 ms'), ...trio('CPU ms/MB')]
  if (rows.length === 0) return []
  return [`ProducerPerformance at ${whole(paced.perSecond)} records a second, ${whole(paced.records)} of them (the first ${whole(paced.warmUp)} warm up).\n\n${table(header, rows)}`]
}

function renderConsumed({ cases }: BenchResult): string[] {
  const rows = cases.flatMap(({ of, consumed }) => consumed.length === 0 ? [] : [[
    nameOf(of),
    ...cells(ratioOf(consumed, (run) => run.recordsPerSecond), whole),
    ...cells(ratioOf(consumed, (run) => run.cpuMsPerMb), tenths),
  ]])
  if (rows.length === 0) return []
  return [`ConsumerPerformance, reading what a run has produced.\n\n${table(['read back', ...trio('records/s'), ...trio('CPU ms/MB')], rows)}`]
}

function renderStarts({ starts, idle }: BenchResult): string {
  const rows = [
    ['start to Metadata, ms', ...cells(ratioOf(starts, ({ startMs }) => startMs), whole)],
    [`memory of one at rest, after ${restMs / 1000} s, MiB`, ...cells(ratioOf(starts, ({ restBytes }) => restBytes), mebibytes)],
    ['three idle, of one processor', ...cells(ratioOf([idle], ({ cpuShare }) => cpuShare), percent)],
    ['memory of three at the end, MiB', ...cells(ratioOf([idle], ({ rssBytes }) => rssBytes), mebibytes)],
  ]
  return table(['', ...trio('')], rows)
}

function trio(of: string): string[] {
  return [`ours ${of}`, `Kafka ${of}`, 'ratio'].map((header) => header.trim())
}

function cells({ ours, kafka, median, min, max, pairs }: Ratio, render: Render): string[] {
  const spread = pairs === 1 ? '' : ` (${min.toFixed(2)} to ${max.toFixed(2)})`
  return [render(ours), render(kafka), `${median.toFixed(2)}${spread}`]
}

/** The first column is text, all others are figures. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = header.map((_, at) => (at === 0 ? '---' : '---:'))
  return [header, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
