/**
 * `npm run bench -- kafka`: our broker beside Apache Kafka, same machine, same run, by turns, both driven by Kafka's own tools. What
 * the tools printed and all figures are kept in a directory; the tables are drawn from `result.json` alone.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Loop } from '../../../ports/loop.ts'
import { NodeRunner } from '../../../ports/node/node-runner.ts'
import { kafkaVersion, whyNoKafka } from '../../apache-kafka/kafka-jars.ts'
import { isCheckout, tribunalVersion } from '../../checkout.ts'
import { exitCodes, UserError } from '../../exit-codes.ts'
import { onInterrupt } from '../../interrupt.ts'
import { defaultDirectory, openStore, runFacts, type RunStore } from '../../run-store.ts'
import { BenchCluster } from './bench-cluster.ts'
import { fullMatrix, headline, nameOf, shortMatrix, type BenchCase } from './cases.ts'
import { runCase } from './measure.ts'
import { writePerformancePage } from './performance-page.ts'
import { renderTables } from './performance-table.ts'
import type { Pair } from './ratio.ts'
import type { BenchResult } from './result.ts'
import { runRounds } from './rounds.ts'
import { measureStarts } from './starts.ts'

export interface BesideKafkaOptions {
  /** Everything with everything, instead of one step away from the headline each. */
  readonly full: boolean
  /** Only cases with this in their name. */
  readonly only: string
  readonly pairs: number
  /** After that no further round begins. */
  readonly timeMs: number
  /** Where raw runs and the result go; by default below `runs`. */
  readonly out?: string
  /** Puts the tables into docs/performance.md. */
  readonly write: boolean
  readonly json: boolean
}

const idleMs = 5000

/** The exit code: 2 when fewer pairs than asked for fitted into the time. */
export async function benchBesideKafka(options: BesideKafkaOptions): Promise<number> {
  const problem = process.platform === 'linux' ? whyNoKafka() : 'Processes are measured through /proc, which only Linux has.'
  if (problem !== undefined) throw new UserError(problem, exitCodes.unknown)
  if (options.write && !isCheckout) throw new UserError('--write is for a checkout: an installed package has no docs/performance.md.')
  if (casesOf(options).length === 0) throw new UserError(`No case has ${options.only} in its name; a case is, for instance, ${nameOf(headline)}.`)
  const startedAt = new Date()
  const store = openStore(options.out ?? defaultDirectory(startedAt, 'bench'))
  const { signal, restore } = onInterrupt(() => void process.stderr.write('\nstopping\n'))
  const result = await measure(options, { store, startedAt, signal }).catch((error: unknown) => {
    // Ctrl-C in a terminal reaches the tools as well.
    throw signal.aborted ? new UserError('The bench was interrupted.', exitCodes.unknown) : error
  }).finally(restore)
  if (result.cases.some(({ produced }) => produced.length === 0)) {
    throw new UserError('This machine was too slow: not one pair of runs fitted into the time; --time takes more.', exitCodes.unknown)
  }
  writeFileSync(store.path('result.json'), `${JSON.stringify(result, null, 2)}\n`)
  if (options.write) writePerformancePage(result)
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${renderTables(result)}\n`)
  process.stderr.write(`What the tools printed, and result.json, are in ${store.directory}\n`)
  return result.cases.every(({ produced }) => produced.length === options.pairs) ? exitCodes.valid : exitCodes.unknown
}

function casesOf({ full, only }: BesideKafkaOptions): readonly BenchCase[] {
  return (full ? fullMatrix : shortMatrix).filter((each) => nameOf(each).includes(only))
}

interface Run {
  readonly store: RunStore
  readonly startedAt: Date
  readonly signal: AbortSignal
}

async function measure(options: BesideKafkaOptions, { store, startedAt, signal }: Run): Promise<BenchResult> {
  const startedMs = performance.now()
  const runner = new NodeRunner({ seed: 1 })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const onProgress = (line: string): void => void process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${line}\n`)
  try {
    const starts = await measureStarts(loop, options.pairs, onProgress)
    const { cases, idle } = await measureLoad(options, { store, signal, loop, deadlineMs: startedMs + options.timeMs, onProgress })
    return { ...circumstances(options, startedAt), tookMs: performance.now() - startedMs, cases, starts, idle }
  } finally {
    await runner.stop()
  }
}

interface LoadMeans extends Pick<Run, 'store' | 'signal'> {
  readonly loop: Loop
  readonly deadlineMs: number
  readonly onProgress: (line: string) => void
}

async function measureLoad(options: BesideKafkaOptions, { store, signal, loop, deadlineMs, onProgress }: LoadMeans): Promise<Pick<BenchResult, 'cases' | 'idle'>> {
  const size = { brokers: 3 }
  const clusters = { ours: await BenchCluster.prepare('ours', loop, size), kafka: await BenchCluster.prepare('kafka', loop, size) }
  try {
    for (const cluster of [clusters.ours, clusters.kafka]) {
      await cluster.start()
      await cluster.listed()
    }
    const cases = await runRounds({
      cases: casesOf(options),
      rounds: options.pairs,
      run: (side, turn) => {
        signal.throwIfAborted()
        return runCase(clusters[side], turn, (file, text) => writeFileSync(store.path(file), text))
      },
      hasTimeFor: (roundMs) => performance.now() + roundMs < deadlineMs,
      onProgress,
    })
    onProgress('idle')
    return { cases, idle: await measureIdle(clusters) }
  } finally {
    await Promise.all([clusters.ours.stop(), clusters.kafka.stop()])
  }
}

async function measureIdle({ ours, kafka }: Pair<BenchCluster>): Promise<BenchResult['idle']> {
  const before = { ours: ours.usage(), kafka: kafka.usage() }
  await sleep(idleMs)
  const share = (cluster: BenchCluster): { cpuShare: number; rssBytes: number } => {
    const after = cluster.usage()
    return { cpuShare: (after.cpuMs - before[cluster.side].cpuMs) / idleMs, rssBytes: after.rssBytes }
  }
  return { ours: share(ours), kafka: share(kafka) }
}

function circumstances({ full, only, pairs }: BesideKafkaOptions, startedAt: Date): Pick<BenchResult, 'machine' | 'versions' | 'command' | 'date' | 'pairs'> {
  const { commit } = runFacts(0, {}, startedAt)
  const java = /version "([^"]+)"/.exec(spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr)?.[1] ?? 'unknown'
  return {
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), platform: `${process.platform} ${process.arch}` },
    versions: { tribunal: tribunalVersion(), ...(commit !== undefined && { commit }), node: process.versions.node, kafka: kafkaVersion(), java },
    command: `npm run bench -- kafka${full ? ' --full' : ''}${only === '' ? '' : ` --only '${only}'`}${pairs === 5 ? '' : ` --pairs ${pairs}`}`,
    date: startedAt.toISOString(),
    pairs,
  }
}
