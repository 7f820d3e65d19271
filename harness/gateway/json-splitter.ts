/**
 * Concatenated JSON, as it comes in pieces: where one object ends and the next begins. Nothing is parsed here, only strings
 * and brackets are told apart, so every byte is looked at once. What is held back is one object that is not yet whole,
 * at most `maxBytes` of it.
 */

export class SplitError extends Error {}

const quote = 34
const backslash = 92
const isOpening = (byte: number): boolean => byte === 123 || byte === 91
const isClosing = (byte: number): boolean => byte === 125 || byte === 93
const isSpace = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9

export class JsonSplitter {
  readonly #maxBytes: number
  #held: Buffer[] = []
  #heldBytes = 0
  #depth = 0
  #inString = false
  #isEscaped = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** True between two objects. */
  get isBetween(): boolean {
    return this.#heldBytes === 0 && this.#depth === 0
  }

  /** Hands out the text of each object that ends in this piece. Throws SplitError for what cannot be an object, or is too large. */
  push(piece: Buffer, take: (text: string) => void): void {
    let start = 0
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!
      if (this.#inString) this.#inText(byte)
      else if (this.#depth === 0) {
        if (isSpace(byte)) start = at + 1
        else if (isOpening(byte)) {
          start = at
          this.#depth = 1
        } else throw new SplitError('a JSON object was expected')
      } else if (byte === quote) this.#inString = true
      else if (isOpening(byte)) this.#depth++
      else if (isClosing(byte) && --this.#depth === 0) {
        take(this.#taken(piece.subarray(start, at + 1)))
        start = at + 1
      }
    }
    if (this.#depth > 0) this.#hold(piece.subarray(start))
  }

  #inText(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === backslash) this.#isEscaped = true
    else if (byte === quote) this.#inString = false
  }

  #hold(rest: Buffer): void {
    this.#heldBytes += rest.length
    if (this.#heldBytes > this.#maxBytes) throw new SplitError(`a record is larger than ${this.#maxBytes} bytes`)
    this.#held.push(rest)
  }

  #taken(end: Buffer): string {
    if (this.#heldBytes + end.length > this.#maxBytes) throw new SplitError(`a record is larger than ${this.#maxBytes} bytes`)
    if (this.#heldBytes === 0) return end.toString('utf8')
    const whole = Buffer.concat([...this.#held, end]).toString('utf8')
    this.#held = []
    this.#heldBytes = 0
    return whole
  }
}
