/**
 * Keys and records as integers. A record is one (key, value) pair, whoever sent or polled it; values are unique within
 * their key. Strings are looked at once, here; everything after counts. Records are found by the number in their value,
 * else by open addressing over typed arrays: a Map of strings costs many times as much, and the garbage collector as
 * much again.
 */
import { NumberedValues } from '../../history/numbered-values.ts'
import type { Key, Value } from '../../history/op.ts'
import { none } from './codes.ts'
import { IntColumn, ints } from './columns.ts'

const leastSlots = 256
/** Longer arrays are not made in one piece. */
const arrayMax = 2 ** 25

/** FNV-1a over UTF-16 code units; of a number, its bits spread over 32. */
function hashOf(value: Value): number {
  if (typeof value === 'number') return Math.imul(value ^ (value / 2 ** 32), 0x9e3779b1)
  let hash = 0x811c9dc5
  for (let at = 0; at < value.length; at++) hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193)
  return hash
}

/** Spreads the key over the bits of the value's hash, so that a slot can be taken from any of them. */
function mixed(hash: number, keyCode: number): number {
  const both = Math.imul(hash ^ Math.imul(keyCode + 1, 0x85ebca6b), 0xc2b2ae35)
  return both ^ (both >>> 15)
}

export class RecordDictionary {
  /** By key code. */
  readonly keys: Key[] = []
  /** By record code; may be longer than there are records. */
  readonly values: Value[]
  readonly #key: IntColumn
  readonly #next: IntColumn
  readonly #numbered = new NumberedValues()
  readonly #keyCodes = new Map<Key, number>()
  /** Keys that records carry (not to be taken for `keys`), by code. */
  readonly recordKeys: string[] = []
  readonly #recordKeyCodes = new Map<string, number>()
  /** By slot: record code, or `none`, and its hash beside it. At most half are taken; their number is a power of two. */
  #slots: Int32Array = ints(2 * leastSlots).fill(none)
  #hashed = 0
  /** By record code, as far as it reaches: one more than the code of the key it carries; 0 when no poll told one. */
  #recordKey: Int32Array = ints(0)
  #lastKey: Key | undefined
  #lastKeyCode = none

  /** `expected` records need no growing. */
  constructor(expected: number) {
    this.values = Array<Value>(Math.min(expected, arrayMax))
    this.#key = new IntColumn(expected)
    this.#next = new IntColumn(expected)
  }

  get size(): number {
    return this.#key.length
  }

  /** Key code by record code. */
  get keyOf(): Int32Array {
    return this.#key.data
  }

  /** Code of the key that a record carries, `none` when no poll told one. */
  recordKeyOf(record: number): number {
    return (this.#recordKey[record] ?? 0) - 1
  }

  /** Takes the key that a record carries, as the first poll that tells one does. */
  keepRecordKey(record: number, recordKey: string): void {
    if (record >= this.#recordKey.length) this.#growRecordKeys()
    if (this.#recordKey[record] !== 0) return
    let code = this.#recordKeyCodes.get(recordKey)
    if (code === undefined) {
      code = this.recordKeys.push(recordKey) - 1
      this.#recordKeyCodes.set(recordKey, code)
    }
    this.#recordKey[record] = code + 1
  }

  #growRecordKeys(): void {
    const grown = ints(this.#key.data.length)
    grown.set(this.#recordKey)
    this.#recordKey = grown
  }

  keyCode(key: Key): number {
    if (key === this.#lastKey) return this.#lastKeyCode
    let code = this.#keyCodes.get(key)
    if (code === undefined) {
      code = this.keys.push(key) - 1
      this.#keyCodes.set(key, code)
    }
    this.#lastKey = key
    this.#lastKeyCode = code
    return code
  }

  record(keyCode: number, value: Value): number {
    if (typeof value !== 'string') return this.#hashedRecord(keyCode, value)
    const numbered = this.#numbered.find(value)
    if (numbered === none) {
      if (!this.#numbered.hasPlace) return this.#hashedRecord(keyCode, value)
      const record = this.#fresh(keyCode, value)
      this.#numbered.put(record)
      return record
    }
    return this.#is(numbered, keyCode, value) ? numbered : this.#hashedRecord(keyCode, value)
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
    return this.keys.flatMap((_, keyCode) => {
      const numbered = typeof value === 'string' ? this.#numbered.find(value) : none
      if (numbered !== none && this.#is(numbered, keyCode, value)) return [numbered]
      const known = this.#slots[2 * this.#slotOf(mixed(hashOf(value), keyCode), keyCode, value)]!
      return known === none ? [] : [known]
    })
  }

  #is(record: number, keyCode: number, value: Value): boolean {
    return this.#key.data[record] === keyCode && this.values[record] === value
  }

  #fresh(keyCode: number, value: Value): number {
    this.#next.push(none)
    const record = this.#key.push(keyCode)
    this.values[record] = value
    return record
  }

  #hashedRecord(keyCode: number, value: Value): number {
    const hash = mixed(hashOf(value), keyCode)
    const slot = this.#slotOf(hash, keyCode, value)
    const known = this.#slots[2 * slot]!
    if (known !== none) return known
    const record = this.#fresh(keyCode, value)
    this.#slots[2 * slot] = record
    this.#slots[2 * slot + 1] = hash
    this.#hashed++
    if (4 * this.#hashed > this.#slots.length) this.#widen()
    return record
  }

  /** The slot that holds the record, or the free one where it belongs. */
  #slotOf(hash: number, keyCode: number, value: Value): number {
    const mask = this.#slots.length / 2 - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const record = this.#slots[2 * slot]!
      if (record === none || (this.#slots[2 * slot + 1] === hash && this.#is(record, keyCode, value))) return slot
    }
  }

  #widen(): void {
    const slots = ints(4 * this.#slots.length).fill(none)
    const mask = slots.length / 2 - 1
    for (let at = 0; at < this.#slots.length; at += 2) {
      if (this.#slots[at] === none) continue
      let slot = this.#slots[at + 1]! & mask
      while (slots[2 * slot] !== none) slot = (slot + 1) & mask
      slots[2 * slot] = this.#slots[at]!
      slots[2 * slot + 1] = this.#slots[at + 1]!
    }
    this.#slots = slots
  }
}
