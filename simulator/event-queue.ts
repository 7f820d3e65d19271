/**
 * What is to come, ordered by time and then by the order of asking, so that a run has one order and no
 * other. The heap lies in typed arrays; a cancelled item leaves its entry behind, which is skipped when it
 * comes up and swept out when such entries are the majority.
 */

/** Names a pending item until it is popped or cancelled. */
export type QueueHandle = number

const initialCapacity = 256
const sweepFrom = 64

export class EventQueue<T extends object> {
  #times: Float64Array = new Float64Array(initialCapacity)
  #sequences: Float64Array = new Float64Array(initialCapacity)
  #slots: Int32Array = new Int32Array(initialCapacity)
  /** Entries of the heap, the cancelled ones too. */
  #entries = 0
  /** By slot; undefined once cancelled. */
  readonly #items: (T | undefined)[] = []
  readonly #freeSlots: number[] = []
  #cancelled = 0
  #nextSequence = 0
  #lastTime = 0

  /** Items that are neither popped nor cancelled. */
  get size(): number {
    return this.#entries - this.#cancelled
  }

  /** The time of the item popped last. */
  get lastTime(): number {
    return this.#lastTime
  }

  push(time: number, item: T): QueueHandle {
    const slot = this.#freeSlots.pop() ?? this.#items.length
    this.#items[slot] = item
    if (this.#entries === this.#times.length) this.#grow()
    this.#siftUp(this.#entries++, time, this.#nextSequence++, slot)
    return slot
  }

  /** False when `item` is not pending under this handle any more. */
  cancel(handle: QueueHandle, item: T): boolean {
    if (this.#items[handle] !== item) return false
    this.#items[handle] = undefined
    this.#cancelled++
    if (this.#cancelled >= sweepFrom && this.#cancelled * 2 > this.#entries) this.#sweep()
    return true
  }

  /** The time of the next item; Infinity when there is none. */
  nextTime(): number {
    while (this.#entries > 0 && this.#items[this.#slots[0]!] === undefined) this.#skip()
    return this.#entries === 0 ? Infinity : this.#times[0]!
  }

  pop(): T | undefined {
    while (this.#entries > 0) {
      const slot = this.#slots[0]!
      const item = this.#items[slot]
      if (item === undefined) {
        this.#skip()
        continue
      }
      this.#lastTime = this.#times[0]!
      this.#items[slot] = undefined
      this.#freeSlots.push(slot)
      this.#removeFirst()
      return item
    }
    return undefined
  }

  /** Drops a cancelled first entry. */
  #skip(): void {
    this.#freeSlots.push(this.#slots[0]!)
    this.#cancelled--
    this.#removeFirst()
  }

  #removeFirst(): void {
    const last = --this.#entries
    if (last > 0) this.#siftDown(0, this.#times[last]!, this.#sequences[last]!, this.#slots[last]!)
  }

  /** Puts the entry at `hole` or above it. */
  #siftUp(hole: number, time: number, sequence: number, slot: number): void {
    const times = this.#times
    const sequences = this.#sequences
    const slots = this.#slots
    let at = hole
    while (at > 0) {
      const parent = (at - 1) >> 1
      const parentTime = times[parent]!
      if (parentTime < time || (parentTime === time && sequences[parent]! < sequence)) break
      times[at] = parentTime
      sequences[at] = sequences[parent]!
      slots[at] = slots[parent]!
      at = parent
    }
    times[at] = time
    sequences[at] = sequence
    slots[at] = slot
  }

  /** Puts the entry at `hole` or below it. */
  #siftDown(hole: number, time: number, sequence: number, slot: number): void {
    const times = this.#times
    const sequences = this.#sequences
    const slots = this.#slots
    const entries = this.#entries
    let at = hole
    for (let child = at * 2 + 1; child < entries; child = at * 2 + 1) {
      const right = child + 1
      if (right < entries) {
        const difference = times[right]! - times[child]!
        if (difference < 0 || (difference === 0 && sequences[right]! < sequences[child]!)) child = right
      }
      const childTime = times[child]!
      if (time < childTime || (time === childTime && sequence < sequences[child]!)) break
      times[at] = childTime
      sequences[at] = sequences[child]!
      slots[at] = slots[child]!
      at = child
    }
    times[at] = time
    sequences[at] = sequence
    slots[at] = slot
  }

  /** Drops all cancelled entries and builds the heap again from the rest. */
  #sweep(): void {
    let kept = 0
    for (let at = 0; at < this.#entries; at++) {
      const slot = this.#slots[at]!
      if (this.#items[slot] === undefined) {
        this.#freeSlots.push(slot)
        continue
      }
      this.#times[kept] = this.#times[at]!
      this.#sequences[kept] = this.#sequences[at]!
      this.#slots[kept++] = slot
    }
    this.#entries = kept
    this.#cancelled = 0
    for (let at = (kept >> 1) - 1; at >= 0; at--) {
      this.#siftDown(at, this.#times[at]!, this.#sequences[at]!, this.#slots[at]!)
    }
  }

  #grow(): void {
    const capacity = this.#times.length * 2
    const times = new Float64Array(capacity)
    const sequences = new Float64Array(capacity)
    const slots = new Int32Array(capacity)
    times.set(this.#times)
    sequences.set(this.#sequences)
    slots.set(this.#slots)
    this.#times = times
    this.#sequences = sequences
    this.#slots = slots
  }
}
