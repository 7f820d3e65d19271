/**
 * Texts by dense numbers, each kept once. Found by the number in them where they have one (numbered-values.ts), else by
 * open addressing: a Map of strings costs many times as much memory.
 */
import { NumberedValues } from './numbered-values.ts'

const leastSlots = 256
const none = -1

/** FNV-1a over UTF-16 code units, its high bits stirred into the low ones. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash ^ (hash >>> 15)
}

export class TextDictionary {
  readonly #texts: string[] = []
  readonly #numbered = new NumberedValues()
  /** By slot: the number of a text, or -1. At most half are taken; their count is a power of two. */
  #slots: Int32Array = new Int32Array(leastSlots).fill(none)
  #hashed = 0

  codeOf(text: string): number {
    const numbered = this.#numbered.find(text)
    if (numbered !== none) return this.#texts[numbered] === text ? numbered : this.#hashedCode(text)
    if (!this.#numbered.hasPlace) return this.#hashedCode(text)
    const code = this.#texts.push(text) - 1
    this.#numbered.put(code)
    return code
  }

  wordOf(code: number): string {
    return this.#texts[code]!
  }

  #hashedCode(text: string): number {
    const slot = this.#slotOf(text)
    const known = this.#slots[slot]!
    if (known !== none) return known
    const code = this.#texts.push(text) - 1
    this.#slots[slot] = code
    this.#hashed++
    if (2 * this.#hashed > this.#slots.length) this.#widen()
    return code
  }

  /** The slot that holds the text, or the free one where it belongs. */
  #slotOf(text: string): number {
    const mask = this.#slots.length - 1
    for (let slot = hashOf(text) & mask; ; slot = (slot + 1) & mask) {
      const code = this.#slots[slot]!
      if (code === none || this.#texts[code] === text) return slot
    }
  }

  #widen(): void {
    const codes = this.#slots
    this.#slots = new Int32Array(2 * codes.length).fill(none)
    for (const code of codes) if (code !== none) this.#slots[this.#slotOf(this.#texts[code]!)] = code
  }
}
