/** Load by our own generator: wire clients in threads, for rates that HTTP cannot reach, over the same shapes as k6's scripts. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { LoadSecond } from '../../history/harness-op.ts'
import type { Ops } from '../../history/op.ts'
import type { NodeNetworkOptions } from '../../ports/node/node-network.ts'
import type { ClusterOptions } from '../../workloads/client/cluster.ts'
import type { KeyedAppendContext } from '../../workloads/keyed-append/options.ts'
import { keyOf } from '../../workloads/workload.ts'
import type { ShapeName } from '../../workloads/k6/shapes.ts'
import { scriptBeside, tribunalVersion } from '../checkout.ts'
import type { LoadDriver, LoadWord } from './load-workload.ts'
import { mergedHistory } from './merged-history.ts'
import { nativeClient, type Chunk } from './native-columns.ts'
import type { NativeOrder, NativeReport } from './native-worker.ts'
import { LoadSeconds } from './load-seconds.ts'

export interface NativeDriverOptions {
  readonly bootstrap: () => ClusterOptions['bootstrap']
  readonly sasl?: ClusterOptions['sasl']
  readonly tls?: NodeNetworkOptions['tls']
  readonly requestTimeoutMs: number
  readonly shape: ShapeName
  readonly recordsPerSecond: number
  readonly durationMs: number
  readonly valueSizeBytes: number
  readonly workers: number
}

/** Of all threads together. */
const openMost = 100_000

export function workersByDefault(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2))
}

export class NativeDriver implements LoadDriver {
  readonly tool: string = `tribunal ${tribunalVersion()}, native`
  readonly #options: NativeDriverOptions
  readonly #threads: Worker[] = []
  readonly #chunks: Chunk[] = []
  readonly #acknowledged = new Map<string, number>()
  readonly #seconds = new LoadSeconds()
  readonly #dueMs: Float64Array[] = []
  #keys: readonly string[] = []
  #originMs = 0
  #notSent = 0
  #sent = 0
  #notAcknowledged = 0
  #hasEnded = false

  constructor(options: NativeDriverOptions) {
    this.#options = options
  }

  get acknowledged(): ReadonlyMap<string, number> {
    return this.#acknowledged
  }

  async run(context: KeyedAppendContext): Promise<string | undefined> {
    const { workers } = this.#options
    this.#keys = context.topics.flatMap(({ name, partitions }) => Array.from({ length: partitions }, (_, partition) => keyOf(name, partition)))
    this.#originMs = originOf(context)
    const failures = await Promise.all(Array.from({ length: workers }, (_, worker) => this.#runThread(worker, context)))
    this.#hasEnded = true
    const seconds = this.#seconds.done()
    this.#record(context, seconds)
    return failures.find((failure) => failure !== undefined)
  }

  #record({ recorder }: KeyedAppendContext, seconds: readonly LoadSecond[]): void {
    recorder.record({
      process: 'harness', type: 'info', f: 'load',
      value: { tool: this.tool, script: this.#options.shape, seconds, summary: this.#summary(), thresholds: [] },
    })
  }

  /** Under the names that objectives know. */
  #summary(): Record<string, number> {
    return {
      'iterations.count': this.#sent,
      'dropped_iterations.count': this.#notSent,
      'http_req_failed.rate': this.#notAcknowledged / Math.max(1, this.#sent),
    }
  }

  #runThread(worker: number, context: KeyedAppendContext): Promise<string | undefined> {
    const thread = new Worker(scriptBeside(import.meta, 'native-worker'))
    this.#threads.push(thread)
    return new Promise((resolve) => {
      thread.on('error', (error) => resolve(`a thread of the generator failed: ${error.message}`))
      thread.on('message', (report: NativeReport) => {
        if (report.kind === 'chunk') return this.#take(report.chunk)
        this.#notSent += report.notSent
        return resolve(undefined)
      })
      thread.postMessage(this.#orderOf(worker, context))
    })
  }

  #orderOf(worker: number, { topics, options }: KeyedAppendContext): NativeOrder {
    const { bootstrap, sasl, tls, requestTimeoutMs, shape, recordsPerSecond, durationMs, valueSizeBytes, workers } = this.#options
    return {
      worker, topics, options, sasl, tls, requestTimeoutMs, shape, durationMs, valueSizeBytes,
      bootstrap: bootstrap(),
      recordsPerSecond: recordsPerSecond / workers,
      openMax: Math.floor(openMost / workers),
    }
  }

  #take(chunk: Chunk): void {
    this.#chunks.push(chunk)
    const { begun, ended, worker } = chunk
    for (let row = 0; row < begun.length; row++) this.#due(worker, begun.sequence[row]!, begun.dueMs[row]!)
    for (let row = 0; row < ended.length; row++) {
      this.#sent++
      const second = (ended.atMs[row]! - this.#originMs) / 1000
      const isOk = ended.type[row] === 0
      if (!isOk) this.#notAcknowledged++
      this.#seconds.ended(second, { ms: ended.atMs[row]! - ended.dueMs[row]!, acknowledged: isOk ? 1 : 0, sent: 1 })
      const offset = ended.offset[row]!
      if (!isOk || offset < 0) continue
      const key = this.#keys[ended.key[row]!]!
      this.#acknowledged.set(key, Math.max(offset, this.#acknowledged.get(key) ?? -1))
    }
  }

  /** Kept for as long as the run: latencies are measured from when a record was due. */
  #due(worker: number, sequence: number, dueMs: number): void {
    let of = this.#dueMs[worker]
    if (of === undefined || sequence >= of.length) {
      const larger = new Float64Array(Math.max(65_536, 2 * (sequence + 1)))
      if (of !== undefined) larger.set(of)
      this.#dueMs[worker] = of = larger
    }
    of[sequence] = dueMs
  }

  interrupt(): void {
    for (const thread of this.#threads) thread.postMessage('stop')
  }

  isOurs(client: string): boolean {
    return client.startsWith(clientPrefix)
  }

  /** Nanoseconds of the run; undefined for what is none of its values. */
  dueNs(value: string): number | undefined {
    const parts = valueForm.exec(value)
    const dueMs = parts === null ? undefined : this.#dueMs[Number(parts[1])]?.[Number(parts[2])]
    return dueMs === undefined ? undefined : (dueMs - this.#originMs) * 1e6
  }

  told(ops: Ops): Ops {
    return mergedHistory(ops, this.#chunks, { keys: this.#keys, originMs: this.#originMs })
  }

  get word(): LoadWord | undefined {
    return this.#hasEnded ? { seconds: this.#seconds.done(), summary: this.#summary(), thresholds: [] } : undefined
  }

  close(): void {
    for (const thread of this.#threads.splice(0)) void thread.terminate()
  }
}

const clientPrefix = nativeClient(0).slice(0, -1)
const valueForm = /^native-(\d+)-(\d+)-[0-9a-f]{8}$/

/** On the clock that all threads share, when the time of the history was 0. */
function originOf({ recorder, loop }: KeyedAppendContext): number {
  const before = loop.now()
  const sharedMs = Number(process.hrtime.bigint()) / 1e6
  const after = loop.now()
  return sharedMs - (before + after) / 2 + recorder.startMs
}
