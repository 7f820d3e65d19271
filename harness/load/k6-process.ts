/** One run of k6: its script, its settings, and what it leaves behind in the run directory. */
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../checkout.ts'
import type { K6 } from './k6-binary.ts'

export const scripts = ['steady', 'ramp', 'spike', 'soak', 'breakpoint'] as const
export type ScriptName = (typeof scripts)[number]

export interface K6Settings {
  readonly url: string
  readonly topics: readonly string[]
  readonly recordsPerSecond: number
  readonly batch: number
  readonly durationMs: number
  readonly valueSizeBytes: number
  readonly recordKeys: number
  readonly readers: number
  readonly requestTimeoutMs: number
  readonly requestsOpenMax: number
  /** Of them, ready from the beginning; k6 makes the others when it needs them, and loses time with it. */
  readonly usersAtStart?: number
  readonly thresholds: K6Thresholds
}

/** Judged by k6 itself; without a number it is not. */
export interface K6Thresholds {
  readonly produceP99Ms?: number
  /** Of all requests. */
  readonly failedShareMax?: number
  /** Of the requests due. */
  readonly droppedShareMax?: number
}

export interface K6Files {
  /** Gzipped. */
  readonly samples: string
  readonly summary: string
  readonly log: string
}

export interface K6Ended {
  /** null when it was killed. */
  readonly code: number | null
  /** What it said last, for a sentence. */
  readonly lastWords: string
}

/** k6's own exit code for a threshold that was crossed. */
export const thresholdsCrossed = 99

export class K6Process {
  readonly ended: Promise<K6Ended>
  readonly #interrupt: () => void

  constructor(k6: K6, script: ScriptName, settings: K6Settings, files: K6Files) {
    const scriptFile = join(root, 'workloads', 'k6', `${script}.ts`)
    const [program, ...argv] = k6.command([join(root, 'workloads', 'k6'), dirname(files.samples)])
    const environment = environmentOf(settings, files)
    const flags = ['run', '--quiet', '--no-color', '--no-usage-report', '--address', '', '--out', `json=${files.samples}`]
    const variables = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`])
    // A process group of its own: Ctrl-C reaches us alone, and we end it in order.
    const child = spawn(program!, [...argv, ...flags, ...variables, scriptFile], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const log = createWriteStream(files.log)
    let lastWords = ''
    const take = (text: string): void => {
      log.write(text)
      lastWords = text.trim().split('\n').findLast((line) => line !== '') ?? lastWords
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    this.#interrupt = () => void child.kill('SIGINT')
    this.ended = new Promise((done) => {
      child.once('error', (error) => done({ code: null, lastWords: error.message }))
      child.once('close', (code) => log.end(() => done({ code, lastWords })))
    })
  }

  interrupt(): void {
    this.#interrupt()
  }
}

function environmentOf(settings: K6Settings, files: K6Files): Record<string, string | number> {
  const { produceP99Ms, failedShareMax, droppedShareMax } = settings.thresholds
  return {
    GATEWAY_URL: settings.url,
    TOPICS: settings.topics.join(','),
    RECORDS_PER_SECOND: settings.recordsPerSecond,
    BATCH: settings.batch,
    DURATION_SECONDS: Math.ceil(settings.durationMs / 1000),
    VALUE_SIZE_BYTES: settings.valueSizeBytes,
    RECORD_KEYS: settings.recordKeys,
    READERS: settings.readers,
    REQUEST_TIMEOUT_MS: settings.requestTimeoutMs,
    REQUESTS_OPEN_MAX: settings.requestsOpenMax,
    SUMMARY_FILE: files.summary,
    ...(settings.usersAtStart !== undefined && { USERS_AT_START: settings.usersAtStart }),
    ...(produceP99Ms !== undefined && { PRODUCE_P99_MS: produceP99Ms }),
    ...(failedShareMax !== undefined && { FAILED_SHARE_MAX: failedShareMax }),
    ...(droppedShareMax !== undefined && { DROPPED_SHARE_MAX: droppedShareMax }),
  }
}

export interface K6Summary {
  /** `<metric>.<value>` */
  readonly values: Readonly<Record<string, number>>
  readonly thresholds: readonly { readonly name: string; readonly isMet: boolean }[]
}

interface SummaryMetric {
  readonly values: Readonly<Record<string, number>>
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>
}

/** undefined when k6 ended before it could write one. */
export function readSummary(file: string): K6Summary | undefined {
  if (!existsSync(file)) return undefined
  const { metrics } = JSON.parse(readFileSync(file, 'utf8')) as { readonly metrics: Readonly<Record<string, SummaryMetric>> }
  const entries = Object.entries(metrics)
  return {
    values: Object.fromEntries(entries.flatMap(([metric, { values }]) => Object.entries(values).map(([name, value]) => [`${metric}.${name}`, value]))),
    thresholds: entries.flatMap(([metric, { thresholds = {} }]) => Object.entries(thresholds).map(([text, { ok }]) => ({ name: `${metric} ${text}`, isMet: ok }))),
  }
}
