/**
 * Every record any poll returned, in the order of completion and, within an op, of receipt. Records of one
 * key that one poll returned together are a run.
 */
import type { Op, Polled } from '../../history/op.ts'
import { IntColumn } from './columns.ts'
import { none, ok, type OpTable } from './op-table.ts'
import type { RecordDictionary } from './record-dictionary.ts'

export class ReadTable {
  /** By read: the offset, NaN when unknown. */
  readonly offset: Float64Array
  /** By read: record code. */
  readonly record: Int32Array
  size = 0
  readonly #records: RecordDictionary
  readonly #ops: OpTable
  readonly #runOp = new IntColumn()
  readonly #runKey = new IntColumn()
  readonly #runStart = new IntColumn()

  constructor(size: number, ops: OpTable, records: RecordDictionary) {
    this.offset = new Float64Array(size)
    this.record = new Int32Array(size)
    this.#ops = ops
    this.#records = records
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
    for (const [key, records] of polled) {
      const keyCode = this.#records.keyCode(key)
      this.#runOp.push(at)
      this.#runKey.push(keyCode)
      this.#runStart.push(this.size)
      this.#addRecords(keyCode, records)
    }
  }

  #addRecords(keyCode: number, records: Polled[1]): void {
    let before = none
    for (const read of records) {
      const offset = read[0]
      before = this.#records.recordAfter(before, keyCode, read[1])
      this.offset[this.size] = offset >= 0 ? offset : Number.NaN
      this.record[this.size] = before
      this.size++
    }
  }
}

/** How many records all polls returned. */
export function countReads(ops: readonly Op[]): number {
  let count = 0
  for (const { f, type, value } of ops) {
    if (type === 'invoke' || (f !== 'poll' && f !== 'txn' && f !== 'send') || !Array.isArray(value)) continue
    for (const micro of value) {
      if (micro.f !== 'poll' || micro.polled === undefined) continue
      for (const [, records] of micro.polled as readonly Polled[]) count += records.length
    }
  }
  return count
}
