/** What the producer of records asks of the transaction it writes them for, and tells it. */
import type { ProducerIdentity } from './producer-batch.ts'
import type { Identities } from './producer-identities.ts'
import type { PartitionQueue } from './producer-partition.ts'

export interface WritingTransaction {
  readonly transactionalId: string
  readonly identities: Identities
  /** Of Produce. */
  readonly produceVersionMax: number
  /** Whether the partition may be written now; if something must come first, the producer is woken when it is done. */
  admits(topic: string, partition: number): boolean
  /** A record could not be written. */
  failed(code: string): void
  /** A request went without an answer: it may still arrive. */
  mayArriveLate(): void
  /** Nothing is waiting and nothing under way. */
  quiet(): void
}

/** One identity for all partitions, until it is replaced; none gets the same twice. */
export class TransactionIdentities implements Identities {
  #current: ProducerIdentity | undefined
  readonly #had = new Map<PartitionQueue, ProducerIdentity>()

  get current(): ProducerIdentity | undefined {
    return this.#current
  }

  replace(identity: ProducerIdentity | undefined): void {
    this.#current = identity
  }

  ask(queue: PartitionQueue): void {
    if (this.#current === undefined || this.#had.get(queue) === this.#current) return
    this.#had.set(queue, this.#current)
    queue.takeIdentity(this.#current)
  }

  close(): void {
    this.#current = undefined
  }
}
