/** Load by k6, through a gateway of our own that stands in this process and records what it is asked. */
import { existsSync } from 'node:fs'
import type { Ops } from '../../history/op.ts'
import { producerDefaults } from '../../workloads/client/defaults.ts'
import type { KeyedAppendContext } from '../../workloads/keyed-append/options.ts'
import { gatewayClient, openGateway, openRecordsMax, type Gateway } from '../gateway/gateway.ts'
import type { K6 } from './k6-binary.ts'
import { K6Process, readSummary, thresholdsCrossed, type K6Ended, type K6Files, type K6Settings, type K6Summary, type ScriptName } from './k6-process.ts'
import { readSamples, type K6Samples } from './k6-samples.ts'
import type { LoadDriver, LoadWord } from './load-workload.ts'
import { reconcile, type Reconciliation } from './reconcile.ts'

export interface K6DriverOptions {
  readonly k6: K6
  readonly script: ScriptName
  /** The rest is told by the trial. */
  readonly settings: Omit<K6Settings, 'url' | 'topics' | 'requestTimeoutMs'>
  readonly files: K6Files
  readonly topicTimeoutMs: number
}

interface K6Outcome {
  readonly samples: K6Samples
  readonly summary: K6Summary | undefined
  readonly code: number | null
}

/** Beyond the time within which the gateway has answered. */
const answerSlackMs = 5000

export class K6Driver implements LoadDriver {
  readonly #options: K6DriverOptions
  #gateway: Gateway | undefined
  #process: K6Process | undefined
  #isInterrupted = false
  #outcome: K6Outcome | undefined

  constructor(options: K6DriverOptions) {
    this.#options = options
  }

  get acknowledged(): ReadonlyMap<string, number> {
    return this.#gateway?.sender.acknowledged ?? new Map()
  }

  get tool(): string {
    return `k6 ${this.#options.k6.version}`
  }

  get word(): LoadWord | undefined {
    if (this.#outcome === undefined) return undefined
    const { samples, summary } = this.#outcome
    return { seconds: samples.seconds, summary: summary?.values ?? {}, thresholds: summary?.thresholds ?? [] }
  }

  isOurs(client: string): boolean {
    return client === gatewayClient
  }

  told(ops: Ops): Ops {
    return ops
  }

  reconciled(ops: Ops, isCut: boolean): Reconciliation | undefined {
    if (this.#outcome === undefined) return undefined
    const { samples, summary } = this.#outcome
    return reconcile(ops, { samples, summary: summary?.values, isCut })
  }

  interrupt(): void {
    this.#isInterrupted = true
    this.#process?.interrupt()
  }

  async run(context: KeyedAppendContext): Promise<string | undefined> {
    const { k6, script, settings, files } = this.#options
    const gateway = await this.#open(context)
    const { topics, options } = context
    this.#process = new K6Process(k6, script, {
      ...settings,
      url: gateway.url,
      topics: topics.map(({ name }) => name),
      requestTimeoutMs: options.deliveryTimeoutMs + answerSlackMs,
    }, files)
    const ended = await this.#process.ended
    await gateway.stop()
    const hasRun = ended.code === 0 || ended.code === thresholdsCrossed || (this.#isInterrupted && existsSync(files.samples))
    if (!hasRun) return failureOf(ended, files)
    await this.#take(context, ended)
    return undefined
  }

  #open(context: KeyedAppendContext): Promise<Gateway> {
    const { options, loop, makeClient, recorder } = context
    const { acks, idempotence, lingerMs, batchSizeBytes, maxInFlight, compression, deliveryTimeoutMs } = options
    return openGateway({
      loop,
      makeClient,
      producer: {
        ...producerDefaults, acks, idempotence, lingerMs, batchSizeBytes, maxInFlight, compression, deliveryTimeoutMs, maxBlockMs: deliveryTimeoutMs,
      },
      host: '127.0.0.1',
      port: 0,
      timeoutMs: this.#options.topicTimeoutMs,
      openRecordsMax,
      history: { recorder, nextProcess: () => context.nextProcess() },
    }).then((gateway) => {
      this.#gateway = gateway
      return gateway
    })
  }

  /** What k6 saw goes into the history, on the run's own time axis. */
  async #take({ recorder, loop }: KeyedAppendContext, { code }: K6Ended): Promise<void> {
    const { script, files } = this.#options
    const { time } = recorder.record({ process: 'harness', type: 'info', f: 'load-ended', value: null })
    const originMs = loop.ports.clock.wallNow() - time! / 1e6
    const samples = await readSamples(files.samples, originMs)
    const summary = readSummary(files.summary)
    this.#outcome = { samples, summary, code }
    recorder.record({
      process: 'harness',
      type: 'info',
      f: 'load',
      value: { tool: this.tool, script, seconds: samples.seconds, summary: summary?.values ?? {}, thresholds: summary?.thresholds ?? [] },
    })
  }

  close(): void {
    void this.#gateway?.close()
    this.#gateway = undefined
  }
}

function failureOf({ code, lastWords }: K6Ended, { log }: K6Files): string {
  return `k6 ended with ${code ?? 'a signal'}: ${lastWords.slice(0, 200)}; see ${log}`
}
