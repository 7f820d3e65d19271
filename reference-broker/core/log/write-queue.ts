/**
 * Appends under way. They are answered in the order they were issued, whatever the order in which the disk finishes
 * them (a roll spreads them over two files).
 */

export interface PendingWrite {
  /** First offset after what it writes; lowered when the log is truncated meanwhile. */
  endOffset: number
  finished: boolean
  readonly done: () => void
}

export class WriteQueue {
  #writes: PendingWrite[] = []
  #first = 0

  add(endOffset: number, done: () => void): PendingWrite {
    const write: PendingWrite = { endOffset, finished: false, done }
    this.#writes.push(write)
    return write
  }

  /** Takes off the oldest write if it is finished. */
  takeFinished(): PendingWrite | undefined {
    const write = this.#writes[this.#first]
    if (write === undefined || !write.finished) return undefined
    this.#first++
    if (this.#first === this.#writes.length) {
      this.#writes = []
      this.#first = 0
    }
    return write
  }

  truncate(endOffset: number): void {
    for (let i = this.#first; i < this.#writes.length; i++) {
      const write = this.#writes[i]!
      if (write.endOffset > endOffset) write.endOffset = endOffset
    }
  }
}
