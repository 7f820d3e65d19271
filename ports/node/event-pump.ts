/**
 * Hands events to one node, one at a time, and never from inside a call the node made to a port: what
 * becomes ready during a step is queued and taken after it, before Node's event loop goes on.
 */
import type { PortEvent } from '../events.ts'
import { Fifo } from '../fifo.ts'

/** Something that makes its events one by one when asked, so that the node can stop it between two. */
export interface EventSource {
  readonly kind: 'source'
  /** The next event, if there is one now. The source wakes the pump again when it has more. */
  next(): PortEvent | undefined
}

export class EventPump {
  readonly #queue = new Fifo<PortEvent | EventSource>()
  #step: ((event: PortEvent) => void) | undefined
  #stopped = false
  #draining = false
  #drainAsked = false

  /** Starts the delivery, of what is queued already too. */
  run(step: (event: PortEvent) => void): void {
    this.#step = step
    this.#drainSoon()
  }

  /** No event is delivered afterwards. */
  stop(): void {
    this.#stopped = true
    this.#queue.clear()
  }

  /** From one of Node's callbacks: the event is taken at once. */
  deliver(event: PortEvent): void {
    this.#add(event)
    this.#drain()
  }

  /** From inside a port call: the event is taken when the running step has ended. */
  complete(event: PortEvent): void {
    this.#add(event)
    this.#drainSoon()
  }

  /** From anywhere: the source is asked when its turn comes. */
  wake(source: EventSource): void {
    this.#add(source)
    this.#drainSoon()
  }

  /** From one of Node's callbacks: the source is asked at once. */
  wakeNow(source: EventSource): void {
    this.#add(source)
    this.#drain()
  }

  #add(item: PortEvent | EventSource): void {
    if (!this.#stopped) this.#queue.push(item)
  }

  #drainSoon(): void {
    if (this.#draining || this.#drainAsked) return
    this.#drainAsked = true
    queueMicrotask(() => {
      this.#drainAsked = false
      this.#drain()
    })
  }

  #drain(): void {
    if (this.#draining) return
    this.#draining = true
    try {
      while (this.#step !== undefined) {
        const item = this.#queue.shift()
        if (item === undefined) return
        const event = item.kind === 'source' ? item.next() : item
        if (event !== undefined) this.#step(event)
      }
    } finally {
      this.#draining = false
    }
  }
}
