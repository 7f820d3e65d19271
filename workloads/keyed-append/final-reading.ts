/**
 * The last reading: one fresh client takes every partition from its start, in ordinary poll ops, until each was read to
 * the end offset its leader tells, and that end lies past every acknowledged offset. When acknowledged offsets stay beyond
 * the end, it waits for them until the deadline; what it then read is still everything there is. It closes with one
 * `final-read` op (history/final-read.ts): `ok` when every end was reached.
 */
import { finalClientPrefix } from '../../history/final-read.ts'
import type { FinalRead } from '../../history/final-read.ts'
import type { TimerId } from '../../ports/events.ts'
import type { WorkloadClient } from '../client/client.ts'
import { keyOf } from '../workload.ts'
import type { ReadingContext } from './options.ts'
import { ReadingProcess, partitionsOf } from './reading.ts'

const pollMs = 200
const listAgainMs = 500
const latest = -1

export class FinalReading {
  readonly #context: ReadingContext
  readonly #acknowledged: ReadonlyMap<string, number>
  readonly #deadlineMs: number
  readonly #done: (complete: boolean) => void
  readonly #partitions: readonly { readonly topic: string; readonly partition: number }[]
  readonly #admin: WorkloadClient
  readonly #reader: ReadingProcess
  readonly #targets = new Map<string, number>()
  #timer: TimerId | undefined
  #isListing = false
  #closed = false

  constructor(
    context: ReadingContext,
    acknowledged: ReadonlyMap<string, number>,
    deadlineMs: number,
    done: (complete: boolean) => void,
  ) {
    this.#context = context
    this.#acknowledged = acknowledged
    this.#deadlineMs = deadlineMs
    this.#done = done
    this.#partitions = partitionsOf(context)
    this.#admin = context.makeClient(`${finalClientPrefix}-admin`)
    const assigned = this.#partitions.map((each) => ({ ...each, start: 'beginning' as const }))
    this.#reader = new ReadingProcess(context, `${finalClientPrefix}-1`, assigned)
    this.#list()
    this.#poll()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== undefined) this.#context.loop.cancel(this.#timer)
    this.#reader.close()
    this.#admin.close()
  }

  #remainingMs(): number {
    return Math.max(0, this.#deadlineMs - this.#context.loop.now())
  }

  #list(): void {
    this.#timer = undefined
    if (this.#closed || this.#isListing) return
    this.#isListing = true
    const queries = this.#partitions.map((each) => ({ ...each, timestamp: latest }))
    this.#admin.admin.listOffsets(queries, this.#remainingMs(), (result) => {
      this.#isListing = false
      for (const { topic, partition, offset } of result.ok ? result.value : []) {
        this.#targets.set(keyOf(topic, partition), offset)
      }
      if (!this.#closed) this.#timer = this.#context.loop.after(listAgainMs, () => this.#list())
    })
  }

  #poll(): void {
    this.#reader.poll(Math.min(pollMs, this.#remainingMs()), () => {
      if (this.#closed) return
      if (this.#remainingMs() > 0 && !this.#isAllSeen()) return this.#poll()
      this.#finish()
    })
  }

  #reached(topic: string, partition: number): number {
    return this.#reader.consumer.position(topic, partition)?.offset ?? 0
  }

  #isAtTarget({ topic, partition }: { readonly topic: string; readonly partition: number }): boolean {
    const target = this.#targets.get(keyOf(topic, partition))
    return target !== undefined && this.#reached(topic, partition) >= target
  }

  #isAllSeen(): boolean {
    return this.#partitions.every((each) => {
      const key = keyOf(each.topic, each.partition)
      return this.#isAtTarget(each) && this.#targets.get(key)! > (this.#acknowledged.get(key) ?? -1)
    })
  }

  #finish(): void {
    const complete = this.#partitions.every((each) => this.#isAtTarget(each))
    const entries = this.#partitions.map(({ topic, partition }) => [keyOf(topic, partition), topic, partition] as const)
    const value: FinalRead = {
      keys: entries.map(([key]) => key),
      reached: Object.fromEntries(entries.map(([key, topic, partition]) => [key, this.#reached(topic, partition)])),
      target: Object.fromEntries(this.#targets),
      complete,
    }
    this.#reader.record('invoke', 'final-read', null)
    this.#reader.record(complete ? 'ok' : 'info', 'final-read', value)
    this.close()
    this.#done(complete)
  }
}
