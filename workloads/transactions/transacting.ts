/**
 * Transactions under way: producers that run one after the other as a script says, readers of both isolation levels beside
 * them, and at the end one who reads everything once more.
 */
import type { Isolation } from '../client/client.ts'
import { FinalReading } from '../keyed-append/final-reading.ts'
import type { ReadingContext } from '../keyed-append/options.ts'
import { Reading, uncommittedPrefix } from '../keyed-append/reading.ts'
import type { RunningWorkload, WorkloadContext } from '../workload.ts'
import { ProducerSeat } from './producer-seat.ts'
import type { Script } from './transaction-script.ts'
import type { InstanceFigures, TransactingOptions } from './transactions-options.ts'

export class Transacting implements RunningWorkload {
  readonly #context: WorkloadContext
  readonly #options: TransactingOptions
  readonly #seats: readonly ProducerSeat[]
  readonly #readings: readonly Reading[]
  readonly #figures: InstanceFigures = { transactions: 0, aborted: 0, crashed: 0, closed: 0 }
  /** Per key the largest offset committed. */
  readonly #acknowledged = new Map<string, number>()
  #final: FinalReading | undefined

  constructor(context: WorkloadContext, options: TransactingOptions, script: Script) {
    this.#context = context
    this.#options = options
    const shared = { context, options, script, figures: this.#figures, acknowledged: this.#acknowledged }
    this.#seats = Array.from({ length: options.seats }, (_, seat) => {
      // Workloads on one cluster have topics of their own, and so ids.
      const transactionalId = `${context.topics[0]!.name}-${seat < options.sharingSeats ? 'shared' : seat}`
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
