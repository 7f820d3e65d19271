/**
 * Keys and records as integers. A record is one (key, value) pair, whoever sent or polled it; values are
 * unique within their key. Strings are looked at once, here; everything after counts.
 */
import type { Key, Value } from '../../history/op.ts'
import { IntColumn } from './columns.ts'
import { none } from './op-table.ts'

export class RecordDictionary {
  /** By key code. */
  readonly keys: Key[] = []
  /** By record code. */
  readonly values: Value[] = []
  readonly #key = new IntColumn()
  readonly #next = new IntColumn()
  readonly #keyCodes = new Map<Key, number>()
  readonly #records: Map<Value, number>[] = []
  #lastKey: Key | undefined
  #lastKeyCode = none

  get size(): number {
    return this.values.length
  }

  /** Key code by record code. */
  get keyOf(): Int32Array {
    return this.#key.data
  }

  keyCode(key: Key): number {
    if (key === this.#lastKey) return this.#lastKeyCode
    let code = this.#keyCodes.get(key)
    if (code === undefined) {
      code = this.keys.push(key) - 1
      this.#keyCodes.set(key, code)
      this.#records.push(new Map())
    }
    this.#lastKey = key
    this.#lastKeyCode = code
    return code
  }

  record(keyCode: number, value: Value): number {
    const records = this.#records[keyCode]!
    let record = records.get(value)
    if (record === undefined) {
      record = this.values.push(value) - 1
      this.#key.push(keyCode)
      this.#next.push(none)
      records.set(value, record)
    }
    return record
  }

  /**
   * As `record`, for a value read right after record `before` of the same key: readers of one key mostly
   * read the same sequence, so what followed last time is compared before anything is looked up.
   */
  recordAfter(before: number, keyCode: number, value: Value): number {
    if (before === none) return this.record(keyCode, value)
    const guess = this.#next.data[before]!
    if (guess !== none && this.values[guess] === value) return guess
    const record = this.record(keyCode, value)
    this.#next.data[before] = record
    return record
  }

  /** Code of the key, or `none`. */
  findKey(key: Key): number {
    return this.#keyCodes.get(key) ?? none
  }

  /** Codes of all records with this value, whatever their key. */
  withValue(value: Value): number[] {
    return this.#records.flatMap(records => records.get(value) ?? [])
  }
}
