/**
 * Writes primitives into a scratch buffer that is kept from message to message. Long byte strings (records) are not
 * copied into it: `finish` allocates the exact size and copies each of them once, straight to its place.
 * A value that does not fit its type is a programmer error (RangeError).
 */
import { encodeText } from './text.ts'
import { writeUuid } from './uuid.ts'

const firstScratchBytes = 16 * 1024
const keptScratchBytes = 1024 * 1024
const splicedFromBytes = 512
const maxStringBytes = 32767

export class Writer {
  #bytes = new Uint8Array(firstScratchBytes)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  /** Long byte strings left out of the scratch, and where in it they belong. */
  #splices: Uint8Array[] = []
  #splicePositions: number[] = []
  #splicedBytes = 0
  /** Inside a tagged field everything goes into the scratch, because its size is put in front afterwards. */
  #openTags = 0

  reset(): void {
    if (this.#bytes.length > keptScratchBytes) this.#resize(firstScratchBytes)
    this.#at = 0
    this.#openTags = 0
    this.#splicedBytes = 0
    if (this.#splices.length === 0) return
    this.#splices = []
    this.#splicePositions = []
  }

  #resize(sizeBytes: number): void {
    const old = this.#bytes
    this.#bytes = new Uint8Array(sizeBytes)
    this.#view = new DataView(this.#bytes.buffer)
    this.#bytes.set(old.subarray(0, Math.min(this.#at, sizeBytes)))
  }

  /** Makes room for `size` bytes, moves over them and returns where they begin. */
  #take(size: number): number {
    const from = this.#at
    const to = from + size
    if (to > this.#bytes.length) this.#resize(Math.max(to, this.#bytes.length * 2))
    this.#at = to
    return from
  }

  bool(value: boolean): void {
    const at = this.#take(1)
    this.#bytes[at] = value ? 1 : 0
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw new RangeError(`not an int8: ${value}`)
    const at = this.#take(1)
    this.#bytes[at] = value
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw new RangeError(`not an int16: ${value}`)
    const at = this.#take(2)
    this.#view.setInt16(at, value)
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw new RangeError(`not a uint16: ${value}`)
    const at = this.#take(2)
    this.#view.setUint16(at, value)
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`not an int32: ${value}`)
    const at = this.#take(4)
    this.#view.setInt32(at, value)
  }

  int64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw new RangeError(`not an int64: ${value}`)
    const at = this.#take(8)
    this.#view.setBigInt64(at, value)
  }

  uvarint(value: number): void {
    let rest = value
    let at = this.#take(1)
    while (rest > 127) {
      this.#bytes[at] = (rest & 127) | 128
      rest >>>= 7
      at = this.#take(1)
    }
    this.#bytes[at] = rest
  }

  uuid(value: string): void {
    const at = this.#take(16)
    writeUuid(this.#bytes, at, value)
  }

  /** Length -1 is null. */
  length(length: number, isFlexible: boolean, isShort: boolean): void {
    if (isFlexible) this.uvarint(length + 1)
    else if (isShort) this.int16(length)
    else this.int32(length)
  }

  string(value: string, isFlexible: boolean): void {
    const start = this.#at
    if (value.length < 127) {
      this.length(value.length, isFlexible, true)
      if (this.#ascii(value)) return
      this.#at = start
    }
    const bytes = encodeText(value)
    if (bytes.length > maxStringBytes) throw new RangeError(`string of ${bytes.length} bytes`)
    this.length(bytes.length, isFlexible, true)
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** False when the text is not ASCII; what was written is then of no use. */
  #ascii(value: string): boolean {
    const at = this.#take(value.length)
    const bytes = this.#bytes
    let union = 0
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      union |= code
      bytes[at + i] = code
    }
    return union < 128
  }

  raw(value: Uint8Array): void {
    if (value.length >= splicedFromBytes && this.#openTags === 0) {
      this.#splices.push(value)
      this.#splicePositions.push(this.#at)
      this.#splicedBytes += value.length
    } else {
      const at = this.#take(value.length)
      this.#bytes.set(value, at)
    }
  }

  /** Begins a tagged field; give what it returns to `endTag`. */
  beginTag(tag: number): number {
    this.uvarint(tag)
    this.#openTags++
    return this.#take(1)
  }

  /** Puts the size in front of the payload, moving the payload up when the size needs more than the one byte kept for it. */
  endTag(sizeAt: number): void {
    this.#openTags--
    const payloadEnd = this.#at
    const size = payloadEnd - sizeAt - 1
    this.#at = sizeAt
    if (size > 127) {
      const more = size < 1 << 14 ? 1 : size < 1 << 21 ? 2 : size < 1 << 28 ? 3 : 4
      this.#at = payloadEnd
      this.#take(more)
      this.#bytes.copyWithin(sizeAt + 1 + more, sizeAt + 1, payloadEnd)
      this.#at = sizeAt
    }
    this.uvarint(size)
    this.#at += size
  }

  /** Everything written since `reset`, in bytes of their own. */
  finish(): Uint8Array {
    const out = allocate(this.#at + this.#splicedBytes)
    let from = 0
    let to = 0
    for (let i = 0; i < this.#splices.length; i++) {
      const position = this.#splicePositions[i]!
      out.set(this.#bytes.subarray(from, position), to)
      to += position - from
      from = position
      out.set(this.#splices[i]!, to)
      to += this.#splices[i]!.length
    }
    out.set(this.#bytes.subarray(from, this.#at), to)
    return out
  }
}

const slabBytes = 8 * 1024
let slab = new ArrayBuffer(slabBytes)
let slabUsed = 0

/** Small results share slabs: allocating a typed array with a buffer of its own costs ten times as much. */
function allocate(sizeBytes: number): Uint8Array {
  if (sizeBytes > slabBytes / 8) return new Uint8Array(sizeBytes)
  if (slabUsed + sizeBytes > slabBytes) {
    slab = new ArrayBuffer(slabBytes)
    slabUsed = 0
  }
  const bytes = new Uint8Array(slab, slabUsed, sizeBytes)
  slabUsed += sizeBytes
  return bytes
}
