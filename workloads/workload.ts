/**
 * What a workload is: it drives clients at the cluster for as long as it runs, records every step as ops, and at the end
 * reads everything once more with fresh clients. It judges nothing.
 */
import type { Recorder } from '../history/recorder.ts'
import type { Loop } from '../ports/loop.ts'
import type { Random } from '../ports/random.ts'
import type { WorkloadClient } from './client/client.ts'

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
}

export interface WorkloadContext {
  readonly loop: Loop
  readonly random: Random
  readonly recorder: Recorder
  /** A client of that name with connections of its own. */
  makeClient(name: string): WorkloadClient
  /** They exist. */
  readonly topics: readonly TopicSpec[]
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
  /** For a workload that ends by itself: whether it has. Faults then go on as long as it does. */
  isOver?(): boolean
  /** Counts worth printing, by name. */
  figures(): Readonly<Record<string, number>>
}

export interface About {
  readonly name: string
  /** One sentence. */
  readonly describes: string
}

/** Its options are given: what is left is where it runs. */
export interface Workload extends About {
  start(context: WorkloadContext): RunningWorkload
}

/** The history's key of a partition. */
export function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
