/**
 * Finds what values stand for by the numbers that our own workloads write into them (`<producer>-<sequence>-<checksum>`,
 * see value-checksum.ts). Producers count on, so what was sent one after the other lies side by side here, where a hash
 * would scatter it over memory. A place belongs to whoever comes first; who asks compares values, and must look elsewhere
 * for the others.
 */
const none = -1

const dash = 45
const zero = 48
const checksumLength = 8
const producerTables = 64
const digitsAtMost = 9
/** A sequence so far beyond what is there is no count. */
const spareMin = 1024
const spareFactor = 4

/** Of the producers that share a place in the list of tables. */
class SequenceTable {
  /** By sequence: one more than the number given to it, or 0. What was never used takes no memory. */
  numbers: Int32Array = new Int32Array(spareMin)
  size = 0
  /** Sequences from here on are not kept, and never were. */
  limit: number = Number.POSITIVE_INFINITY

  /** Whether a sequence has its place here, for good. */
  takes(sequence: number): boolean {
    if (sequence < this.numbers.length) return sequence < this.limit
    if (sequence < this.limit && sequence >= spareFactor * this.size + spareMin) this.limit = sequence
    if (sequence >= this.limit) return false
    this.#grow(sequence)
    return true
  }

  #grow(sequence: number): void {
    const grown = new Int32Array(Math.max(2 * this.numbers.length, sequence + 1))
    grown.set(this.numbers)
    this.numbers = grown
  }
}

export class NumberedValues {
  readonly #tables: (SequenceTable | undefined)[] = []
  /** Of the last value looked for: its table, undefined when it has no place here; and its sequence. */
  #table: SequenceTable | undefined
  #sequence = 0

  /** The number at the place of a value, or -1; it may be that of another value. `hasPlace` tells of this value then. */
  find(value: string): number {
    this.#table = undefined
    const end = value.length - checksumLength - 1
    if (end < 2 || value.charCodeAt(end) !== dash) return none
    let at = end - 1
    let sequence = 0
    for (let power = 1; at > end - 1 - digitsAtMost && at > 0; at--, power *= 10) {
      const digit = value.charCodeAt(at) - zero
      if (digit < 0 || digit > 9) break
      sequence += digit * power
    }
    if (at === end - 1 || value.charCodeAt(at) !== dash) return none
    const table = this.#tableOf(value, at)
    if (!table.takes(sequence)) return none
    this.#table = table
    this.#sequence = sequence
    return table.numbers[sequence]! - 1
  }

  /** Whether the value last looked for has a place. */
  get hasPlace(): boolean {
    return this.#table !== undefined
  }

  /** Gives the place of the value last looked for, which was free, to its number. */
  put(number: number): void {
    this.#table!.numbers[this.#sequence] = number + 1
    this.#table!.size++
  }

  /** The table for whoever is named before a position of the value. */
  #tableOf(value: string, before: number): SequenceTable {
    let hash = before
    for (let at = 0; at < before; at++) hash = Math.imul(hash, 31) + value.charCodeAt(at)
    return (this.#tables[hash & (producerTables - 1)] ??= new SequenceTable())
  }
}
