/**
 * The first workload: producers append unique values under record keys, consumers read all of it at the same time. One
 * send is one op, one poll is one op.
 *
 * Ops beside `send` and `poll`: `assign` (value: list of keys); marks of a consumer's process: `crash` (it was replaced),
 * `offset-reset` and `diverged` ({key, from, to}: its client had to jump), `corrupt` ({key, offset, message}),
 * `consumer-error` ({key, code}); `final-read` (history/final-read.ts).
 */
import type { About, RunningWorkload, Workload } from '../workload.ts'
import { FinalReading } from './final-reading.ts'
import type { KeyedAppendContext, KeyedAppendOptions } from './options.ts'
import { Reading } from './reading.ts'
import { Sending } from './sending.ts'

class KeyedAppend implements RunningWorkload {
  readonly #context: KeyedAppendContext
  readonly #sending: Sending
  readonly #readings: readonly Reading[]
  #final: FinalReading | undefined

  constructor(context: KeyedAppendContext) {
    this.#context = context
    this.#sending = new Sending(context)
    this.#readings = Array.from({ length: context.options.consumers }, (_, index) => new Reading(context, `consumer-${index}`))
  }

  stop(done: () => void): void {
    this.#sending.stop(() => {
      this.#sending.close()
      for (const reading of this.#readings) reading.stop()
      done()
    })
  }

  finalReads(deadlineMs: number, done: (complete: boolean) => void): void {
    this.#final = new FinalReading(this.#context, this.#sending.acknowledged, deadlineMs, done)
  }

  close(): void {
    this.#sending.close()
    for (const reading of this.#readings) reading.stop()
    this.#final?.close()
  }

  figures(): Readonly<Record<string, number>> {
    return {
      sends: this.#sending.started,
      skippedSends: this.#sending.skipped,
      consumersReplaced: this.#readings.reduce((sum, each) => sum + each.replacements, 0),
    }
  }
}

export const aboutKeyedAppend: About = {
  name: 'keyed-append',
  describes: 'Producers append unique values under record keys while consumers read every partition.',
}

export function keyedAppend(options: KeyedAppendOptions): Workload {
  return { ...aboutKeyedAppend, start: (context) => new KeyedAppend({ ...context, options }) }
}
