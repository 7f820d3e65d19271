/**
 * A thread of the native generator: one wire client with one producer. Records are sent when they are due; one that finds
 * too many open waits, and is still due when it was due, so a stall shows in the latencies of all that should have been
 * sent in it (no coordinated omission). What it did goes to the driver about every second.
 */
import { parentPort } from 'node:worker_threads'
import type { OpError } from '../../history/op.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { NodeNetworkOptions } from '../../ports/node/node-network.ts'
import type { SendOutcome, WorkloadProducer } from '../../workloads/client/client.ts'
import { clusterDefaults, producerDefaults } from '../../workloads/client/defaults.ts'
import type { ClusterOptions } from '../../workloads/client/cluster.ts'
import { WireClient } from '../../workloads/client/wire-client.ts'
import type { ShapeName } from '../../workloads/k6/shapes.ts'
import { shapes } from '../../workloads/k6/shapes.ts'
import type { KeyedAppendOptions } from '../../workloads/keyed-append/options.ts'
import { recordKeys } from '../../workloads/keyed-append/record-keys.ts'
import { encodeValue } from '../../workloads/keyed-append/values.ts'
import type { TopicSpec } from '../../workloads/workload.ts'
import { Arrivals } from './arrivals.ts'
import { ColumnWriter, nativeClient, processesPerWorker, valueOf, type Chunk } from './native-columns.ts'

export interface NativeOrder {
  readonly worker: number
  readonly bootstrap: ClusterOptions['bootstrap']
  readonly sasl: ClusterOptions['sasl']
  readonly tls: NodeNetworkOptions['tls']
  readonly requestTimeoutMs: number
  readonly topics: readonly TopicSpec[]
  readonly options: KeyedAppendOptions
  readonly shape: ShapeName
  /** Of this thread. */
  readonly recordsPerSecond: number
  readonly durationMs: number
  readonly valueSizeBytes: number
  /** Records of this thread that may be open. */
  readonly openMax: number
}

export type NativeReport =
  | { readonly kind: 'chunk'; readonly chunk: Chunk }
  /** `notSent`: due, and never sent, because too many were open until the end. */
  | { readonly kind: 'done'; readonly notSent: number }

/** The shared clock. */
function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

interface Target {
  readonly topic: string
  readonly recordKeys: readonly Uint8Array[]
  readonly partition: number
}

const tickMs = 1
const reportMs = 1000
/** In one go, so that answers are read in between. */
const burstMost = 500

class Generator {
  readonly #order: NativeOrder
  readonly #loop: Loop
  readonly #client: WireClient
  readonly #producer: WorkloadProducer
  readonly #arrivals: Arrivals
  readonly #columns: ColumnWriter
  readonly #targets: readonly Target[]
  readonly #freeProcesses: number[] = []
  #processes = 0
  #startMs = 0
  #next = 0
  #open = 0
  #isStopping = false
  readonly #done: (notSent: number) => void

  constructor(order: NativeOrder, loop: Loop, done: (notSent: number) => void) {
    const { worker, bootstrap, sasl, requestTimeoutMs, options, topics, shape, recordsPerSecond, durationMs } = order
    this.#order = order
    this.#loop = loop
    this.#done = done
    this.#client = new WireClient(loop, {
      ...clusterDefaults, bootstrap, clientId: nativeClient(worker), requestTimeoutMs, ...(sasl !== undefined && { sasl }),
    })
    const { acks, idempotence, lingerMs, batchSizeBytes, maxInFlight, compression, deliveryTimeoutMs } = options
    this.#producer = this.#client.producer({
      ...producerDefaults, acks, idempotence, lingerMs, batchSizeBytes, maxInFlight, compression, deliveryTimeoutMs, maxBlockMs: deliveryTimeoutMs,
      bufferMemoryBytes: 256 * 1024 * 1024,
    })
    this.#arrivals = new Arrivals(shapes[shape], recordsPerSecond, durationMs)
    this.#columns = new ColumnWriter(worker)
    this.#targets = topics.flatMap(({ name, partitions }) =>
      recordKeys(partitions, options.recordKeysPerPartition).map((ofPartition, partition) => ({ topic: name, recordKeys: ofPartition, partition })))
  }

  start(): void {
    this.#startMs = clockMs()
    this.#tick()
    this.#report()
  }

  stop(): void {
    this.#isStopping = true
  }

  #tick(): void {
    const nowMs = clockMs() - this.#startMs
    const { durationMs, openMax, options } = this.#order
    const total = this.#arrivals.total
    for (let sent = 0; sent < burstMost && this.#next < total && this.#open < openMax && !this.#isStopping; sent++) {
      const dueMs = this.#arrivals.dueMs(this.#next)
      if (dueMs > nowMs) break
      this.#send(this.#next++, this.#startMs + dueMs)
    }
    const isLate = nowMs > durationMs + options.deliveryTimeoutMs
    if (this.#next >= total || isLate || this.#isStopping) return this.#end()
    return void this.#loop.after(tickMs, () => this.#tick())
  }

  #send(sequence: number, dueMs: number): void {
    const { worker, valueSizeBytes } = this.#order
    const key = sequence % this.#targets.length
    const { topic, recordKeys: keys, partition } = this.#targets[key]!
    const process = this.#freeProcesses.pop() ?? (worker + 1) * processesPerWorker + this.#processes++
    const value = encodeValue(valueOf(worker, sequence), valueSizeBytes)
    this.#open++
    this.#columns.begin({ atMs: clockMs(), dueMs, sequence, process, key })
    const record = { topic, partition, key: keys[Math.floor(sequence / this.#targets.length) % keys.length]!, value }
    this.#producer.send(record, (outcome) => this.#ended({ dueMs, sequence, process, key }, outcome))
  }

  #ended(send: { readonly dueMs: number; readonly sequence: number; readonly process: number; readonly key: number }, outcome: SendOutcome): void {
    this.#open--
    const { attempts, node } = outcome
    const isUnknown = outcome.type === 'ok' && this.#order.options.acks === 0
    const type = isUnknown ? 'info' : outcome.type
    const error: OpError | undefined = outcome.type !== 'ok' ? outcome.error : isUnknown ? { code: 'NOT_ACKNOWLEDGED', definite: false } : undefined
    const offset = outcome.type === 'ok' ? outcome.offset : undefined
    this.#columns.end({ ...send, atMs: clockMs() }, { type, offset, node, ...(attempts !== undefined && { attempts }), ...(error !== undefined && { error }) })
    if (type !== 'info') this.#freeProcesses.push(send.process)
  }

  #report(): void {
    const { chunk, transfer } = this.#columns.taken()
    parentPort!.postMessage({ kind: 'chunk', chunk } satisfies NativeReport, transfer)
    if (!this.#isOver) this.#loop.after(reportMs, () => this.#report())
  }

  #isOver = false

  #end(): void {
    if (this.#open > 0) return void this.#loop.after(tickMs, () => this.#end())
    this.#isOver = true
    this.#report()
    this.#client.close()
    return this.#done(this.#arrivals.total - this.#next)
  }
}

let generator: Generator | undefined

function begin(order: NativeOrder): void {
  const runner = new NodeRunner({ network: { ...(order.tls !== undefined && { tls: order.tls }) } })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  generator = new Generator(order, loop, (notSent) => {
    parentPort!.postMessage({ kind: 'done', notSent } satisfies NativeReport)
    void runner.stop().then(() => parentPort!.close())
  })
  generator.start()
}

parentPort?.on('message', (message: NativeOrder | 'stop') => {
  if (message === 'stop') generator?.stop()
  else begin(message)
})
