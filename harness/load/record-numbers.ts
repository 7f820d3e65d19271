/**
 * Records of a load as small numbers, in the order in which they are first met. An hour of load has more records than a Map
 * can hold; those of our own workloads are found by the numbers in their values (history/value-checksum.ts) instead, in
 * columns. What is written otherwise, or out of all order, goes into a Map: there are few of those.
 */
import { NumberedTexts } from '../../history/numbered-texts.ts'
import type { Value } from '../../history/op.ts'

/** A sequence so far beyond what is there is no count. */
const spareMin = 65_536
const spareFactor = 4
const unknown = -1

/** Of one producer: its sequences. */
interface Sequences {
  /** By sequence: one more than its number, or 0. */
  numbers: Int32Array
  size: number
  /** Sequences from here on are not kept here, and never were. */
  limit: number
}

export class RecordNumbers {
  readonly #codes = new Map<string, number>()
  readonly #producers: string[] = []
  readonly #texts: NumberedTexts
  readonly #tables: Sequences[] = []
  readonly #others = new Map<Value, number>()
  size = 0

  constructor() {
    this.#texts = new NumberedTexts({
      codeOf: (producer) => this.#codeOf(producer),
      wordOf: (code) => this.#producers[code]!,
    })
  }

  /** The number of a record, -1 of one that was never taken. */
  find(value: Value): number {
    const table = this.#tableOf(value)
    if (table === undefined) return this.#others.get(value) ?? unknown
    return (table.numbers[this.#texts.sequence] ?? 0) - 1
  }

  /** The number of a record; it is new when it is the `size` there was before. */
  take(value: Value): number {
    const table = this.#tableOf(value)
    const { sequence } = this.#texts
    if (table !== undefined && sequence >= spareFactor * table.size + spareMin) table.limit = sequence
    if (table === undefined || sequence >= table.limit) return this.#takeOther(value)
    if (sequence >= table.numbers.length) grow(table, sequence)
    const known = table.numbers[sequence]!
    if (known > 0) return known - 1
    table.numbers[sequence] = ++this.size
    table.size++
    return this.size - 1
  }

  #takeOther(value: Value): number {
    const known = this.#others.get(value)
    if (known !== undefined) return known
    this.#others.set(value, this.size)
    return this.size++
  }

  /** Where the value would have its place; undefined when it can have none. Its sequence is `#texts.sequence` then. */
  #tableOf(value: Value): Sequences | undefined {
    if (typeof value !== 'string' || !this.#texts.split(value)) return undefined
    const table = (this.#tables[this.#texts.producer] ??= { numbers: new Int32Array(spareMin), size: 0, limit: Infinity })
    return this.#texts.sequence < table.limit ? table : undefined
  }

  #codeOf(producer: string): number {
    let code = this.#codes.get(producer)
    if (code === undefined) this.#codes.set(producer, (code = this.#producers.push(producer) - 1))
    return code
  }
}

function grow(table: Sequences, sequence: number): void {
  const grown = new Int32Array(Math.max(2 * table.numbers.length, sequence + 1))
  grown.set(table.numbers)
  table.numbers = grown
}
