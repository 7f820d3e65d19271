/**
 * Values of our own workloads (value-checksum.ts) as the two numbers they are made of: who sent it and its how-manieth it
 * was. Such a value is made again when it is asked for, and not kept. Values are mostly asked for near one another, so
 * those made last are remembered: who asks twice gets the same string.
 */
import { isChecked, makeValue } from './value-checksum.ts'
import type { Words } from './packed-micro-ops.ts'

const checksumLength = 8
const digitsMax = 9
const dash = 45
const zero = 48
/** A power of two. */
const remembered = 4096

export class NumberedTexts {
  readonly #producers: Words<string>
  readonly #made: string[] = Array.from({ length: remembered }, () => '')
  readonly #madeProducer = new Int32Array(remembered).fill(-1)
  readonly #madeSequence = new Int32Array(remembered)
  /** Of the text last split. */
  producer = 0
  sequence = 0

  constructor(producers: Words<string>) {
    this.#producers = producers
  }

  /** Whether the text can be made again from `producer` and `sequence`, which are set then. */
  split(text: string): boolean {
    const end = text.length - checksumLength - 1
    let at = end - 1
    let sequence = 0
    for (let power = 1; at > 0 && at > end - 1 - digitsMax; at--, power *= 10) {
      const digit = text.charCodeAt(at) - zero
      if (digit < 0 || digit > 9) break
      sequence += digit * power
    }
    if (at < 1 || at === end - 1 || text.charCodeAt(at) !== dash || text.charCodeAt(end) !== dash) return false
    const hasLeadingZero = at < end - 2 && text.charCodeAt(at + 1) === zero
    if (hasLeadingZero || !isChecked(text, end)) return false
    this.producer = this.#producers.codeOf(text.slice(0, at))
    this.sequence = sequence
    return true
  }

  textOf(producer: number, sequence: number): string {
    const slot = (sequence ^ Math.imul(producer, 0x9e3779b1)) & (remembered - 1)
    if (this.#madeProducer[slot] === producer && this.#madeSequence[slot] === sequence) return this.#made[slot]!
    const text = makeValue(this.#producers.wordOf(producer), sequence)
    this.#made[slot] = text
    this.#madeProducer[slot] = producer
    this.#madeSequence[slot] = sequence
    return text
  }
}
