/**
 * Load as a workload of a trial: a driver makes the traffic, whatever it is, and ends by itself. Beside it a few probes go
 * to every partition as long as the trial does, so that a partition that is not served shows also when the driver is done,
 * and one consumer reads everything all the time.
 */
import type { LoadSecond } from '../../history/harness-op.ts'
import type { Ops } from '../../history/op.ts'
import type { About, RunningWorkload, Workload } from '../../workloads/workload.ts'
import { FinalReading } from '../../workloads/keyed-append/final-reading.ts'
import type { KeyedAppendContext, KeyedAppendOptions } from '../../workloads/keyed-append/options.ts'
import { Reading } from '../../workloads/keyed-append/reading.ts'
import { Sending } from '../../workloads/keyed-append/sending.ts'
import type { Reconciliation } from './reconcile.ts'

export interface LoadDriver {
  /** Resolves when all load has been offered and has ended; with a sentence when it could not be made. */
  run(context: KeyedAppendContext): Promise<string | undefined>
  /** Ends it early, and in order. */
  interrupt(): void
  /** Per key the largest offset acknowledged. */
  readonly acknowledged: ReadonlyMap<string, number>
  close(): void
  /** With its version. */
  readonly tool: string
  /** Whether a client of the history is its own. */
  isOurs(client: string): boolean
  /** Nanoseconds of the run at which the record with this value was due; undefined when it began as it was sent. */
  dueNs?(value: string): number | undefined
  /** What it knows of the history beyond what was recorded. */
  told(ops: Ops): Ops
  /** Missing until it has run. */
  readonly word: LoadWord | undefined
  /** Holds the history against its own word; missing where there are not two of them. */
  reconciled?(ops: Ops, isCut: boolean): Reconciliation | undefined
}

/** What a load tool says of its load. */
export interface LoadWord {
  readonly seconds: readonly LoadSecond[]
  /** Counters and quantiles at the end, by name. */
  readonly summary: Readonly<Record<string, number>>
  readonly thresholds: readonly { readonly name: string; readonly isMet: boolean }[]
}

class LoadRun implements RunningWorkload {
  readonly #context: KeyedAppendContext
  readonly #driver: LoadDriver
  readonly #probes: Sending
  readonly #readings: readonly Reading[]
  readonly #ended: Promise<void>
  #isOver = false
  #final: FinalReading | undefined

  constructor(context: KeyedAppendContext, driver: LoadDriver, onFailure: (message: string) => void) {
    this.#context = context
    this.#driver = driver
    this.#probes = new Sending(context)
    this.#readings = Array.from({ length: context.options.consumers }, (_, index) => new Reading(context, `consumer-${index}`))
    this.#ended = driver.run(context).catch((error: Error) => `the load could not be made: ${error.message}`).then((failure) => {
      if (failure !== undefined) onFailure(failure)
      this.#isOver = true
    })
  }

  isOver(): boolean {
    return this.#isOver
  }

  stop(done: () => void): void {
    if (!this.#isOver) this.#driver.interrupt()
    void this.#ended.then(() => this.#probes.stop(() => {
      this.#probes.close()
      for (const reading of this.#readings) reading.stop()
      done()
    }))
  }

  finalReads(deadlineMs: number, done: (complete: boolean) => void): void {
    const acknowledged = new Map(this.#probes.acknowledged)
    for (const [key, offset] of this.#driver.acknowledged) acknowledged.set(key, Math.max(offset, acknowledged.get(key) ?? -1))
    this.#final = new FinalReading(this.#context, acknowledged, deadlineMs, done)
  }

  close(): void {
    this.#probes.close()
    for (const reading of this.#readings) reading.stop()
    this.#driver.close()
    this.#final?.close()
  }

  figures(): Readonly<Record<string, number>> {
    return { probes: this.#probes.started }
  }
}

export const aboutLoad: About = {
  name: 'load',
  describes: 'A load tool sends records and a consumer reads them, while a few probes go to every partition.',
}

/** `options` of the probes and of reading. `onFailure`: why there was no load, in one sentence. */
export function loadWorkload(driver: LoadDriver, options: KeyedAppendOptions, onFailure: (message: string) => void): Workload {
  return {
    ...aboutLoad,
    start: (context) => new LoadRun({ ...context, options }, driver, onFailure),
  }
}
