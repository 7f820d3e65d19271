/**
 * Every record any poll returned, in the order of completion and, within an op, of receipt. Records of one
 * key that one poll returned together are a run.
 */
import type { Polled, PolledRecord } from '../../history/op.ts'
import { none, ok } from './codes.ts'
import { FloatColumn, IntColumn, ints } from './columns.ts'
import type { KnownOffsets } from './known-offsets.ts'
import type { OpTable } from './op-table.ts'
import type { RecordDictionary } from './record-dictionary.ts'

export class ReadTable {
  readonly #records: RecordDictionary
  readonly #ops: OpTable
  readonly #known: KnownOffsets
  readonly #offset: FloatColumn
  readonly #record: IntColumn
  /** Empty until the first record that tells one. */
  #epoch: Int32Array = ints(0)
  readonly #runOp: IntColumn
  readonly #runKey: IntColumn
  readonly #runStart: IntColumn
  readonly #runTop: FloatColumn
  readonly #runServed: IntColumn
  /** By key code: the record read last. */
  readonly #lastOf: number[] = []

  /** `ops` and `known` are being filled while this is. */
  constructor(ops: OpTable, records: RecordDictionary, known: KnownOffsets) {
    this.#ops = ops
    this.#known = known
    this.#records = records
    const reads = ops.type.length
    this.#offset = new FloatColumn(reads)
    this.#record = new IntColumn(reads)
    const runs = Math.ceil(reads / 4)
    this.#runOp = new IntColumn(runs)
    this.#runKey = new IntColumn(runs)
    this.#runStart = new IntColumn(runs)
    this.#runTop = new FloatColumn(runs)
    this.#runServed = new IntColumn(runs)
  }

  get size(): number {
    return this.#record.length
  }

  /** By read: the offset, NaN when unknown. */
  get offset(): Float64Array {
    return this.#offset.data
  }

  /** By read: record code. */
  get record(): Int32Array {
    return this.#record.data
  }

  /** By read: the leaderEpoch of its batch, `none` when unknown. Empty when all are. */
  get epoch(): Int32Array {
    return this.#epoch
  }

  /** Whether any record came with its leaderEpoch. */
  get hasEpochs(): boolean {
    return this.#epoch.length > 0
  }

  get runs(): number {
    return this.#runOp.length
  }

  /** By run: position of the op. */
  get runOp(): Int32Array {
    return this.#runOp.data
  }

  /** By run: key code. */
  get runKey(): Int32Array {
    return this.#runKey.data
  }

  /** By run: its highest offset, -1 when none is known. */
  get runTop(): Float64Array {
    return this.#runTop.data
  }

  /** By run: the highest leaderEpoch it can have been served under, `none` when unknown. */
  get runServed(): Int32Array {
    return this.#runServed.data
  }

  /** First read of a run; `runStart(runs)` is the end of the last. */
  runStart(run: number): number {
    return run < this.runs ? this.#runStart.data[run]! : this.size
  }

  /** The run a read belongs to. */
  runOf(read: number): number {
    let low = 0
    let high = this.runs - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#runStart.data[middle]! <= read) low = middle
      else high = middle - 1
    }
    return low
  }

  isOk(run: number): boolean {
    return this.#ops.type[this.runOp[run]!] === ok
  }

  /** Takes what the poll of the op at position `at` returned. */
  add(at: number, polled: readonly Polled[]): void {
    for (const run of polled) {
      const keyCode = this.#records.keyCode(run[0])
      this.#runOp.push(at)
      this.#runKey.push(keyCode)
      this.#runStart.push(this.size)
      this.#runServed.push(run.length > 2 ? (run[2] ?? none) : none)
      const top = this.#addRecords(keyCode, run[1])
      this.#runTop.push(top)
      if (this.#ops.type[at] === ok) this.#known.raise(keyCode, top)
    }
  }

  /** Returns the highest offset. */
  #addRecords(keyCode: number, records: readonly PolledRecord[]): number {
    this.#offset.reserve(records.length)
    this.#record.reserve(records.length)
    const offsets = this.#offset.data
    const codes = this.#record.data
    let before = this.#lastOf[keyCode] ?? none
    let top = none
    let at = this.size
    for (let i = 0; i < records.length; i++, at++) {
      const read = records[i]!
      const offset = read[0]
      before = this.#records.recordAfter(before, keyCode, read[1])
      offsets[at] = offset >= 0 ? offset : Number.NaN
      codes[at] = before
      if (offset > top) top = offset
      if (read.length > 2) this.#readMeta(at, before, read[2])
    }
    this.#lastOf[keyCode] = before
    this.#offset.length = this.#record.length = at
    return top
  }

  /** Keeps the record's key once, and the leaderEpoch. */
  #readMeta(read: number, record: number, meta: PolledRecord[2]): void {
    if (typeof meta !== 'object' || meta === null) return
    const { recordKey, leaderEpoch } = meta
    if (typeof recordKey === 'string') this.#records.keepRecordKey(record, recordKey)
    if (typeof leaderEpoch !== 'number' || leaderEpoch < 0 || (leaderEpoch | 0) !== leaderEpoch) return
    if (read >= this.#epoch.length) this.#growEpochs()
    this.#epoch[read] = leaderEpoch
  }

  #growEpochs(): void {
    const grown = ints(this.#record.data.length).fill(none, this.#epoch.length)
    grown.set(this.#epoch)
    this.#epoch = grown
  }
}
