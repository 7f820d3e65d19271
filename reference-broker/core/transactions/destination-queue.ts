/**
 * What is to be sent to other brokers, gathered: one request a broker at a time, and the next one carries all that has come
 * meanwhile. A request that waits for a commit at the other end would else hold up everything behind it.
 */
import type { Loop } from '../../../ports/loop.ts'

export interface DestinationQueueOptions<T> {
  readonly loop: Loop
  /** `answered` when the broker has answered, or will not. */
  readonly send: (brokerId: number, items: readonly T[], answered: () => void) => void
}

interface Destination<T> {
  waiting: T[]
  isBusy: boolean
}

export class DestinationQueue<T> {
  readonly #options: DestinationQueueOptions<T>
  readonly #destinations = new Map<number, Destination<T>>()

  constructor(options: DestinationQueueOptions<T>) {
    this.#options = options
  }

  /** Goes out after this turn at the earliest, with what else is added in it. */
  add(brokerId: number, item: T): void {
    const destination = this.#destinations.get(brokerId) ?? { waiting: [], isBusy: false }
    this.#destinations.set(brokerId, destination)
    destination.waiting.push(item)
    if (destination.isBusy) return
    destination.isBusy = true
    this.#options.loop.after(0, () => this.#flush(brokerId, destination))
  }

  #flush(brokerId: number, destination: Destination<T>): void {
    const items = destination.waiting
    destination.waiting = []
    this.#options.send(brokerId, items, () => {
      if (destination.waiting.length > 0) this.#flush(brokerId, destination)
      else destination.isBusy = false
    })
  }
}
