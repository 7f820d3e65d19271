/**
 * One row per send micro-op, in the order of invocation: what was asked, how it ended, and where it landed
 * as far as an answer told. Rows of one op are neighbours.
 *
 * Until its offset is known, a row keeps in that place, as a negative number, the highest offset that was known of its
 * key when it began; `finish` forgets what is left of that.
 */
import type { MicroOp, SendMicroOp } from '../../history/op.ts'
import { failed, none, ok, unknown } from './codes.ts'
import { ByteColumn, FloatColumn, IntColumn, ints } from './columns.ts'
import type { KnownOffsets } from './known-offsets.ts'
import type { OpTable } from './op-table.ts'
import type { RecordDictionary } from './record-dictionary.ts'

export class SendTable {
  readonly #records: RecordDictionary
  readonly #ops: OpTable
  readonly #record: IntColumn
  readonly #offset: FloatColumn
  readonly #invocation: IntColumn
  readonly #completion: IntColumn
  readonly #outcome: ByteColumn
  readonly #stale = new IntColumn()
  readonly #known: KnownOffsets
  /** The row found last. */
  #found = 0

  /** `ops` and `known` are being filled while this is. */
  constructor(ops: OpTable, records: RecordDictionary, known: KnownOffsets) {
    this.#ops = ops
    this.#known = known
    this.#records = records
    const sends = Math.ceil(ops.type.length / 2)
    this.#record = new IntColumn(sends)
    this.#offset = new FloatColumn(sends)
    this.#invocation = new IntColumn(sends)
    this.#completion = new IntColumn(sends)
    this.#outcome = new ByteColumn(sends)
  }

  get size(): number {
    return this.#record.length
  }

  /** By row: record code. */
  get record(): Int32Array {
    return this.#record.data
  }

  /** By row: the offset an answer told, NaN when none did. */
  get offset(): Float64Array {
    return this.#offset.data
  }

  /** By row: position of the invocation; of the completion where a foreign history has no invocation. */
  get invocation(): Int32Array {
    return this.#invocation.data
  }

  /** By row: position of the completion, or `none`. */
  get completion(): Int32Array {
    return this.#completion.data
  }

  /** By row: `ok`, `failed` or `unknown`. */
  get outcome(): Uint8Array {
    return this.#outcome.data
  }

  /**
   * Rows of sends that were told an offset not above the highest one of their key that an op had told which ended ok
   * before they began, in the order of the rows.
   */
  get toldStale(): readonly number[] {
    return Array.from(this.#stale.data.subarray(0, this.#stale.length)).sort((a, b) => a - b)
  }

  /** First row of the op invoked at a position, or `none`. Fast where one asks for ops near one another. */
  firstOf(invocation: number): number {
    const at = this.#invocation.data
    let low = this.#found
    let high = low
    for (let step = 1; low > 0 && (low >= this.size || at[low]! >= invocation); step *= 2) low = Math.max(0, low - step)
    for (let step = 1; high < this.size && at[high]! < invocation; step *= 2) high = Math.min(this.size, high + step)
    while (low < high) {
      const middle = (low + high) >>> 1
      if (at[middle]! < invocation) low = middle + 1
      else high = middle
    }
    this.#found = low
    return low < this.size && at[low] === invocation ? low : none
  }

  /** Takes the sends of an invocation at position `at`. */
  invoke(at: number, micros: readonly MicroOp[]): void {
    for (const micro of micros) {
      if (micro.f !== 'send') continue
      const row = this.#add(at, micro)
      this.#offset.data[row] = unanswered(this.#known.of(this.#records.keyOf[this.#record.data[row]!]!))
    }
  }

  /** To be called once, after the last op. */
  finish(): void {
    const offsets = this.#offset.data
    for (let row = 0; row < this.size; row++) if (offsets[row]! < 0) offsets[row] = Number.NaN
  }

  /** Takes the sends of a completion at position `at`. */
  complete(at: number, micros: readonly MicroOp[]): void {
    const invocation = this.#ops.invocation[at]!
    const first = invocation === none ? none : this.firstOf(invocation)
    let row = first === none ? this.size : first
    if (first !== none) this.#settle(first, at)
    for (const micro of micros) {
      if (micro.f !== 'send') continue
      const asked = row < this.size && this.#invocation.data[row] === invocation && this.#isOf(row, micro)
      const answered = asked ? row++ : this.#addAnswered(at, micro)
      if (micro.offset !== undefined && micro.offset >= 0) this.#answer(at, answered, micro.offset)
    }
  }

  #answer(at: number, row: number, offset: number): void {
    const asked = this.#offset.data[row]!
    this.#offset.data[row] = offset
    if (asked < 0 && offset <= unanswered(asked)) this.#stale.push(row)
    if (this.#ops.type[at] === ok) this.#known.raise(this.#records.keyOf[this.#record.data[row]!]!, offset)
  }

  /** Takes a completion without results. */
  settle(at: number): void {
    const invocation = this.#ops.invocation[at]!
    const first = invocation === none ? none : this.firstOf(invocation)
    if (first !== none) this.#settle(first, at)
  }

  #settle(first: number, at: number): void {
    const outcome = this.#ops.type[at]!
    const invocation = this.#invocation.data[first]!
    for (let row = first; row < this.size && this.#invocation.data[row] === invocation; row++) {
      this.#completion.data[row] = at
      this.#outcome.data[row] = outcome
    }
  }

  #isOf(row: number, micro: SendMicroOp): boolean {
    const record = this.#record.data[row]!
    const { values, keys, keyOf } = this.#records
    return values[record] === micro.value && keys[keyOf[record]!] === micro.key
  }

  #add(at: number, micro: SendMicroOp): number {
    this.#invocation.push(at)
    this.#completion.push(none)
    this.#outcome.push(unknown)
    this.#offset.push(unanswered(none))
    return this.#record.push(this.#records.record(this.#records.keyCode(micro.key), micro.value))
  }

  /** A send that only its completion tells of. */
  #addAnswered(at: number, micro: SendMicroOp): number {
    const row = this.#add(at, micro)
    this.#completion.data[row] = at
    this.#outcome.data[row] = this.#ops.type[at]!
    return row
  }
}

/** An offset, or `none`, as a negative number; and back. */
function unanswered(before: number): number {
  return -2 - before
}

/**
 * By record: the row of the send that could have written it, the first one not failed before failed ones;
 * or `none`.
 */
export function writersOf(sends: SendTable, recordCount: number): Int32Array {
  const writers = ints(recordCount).fill(none)
  for (let row = 0; row < sends.size; row++) {
    const record = sends.record[row]!
    const known = writers[record]!
    if (known === none || sends.outcome[known] === failed) writers[record] = row
  }
  return writers
}

/** Records that more than one op may have written: their copies cannot be told apart. */
export function sentTwice(sends: SendTable, writers: Int32Array, mayLie: (row: number) => boolean): number[] {
  const twice = new Set<number>()
  for (let row = 0; row < sends.size; row++) {
    const record = sends.record[row]!
    if (writers[record] !== row && (sends.outcome[row] !== failed || mayLie(row))) twice.add(record)
  }
  return [...twice]
}

/** Records of `ok` sends. */
export function acknowledgedCount(sends: SendTable): number {
  let count = 0
  for (let row = 0; row < sends.size; row++) if (sends.outcome[row] === ok) count++
  return count
}
