/**
 * The transactions of one log as its batches tell of them: which are open, which ended so lately that their marker may
 * still be lost, and which were aborted. The last stable offset and what a read_committed reader must leave out follow
 * from that (KIP-98). Nothing here is decided; the log is told over again after a truncation and in recovery.
 */

/** None: no offset is that far. */
export const noOffset: number = Infinity

export interface EndedTransaction {
  readonly firstOffset: number
  /** Of its marker. */
  readonly lastOffset: number
}

export interface AbortedTransaction extends EndedTransaction {
  readonly producerId: number
  /** Below it everything was decided when this one ended: whatever ended later begins at or above it. */
  readonly lastStableOffset: number
}

/** What a checkpoint keeps; open transactions are in the producers' entries. */
export interface KeptTransactions {
  readonly ended: readonly EndedTransaction[]
  readonly aborted: readonly AbortedTransaction[]
}

interface Opened {
  readonly producerId: number
  readonly currentTxnFirstOffset: number
}

export class Transactions {
  /** First offset by producer id, in the order of the offsets. */
  readonly #open = new Map<number, number>()
  /** Not known to be below the high watermark, in the order of their markers. */
  #ended: EndedTransaction[] = []
  /** In the order of their markers. */
  #aborted: AbortedTransaction[] = []

  /** Where the oldest open transaction began. */
  get firstOpenOffset(): number {
    for (const firstOffset of this.#open.values()) return firstOffset
    return noOffset
  }

  /** Where the oldest transaction began whose marker is not below the high watermark. */
  firstUnreplicatedOffset(highWatermark: number): number {
    let first = noOffset
    for (const { firstOffset, lastOffset } of this.#ended) {
      if (lastOffset >= highWatermark && firstOffset < first) first = firstOffset
    }
    return first
  }

  begin(producerId: number, firstOffset: number): void {
    this.#open.set(producerId, firstOffset)
  }

  end(producerId: number, lastOffset: number, committed: boolean): void {
    const firstOffset = this.#open.get(producerId)!
    this.#open.delete(producerId)
    this.#ended.push({ firstOffset, lastOffset })
    if (committed) return
    const lastStableOffset = Math.min(this.firstOpenOffset, lastOffset + 1)
    this.#aborted.push({ producerId, firstOffset, lastOffset, lastStableOffset })
  }

  /** What ended below the high watermark is settled. */
  committedTo(highWatermark: number): void {
    if (this.#ended.length > 0 && this.#ended[0]!.lastOffset < highWatermark) {
      this.#ended = this.#ended.filter(({ lastOffset }) => lastOffset >= highWatermark)
    }
  }

  /** Those with a record in [from, to) that a reader of that range must leave out. */
  abortedBetween(from: number, to: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (let i = this.#firstEndingAt(from); i < this.#aborted.length; i++) {
      const each = this.#aborted[i]!
      if (each.firstOffset < to) found.push(each)
      if (each.lastStableOffset >= to) break
    }
    return found
  }

  /** Place of the first aborted transaction whose marker is at or above `offset`. */
  #firstEndingAt(offset: number): number {
    let low = 0
    let high = this.#aborted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#aborted[middle]!.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The log starts at `offset` now. */
  forgetBelow(offset: number): void {
    const count = this.#firstEndingAt(offset)
    if (count > 0) this.#aborted.splice(0, count)
  }

  /** What the batches from `offset` on said is taken back, to be told again. */
  rewind(offset: number): void {
    this.#aborted.length = this.#firstEndingAt(offset)
    this.#ended = this.#ended.filter(({ lastOffset }) => lastOffset < offset)
  }

  /** The open transactions are those of these producers. */
  reopen(entries: Iterable<Opened>): void {
    this.#open.clear()
    const open = [...entries].filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset >= 0)
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset)
    for (const { producerId, currentTxnFirstOffset } of open) this.#open.set(producerId, currentTxnFirstOffset)
  }

  kept(): KeptTransactions {
    return { ended: [...this.#ended], aborted: [...this.#aborted] }
  }

  restore({ ended, aborted }: KeptTransactions): void {
    this.#ended = [...ended]
    this.#aborted = [...aborted]
  }
}
