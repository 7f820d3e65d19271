/**
 * What a workload is: it drives clients at the cluster for as long as it runs, records every step as ops, and at the end
 * reads everything once more with fresh clients. It judges nothing.
 */
import type { Recorder } from '../history/recorder.ts'
import type { Loop } from '../ports/loop.ts'
import type { Random } from '../ports/random.ts'
import type { Compression } from '../protocol/compression.ts'
import type { Isolation, WorkloadClient } from './client/client.ts'

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
}

export interface WorkloadOptions {
  readonly producers: number
  readonly consumers: number
  /** All producers together; sends start by the clock, whether or not earlier ones have ended. */
  readonly recordsPerSecond: number
  /** Different record keys on each partition. */
  readonly recordKeysPerPartition: number
  /** Sends one producer may have open; a send due when all are taken is skipped and counted. */
  readonly openSendsPerProducer: number
  readonly acks: 0 | 1 | -1
  readonly idempotence: boolean
  readonly isolation: Isolation
  readonly lingerMs: number
  readonly batchSizeBytes: number
  /** Produce requests in flight per broker connection. */
  readonly maxInFlight: number
  /** Values are padded to a size between these, both included. */
  readonly valueSizeBytes: { readonly min: number; readonly max: number }
  readonly compression: Compression
  readonly deliveryTimeoutMs: number
  readonly maxRecordsPerPoll: number
  /** A consumer is replaced by a fresh one about this often; 0 for never. */
  readonly replaceConsumerMs: number
}

export interface WorkloadContext {
  readonly loop: Loop
  readonly random: Random
  readonly recorder: Recorder
  /** A client of that name with connections of its own. */
  makeClient(name: string): WorkloadClient
  /** They exist. */
  readonly topics: readonly TopicSpec[]
  readonly options: WorkloadOptions
  /** A process number nobody has had. */
  nextProcess(): number
}

export interface RunningWorkload {
  /** Stops new work; `done` when every open op is completed, at the latest after the delivery timeout. */
  stop(done: () => void): void
  /**
   * After `stop`: fresh clients read every partition from its start, until the evidence is complete or `deadlineMs`, a time
   * of the loop's clock, is reached; `done` says which.
   */
  finalReads(deadlineMs: number, done: (complete: boolean) => void): void
  close(): void
  /** Counts worth printing, by name. */
  figures(): Readonly<Record<string, number>>
}

export interface Workload {
  readonly name: string
  /** One sentence. */
  readonly describes: string
  start(context: WorkloadContext): RunningWorkload
}

/** The history's key of a partition. */
export function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
