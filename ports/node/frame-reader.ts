/**
 * Cuts a byte stream into frames (int32 size, then that many bytes). It gives one frame at a time, so a
 * node that stops reading gets no more than it asked for, and it takes memory only for bytes that came,
 * whatever size a peer announces.
 */
import { Fifo } from '../fifo.ts'

const firstBodyBytes = 64 << 10

export class FrameReader {
  readonly #maxFrameBytes: number
  readonly #chunks = new Fifo<Uint8Array>()
  /** Bytes of the front chunk taken already. */
  #position = 0
  #size = 0
  #sizeBytes = 0
  /** The frame being put together from several chunks. */
  #body: Uint8Array | undefined
  #bodyBytes = 0
  /** Why nothing more can be read from this stream, once that is so. */
  error: string | undefined

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** The chunk belongs to the reader afterwards: frames are views of it. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk)
  }

  /** The next whole frame, or undefined when more bytes are needed or `error` is set. */
  next(): Uint8Array | undefined {
    while (this.error === undefined) {
      const chunk = this.#chunks.peek()
      if (this.#sizeBytes < 4) {
        if (chunk === undefined) return undefined
        this.#takeSize(chunk)
        if (this.#sizeBytes < 4 || this.#refused()) continue
      }
      const frame = this.#takeBody(this.#chunks.peek())
      if (frame !== undefined || this.#chunks.size === 0) return frame
    }
    return undefined
  }

  #takeSize(chunk: Uint8Array): void {
    let size = this.#size
    while (this.#sizeBytes < 4 && this.#position < chunk.length) {
      size = (size << 8) | chunk[this.#position++]!
      this.#sizeBytes++
    }
    this.#size = size
    if (this.#position === chunk.length) this.#nextChunk()
  }

  #refused(): boolean {
    if (this.#size >= 0 && this.#size <= this.#maxFrameBytes) return false
    this.error = `frame of ${this.#size} bytes, the limit is ${this.#maxFrameBytes}`
    this.#chunks.clear()
    return true
  }

  #takeBody(chunk: Uint8Array | undefined): Uint8Array | undefined {
    const leftBytes = chunk === undefined ? 0 : chunk.length - this.#position
    if (this.#body === undefined && leftBytes >= this.#size) {
      const frame = chunk === undefined
        ? new Uint8Array(0)
        : new Uint8Array(chunk.buffer, chunk.byteOffset + this.#position, this.#size)
      this.#advance(chunk, this.#size)
      return this.#finished(frame)
    }
    if (chunk === undefined) return undefined
    const count = Math.min(leftBytes, this.#size - this.#bodyBytes)
    this.#room(this.#bodyBytes + count).set(chunk.subarray(this.#position, this.#position + count), this.#bodyBytes)
    this.#bodyBytes += count
    this.#advance(chunk, count)
    return this.#bodyBytes < this.#size ? undefined : this.#finished(this.#body!)
  }

  /** The body with room for `bytes`, grown by doubling up to the size of the frame. */
  #room(bytes: number): Uint8Array {
    const body = this.#body
    if (body !== undefined && body.length >= bytes) return body
    const wanted = Math.max(bytes, body === undefined ? firstBodyBytes : body.length * 2)
    const memory = Buffer.allocUnsafeSlow(Math.min(this.#size, wanted))
    const grown = new Uint8Array(memory.buffer, memory.byteOffset, memory.length)
    if (body !== undefined) grown.set(body)
    this.#body = grown
    return grown
  }

  #finished(frame: Uint8Array): Uint8Array {
    this.#body = undefined
    this.#bodyBytes = 0
    this.#size = 0
    this.#sizeBytes = 0
    return frame
  }

  #advance(chunk: Uint8Array | undefined, count: number): void {
    this.#position += count
    if (chunk !== undefined && this.#position === chunk.length) this.#nextChunk()
  }

  #nextChunk(): void {
    this.#chunks.shift()
    this.#position = 0
  }
}
