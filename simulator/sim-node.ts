/**
 * One simulated machine and the process on it. A process has lives: `life` counts them, and whatever was
 * meant for an earlier life never reaches a later one. While the process is stopped (as by SIGSTOP) its
 * machine goes on: what arrives is held and handed over in order when the process goes on, before anything
 * newer.
 */
import type { PortEvent } from '../ports/events.ts'
import { Fifo } from '../ports/fifo.ts'
import type { Happening, Timeline } from './timeline.ts'

/** What a booted node is to the world. */
export interface Program {
  step(event: PortEvent): void
}

/**
 * Something on its way to one life of a node. It makes its event when the node takes it, or none if it
 * became void.
 */
export abstract class Delivery implements Happening {
  readonly node: SimNode
  life: number

  constructor(node: SimNode, life: number) {
    this.node = node
    this.life = life
  }

  happen(): void {
    this.node.take(this)
  }

  abstract event(): PortEvent | undefined
}

/** An event that nothing can make void. */
export class PlainDelivery extends Delivery {
  readonly #event: PortEvent

  constructor(node: SimNode, life: number, event: PortEvent) {
    super(node, life)
    this.#event = event
  }

  event(): PortEvent {
    return this.#event
  }
}

export class SimNode implements Happening {
  readonly name: string
  readonly index: number
  readonly #timeline: Timeline
  readonly #dispatch: (node: SimNode, event: PortEvent) => void
  life = 0
  running = false
  paused = false
  readonly #held = new Fifo<Delivery>()
  #handingOver = false

  constructor(name: string, index: number, timeline: Timeline, dispatch: (node: SimNode, event: PortEvent) => void) {
    this.name = name
    this.index = index
    this.#timeline = timeline
    this.#dispatch = dispatch
  }

  isAlive(life: number): boolean {
    return this.running && this.life === life
  }

  take(delivery: Delivery): void {
    if (!this.isAlive(delivery.life)) return
    if (this.paused || this.#held.size > 0) {
      this.#held.push(delivery)
      return
    }
    const event = delivery.event()
    if (event !== undefined) this.#dispatch(this, event)
  }

  begin(): void {
    this.life++
    this.running = true
  }

  end(): void {
    this.running = false
    this.paused = false
    this.#held.clear()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.#handOver()
  }

  /** Hands over the oldest of what was held. */
  happen(): void {
    this.#handingOver = false
    if (this.paused) return
    const event = this.#held.shift()?.event()
    this.#handOver()
    if (event !== undefined) this.#dispatch(this, event)
  }

  #handOver(): void {
    if (this.#handingOver || this.#held.size === 0) return
    this.#handingOver = true
    this.#timeline.at(this.#timeline.now(), this)
  }
}
