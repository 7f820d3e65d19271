/**
 * Which leader wrote which stretch of a log: (epoch, first offset), both strictly ascending. Replicas find where they
 * diverge by comparing these lists (KIP-101, KIP-279), so the list follows every append and every truncation.
 */

export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

export interface EpochEnd {
  readonly leaderEpoch: number
  readonly endOffset: number
}

const unknownEnd: EpochEnd = { leaderEpoch: -1, endOffset: -1 }

export class EpochCache {
  #entries: EpochEntry[]

  constructor(entries: readonly EpochEntry[] = []) {
    this.#entries = [...entries]
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** The newest epoch, -1 when there is none. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** The epoch of the record at `offset`, which is below the log's end; -1 when it is below what is known. */
  epochAt(offset: number): number {
    return this.#entries.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
  }

  /** Starts a newer epoch; epochs that wrote nothing are forgotten. Older and equal epochs change nothing. */
  assign(epoch: number, startOffset: number): void {
    if (epoch <= this.latest) return
    this.truncateFromEnd(startOffset)
    this.#entries.push({ epoch, startOffset })
  }

  /** Forgets the epochs that start at or above `offset`. */
  truncateFromEnd(offset: number): void {
    const entries = this.#entries
    while (entries.length > 0 && entries.at(-1)!.startOffset >= offset) entries.pop()
  }

  /** Forgets what lies below `offset`; the epoch that covers it starts there from now on. */
  truncateFromStart(offset: number): void {
    const covering = this.#entries.findLastIndex((entry) => entry.startOffset <= offset)
    if (covering < 0) return
    const { epoch } = this.#entries[covering]!
    this.#entries.splice(0, covering + 1, { epoch, startOffset: offset })
  }

  clear(): void {
    this.#entries = []
  }

  /**
   * The answer of OffsetForLeaderEpoch: the largest known epoch <= `epoch` and where it ends, which is where the next
   * one starts, or the log's end for the latest. Older than all: itself and the start of the first. Unknown: (-1, -1).
   */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch === -1) return unknownEnd
    if (epoch === this.latest) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch)
    if (next < 0) return unknownEnd
    const leaderEpoch = next === 0 ? epoch : this.#entries[next - 1]!.epoch
    return { leaderEpoch, endOffset: this.#entries[next]!.startOffset }
  }
}
