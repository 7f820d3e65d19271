/** The instances of one transactional id, one after the other, and now and then two at a time. */
import { randomChance } from '../../ports/random.ts'
import type { ConsumerPosition } from '../client/client.ts'
import type { WorkloadContext } from '../workload.ts'
import { ProducerInstance } from './producer-instance.ts'
import type { Script } from './transaction-script.ts'
import type { InstanceFigures, ProducingOptions } from './transactions-options.ts'

export interface SeatSetup {
  readonly context: WorkloadContext
  readonly options: ProducingOptions
  readonly script: Script
  readonly figures: InstanceFigures
  readonly acknowledged: Map<string, number>
  readonly name: string
  readonly transactionalId: string
}

const returnMs = 400

export class ProducerSeat {
  readonly #setup: SeatSetup
  readonly #living = new Set<ProducerInstance>()
  #lives = 0
  #transactionalId: string
  #positions: ReadonlyMap<string, ConsumerPosition> | 'beginning' | undefined = 'beginning'
  #isStopping = false
  #stopped: (() => void) | undefined

  constructor(setup: SeatSetup) {
    this.#setup = setup
    this.#transactionalId = setup.transactionalId
    this.#bear()
  }

  /** `done` when nobody of it has a transaction open any more. */
  stop(done: () => void): void {
    this.#isStopping = true
    this.#stopped = done
    for (const instance of this.#living) instance.leave()
    this.#tellStopped()
  }

  #tellStopped(): void {
    if (this.#living.size > 0) return
    const stopped = this.#stopped
    this.#stopped = undefined
    stopped?.()
  }

  close(): void {
    this.#isStopping = true
    this.#stopped = undefined
    for (const instance of this.#living) instance.close()
    this.#living.clear()
  }

  #bear(): void {
    const { name, ...shared } = this.#setup
    const instance: ProducerInstance = new ProducerInstance({
      ...shared,
      name: `${name}.${this.#lives++}`,
      transactionalId: this.#transactionalId,
      positions: this.#positions,
      onHaunted: () => this.#bearSoon(),
      onGone: () => this.#gone(instance),
    })
    this.#living.add(instance)
  }

  #gone(instance: ProducerInstance): void {
    this.#living.delete(instance)
    this.#positions = instance.positions()
    if (this.#isStopping) this.#tellStopped()
    else if (this.#living.size === 0) this.#bearSoon()
  }

  #bearSoon(): void {
    const { context: { loop, random }, options, transactionalId } = this.#setup
    loop.after(returnMs * 2 * random.next(), () => {
      if (this.#isStopping) return
      const isFresh = this.#living.size === 0 && randomChance(random, options.freshIdChance)
      if (isFresh) this.#transactionalId = `${transactionalId}-${this.#lives}`
      this.#bear()
    })
  }
}
