/** Whole numbers up to 2^53 - 1 in as few bytes as they need (unsigned LEB128): what a packed history is written with. */

const firstCapacity = 4096
const byteBase = 0x80
const bitwiseBelow = 2 ** 31
/** The most bytes a varint takes. */
const varintMax = 8

export class VarintWriter {
  #bytes = new Uint8Array(firstCapacity)
  length = 0

  varint(value: number): void {
    this.#reserve(varintMax)
    let left = value
    for (; left >= bitwiseBelow; left = Math.floor(left / byteBase)) this.#bytes[this.length++] = (left % byteBase) | byteBase
    for (; left >= byteBase; left >>>= 7) this.#bytes[this.length++] = (left & 0x7f) | byteBase
    this.#bytes[this.length++] = left
  }

  /** Forgets what was written after the first so many bytes. */
  truncate(length: number): void {
    this.length = length
  }

  /** A copy of all bytes. */
  taken(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }

  /** All bytes, until the next is written. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + count))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

export class VarintReader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  /** Where the next one begins. */
  get at(): number {
    return this.#at
  }

  varint(): number {
    let value = 0
    let weight = 1
    for (;;) {
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * weight
      if (byte < byteBase) return value
      weight *= byteBase
    }
  }
}
