/**
 * Reads primitives from a stretch of bytes and never past its end: every shortage, impossible length or bad varint is a
 * MalformedMessage. Encodings: Kafka protocol guide, "Protocol Primitive Types".
 */
import { saturate } from './int64.ts'
import { MalformedMessage } from './malformed.ts'
import { decodeText } from './text.ts'
import { readUuid } from './uuid.ts'

const maxStringBytes = 32767

export class Reader {
  readonly bytes: Uint8Array
  readonly #view: DataView
  at: number
  /** Where this reader stops; narrowed while a tagged field is read. */
  end: number
  /** How many elements of arrays may still come: each costs much more memory than the bytes it came in. */
  elementsLeft: number = Infinity

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
    this.end = end
  }

  /** Moves over `size` bytes and returns where they began. */
  take(size: number): number {
    const from = this.at
    if (size > this.end - from) throw new MalformedMessage(`${size} bytes wanted at ${from}, ${this.end - from} left`)
    this.at = from + size
    return from
  }

  expectEnd(): void {
    if (this.at !== this.end) throw new MalformedMessage(`${this.end - this.at} bytes left over at ${this.at}`)
  }

  bool(): boolean {
    return this.bytes[this.take(1)] !== 0
  }

  int8(): number {
    return (this.bytes[this.take(1)]! << 24) >> 24
  }

  int16(): number {
    const at = this.take(2)
    return ((this.bytes[at]! << 24) | (this.bytes[at + 1]! << 16)) >> 16
  }

  uint16(): number {
    const at = this.take(2)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  int32(): number {
    const at = this.take(4)
    const bytes = this.bytes
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.take(8))
  }

  /** Unsigned varint of at most five bytes and 32 bits. */
  uvarint(): number {
    const first = this.bytes[this.take(1)]!
    if (first < 128) return first
    let value = first & 127
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.bytes[this.take(1)]!
      if (shift === 28 && byte > 15) break
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw new MalformedMessage(`varint too long before ${this.at}`)
  }

  /** Zig-zag varint of 32 bits. */
  varint(): number {
    const value = this.uvarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** Zig-zag varint of at most ten bytes and 64 bits, saturated (see int64.ts). */
  varlong(): number {
    const first = this.bytes[this.take(1)]!
    if (first < 128) return (first >>> 1) ^ -(first & 1)
    let half = (first & 127) >>> 1
    let weight = 64
    for (let i = 1; i < 10; i++) {
      const byte = this.bytes[this.take(1)]!
      if (i === 9 && byte > 1) break
      half += (byte & 127) * weight
      weight *= 128
      if (byte < 128) return saturate(first & 1 ? -half - 1 : half)
    }
    throw new MalformedMessage(`varint too long before ${this.at}`)
  }

  uuid(): string {
    return readUuid(this.bytes, this.take(16))
  }

  /** Text of a length already read. */
  text(sizeBytes: number): string {
    if (sizeBytes > maxStringBytes) throw new MalformedMessage(`string of ${sizeBytes} bytes`)
    const from = this.take(sizeBytes)
    return decodeText(this.bytes, from, from + sizeBytes)
  }

  /** A view of the bytes, not a copy. */
  view(sizeBytes: number): Uint8Array {
    const from = this.take(sizeBytes)
    return this.bytes.subarray(from, from + sizeBytes)
  }

  /** -1 for null. */
  length(isFlexible: boolean, isShort: boolean): number {
    const length = isFlexible ? this.uvarint() - 1 : isShort ? this.int16() : this.int32()
    if (length < -1) throw new MalformedMessage(`length ${length} before ${this.at}`)
    return length
  }

  /** Passes a tagged-field section without looking into it. */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint()
      this.take(this.uvarint())
    }
  }
}
