/**
 * Keys and records as integers. A record is one (key, value) pair, whoever sent or polled it; values are unique within
 * their key. Strings are looked at once, here; everything after counts. Records are found by open addressing over typed
 * arrays: a Map of strings costs several times as much, and the garbage collector as much again.
 */
import type { Key, Value } from '../../history/op.ts'
import { none } from './codes.ts'
import { IntColumn, ints } from './columns.ts'

const leastSlots = 256

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
  /** By record code. */
  readonly values: Value[] = []
  readonly #key = new IntColumn()
  readonly #next = new IntColumn()
  readonly #hash = new IntColumn()
  readonly #keyCodes = new Map<Key, number>()
  /** By record code: code of the key it carries, `none` when no poll told one. */
  readonly #recordKey = new IntColumn()
  /** Keys that records carry (not to be taken for `keys`), by code. */
  readonly recordKeys: string[] = []
  readonly #recordKeyCodes = new Map<string, number>()
  /** Record code by slot, or `none`; at most half of it is taken, and its length is a power of two. */
  #slots: Int32Array
  #lastKey: Key | undefined
  #lastKeyCode = none

  /** `expected` records need no rearranging. */
  constructor(expected: number) {
    this.#slots = ints(2 ** Math.ceil(Math.log2(Math.max(leastSlots, 2 * expected)))).fill(none)
  }

  get size(): number {
    return this.values.length
  }

  /** Key code by record code. */
  get keyOf(): Int32Array {
    return this.#key.data
  }

  /** Code of the key a record carries, by record code; `none` when no poll told one. */
  get recordKeyOf(): Int32Array {
    return this.#recordKey.data
  }

  /** Takes the key that a record carries, as the first poll that tells one does. */
  keepRecordKey(record: number, recordKey: string): void {
    if (this.#recordKey.data[record] !== none) return
    let code = this.#recordKeyCodes.get(recordKey)
    if (code === undefined) {
      code = this.recordKeys.push(recordKey) - 1
      this.#recordKeyCodes.set(recordKey, code)
    }
    this.#recordKey.data[record] = code
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
    const hash = mixed(hashOf(value), keyCode)
    const slot = this.#slotOf(hash, keyCode, value)
    const known = this.#slots[slot]!
    if (known !== none) return known
    const record = this.values.push(value) - 1
    this.#key.push(keyCode)
    this.#next.push(none)
    this.#hash.push(hash)
    this.#recordKey.push(none)
    this.#slots[slot] = record
    if (2 * this.size > this.#slots.length) this.#widen()
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
    return this.keys.flatMap((_, keyCode) => {
      const known = this.#slots[this.#slotOf(mixed(hashOf(value), keyCode), keyCode, value)]!
      return known === none ? [] : [known]
    })
  }

  /** The slot that holds the record, or the free one where it belongs. */
  #slotOf(hash: number, keyCode: number, value: Value): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const record = this.#slots[slot]!
      if (record === none) return slot
      const alike = this.#hash.data[record] === hash && this.#key.data[record] === keyCode
      if (alike && this.values[record] === value) return slot
    }
  }

  #widen(): void {
    const slots = ints(2 * this.#slots.length).fill(none)
    const mask = slots.length - 1
    for (let record = 0; record < this.size; record++) {
      let slot = this.#hash.data[record]! & mask
      while (slots[slot] !== none) slot = (slot + 1) & mask
      slots[slot] = record
    }
    this.#slots = slots
  }
}
