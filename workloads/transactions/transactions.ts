/**
 * Transactions of several records and polls over all partitions, from several producers at once: some abort, some crash, some
 * are fenced in the middle and go on; readers of both isolation levels read all of it at the same time.
 *
 * Ops beside those of keyed-append: `init-transactions`, `txn` (docs/history.md).
 */
import { Reading, uncommittedPrefix } from '../keyed-append/reading.ts'
import { FinalReading } from '../keyed-append/final-reading.ts'
import type { Isolation } from '../client/client.ts'
import type { ReadingContext } from '../keyed-append/options.ts'
import type { About, RunningWorkload, Workload, WorkloadContext } from '../workload.ts'
import { ProducerSeat } from './producer-seat.ts'
import { Scripts } from './transaction-script.ts'
import type { InstanceFigures, TransactionsOptions } from './transactions-options.ts'

class Transactions implements RunningWorkload {
  readonly #context: WorkloadContext
  readonly #options: TransactionsOptions
  readonly #seats: readonly ProducerSeat[]
  readonly #readings: readonly Reading[]
  readonly #figures: InstanceFigures = { transactions: 0, aborted: 0, crashed: 0, closed: 0 }
  /** Per key the largest offset committed. */
  readonly #acknowledged = new Map<string, number>()
  #final: FinalReading | undefined

  constructor(context: WorkloadContext, options: TransactionsOptions) {
    this.#context = context
    this.#options = options
    const scripts = new Scripts(context.random, context.topics, options)
    const shared = { context, options, scripts, figures: this.#figures, acknowledged: this.#acknowledged }
    this.#seats = Array.from({ length: options.seats }, (_, seat) => {
      const transactionalId = seat < options.sharingSeats ? 'shared' : `id-${seat}`
      return new ProducerSeat({ ...shared, name: `tx${seat}`, transactionalId })
    })
    this.#readings = [
      ...Array.from({ length: options.readers.read_committed }, (_, i) => new Reading(this.#reading('read_committed'), `consumer-${i}`)),
      ...Array.from(
        { length: options.readers.read_uncommitted },
        (_, i) => new Reading(this.#reading('read_uncommitted'), `${uncommittedPrefix}${i}`),
      ),
    ]
  }

  stop(done: () => void): void {
    let open = this.#seats.length
    const stopped = (): void => {
      open--
      if (open > 0) return
      for (const reading of this.#readings) reading.stop()
      done()
    }
    for (const seat of this.#seats) seat.stop(stopped)
  }

  finalReads(deadlineMs: number, done: (complete: boolean) => void): void {
    this.#final = new FinalReading(this.#reading('read_committed'), this.#acknowledged, deadlineMs, done)
  }

  close(): void {
    for (const seat of this.#seats) seat.close()
    for (const reading of this.#readings) reading.stop()
    this.#final?.close()
  }

  figures(): Readonly<Record<string, number>> {
    return { ...this.#figures }
  }

  #reading(isolation: Isolation): ReadingContext {
    const { maxRecordsPerPoll, replaceConsumerMs } = this.#options
    return { ...this.#context, options: { isolation, maxRecordsPerPoll, replaceConsumerMs } }
  }
}

export const aboutTransactions: About = {
  name: 'transactions',
  describes: 'Producers commit and abort transactions over all partitions, crash and are fenced, while readers of both kinds read.',
}

export function transactions(options: TransactionsOptions): Workload {
  return { ...aboutTransactions, start: (context) => new Transactions(context, options) }
}
