/**
 * The newest stretch of a log, as the byte arrays it was appended in: all that is not yet written, and beyond that up
 * to `cacheBytes` of what is. Readers at the end of the log, which is nearly all of them, never touch the disk.
 */
import { skipBatches, takeBatches, type ReadLimits, type Skipped } from './batch-walk.ts'

interface Chunk {
  /** The log's end before it was appended. */
  readonly startOffset: number
  readonly endOffset: number
  /** One or several whole batches. */
  readonly bytes: Uint8Array
  /** Where it lies in the file of its segment. */
  readonly position: number
}

/** Where a log can be cut: before the byte at `position` of the segment that covers `endOffset`. */
export interface Cut {
  readonly position: number
  readonly endOffset: number
}

const nothing = new Uint8Array(0)
const dropped: Chunk = { startOffset: -1, endOffset: -1, bytes: nothing, position: -1 }
/** Dropped chunks stay in the array, emptied, until they are many and the larger half. */
const compactAbove = 64

function fits(chunk: Chunk, takenBytes: number, limits: ReadLimits): boolean {
  return chunk.endOffset <= limits.endOffset && takenBytes + chunk.bytes.length <= limits.maxBytes
}

/** A view keeps all that it looks into: a small batch would keep the large frame it came in. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length ? bytes.slice() : bytes
}

function skipIn(chunk: Chunk, offset: number): Skipped {
  return skipBatches(chunk.bytes, offset, chunk.startOffset)!
}

export class MemoryTail {
  #chunks: Chunk[] = []
  #first = 0
  #sizeBytes = 0
  #endOffset: number

  constructor(endOffset: number) {
    this.#endOffset = endOffset
  }

  /** Everything from here to the end of the log is in memory. */
  get startOffset(): number {
    return this.#first < this.#chunks.length ? this.#chunks[this.#first]!.startOffset : this.#endOffset
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  push(appended: Uint8Array, endOffset: number, position: number): void {
    const bytes = ownBytes(appended)
    this.#chunks.push({ startOffset: this.#endOffset, endOffset, bytes, position })
    this.#sizeBytes += bytes.length
    this.#endOffset = endOffset
  }

  /** Drops the oldest written chunks while more than `cacheBytes` are held. */
  trim(writtenOffset: number, cacheBytes: number): void {
    const chunks = this.#chunks
    while (this.#sizeBytes > cacheBytes && this.#first < chunks.length) {
      const chunk = chunks[this.#first]!
      if (chunk.endOffset > writtenOffset) return
      this.#sizeBytes -= chunk.bytes.length
      chunks[this.#first++] = dropped
      if (this.#first > compactAbove && this.#first * 2 > chunks.length) {
        chunks.splice(0, this.#first)
        this.#first = 0
      }
    }
  }

  clear(endOffset: number): void {
    this.#chunks = []
    this.#first = 0
    this.#sizeBytes = 0
    this.#endOffset = endOffset
  }

  /** Index of the chunk that covers `offset`, which lies between start and end. */
  #indexOf(offset: number): number {
    let low = this.#first
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#chunks[middle]!.startOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** As PartitionLog.read, for `startOffset` <= `offset` < end of the log. */
  read(offset: number, limits: ReadLimits): Uint8Array {
    const chunks = this.#chunks
    const firstIndex = this.#indexOf(offset)
    const { bytes } = chunks[firstIndex]!
    const from = skipIn(chunks[firstIndex]!, offset).at
    const { end } = takeBatches(bytes, from, limits)
    if (end < bytes.length || firstIndex + 1 === chunks.length) return bytes.subarray(from, end)

    let sizeBytes = end - from
    let last = firstIndex + 1
    while (last < chunks.length && fits(chunks[last]!, sizeBytes, limits)) sizeBytes += chunks[last++]!.bytes.length
    const partBytes = last < chunks.length ? this.#partOf(last, sizeBytes, limits) : 0
    if (sizeBytes + partBytes === end - from) return bytes.subarray(from, end)

    const joined = new Uint8Array(sizeBytes + partBytes)
    joined.set(bytes.subarray(from))
    let at = end - from
    for (let i = firstIndex + 1; i < last; i++) {
      joined.set(chunks[i]!.bytes, at)
      at += chunks[i]!.bytes.length
    }
    if (partBytes > 0) joined.set(chunks[last]!.bytes.subarray(0, partBytes), at)
    return joined
  }

  /** How many bytes of whole batches from the front of a chunk still fit after `takenBytes`. */
  #partOf(index: number, takenBytes: number, { maxBytes, endOffset }: ReadLimits): number {
    const left: ReadLimits = { maxBytes: maxBytes - takenBytes, endOffset, atLeastOne: false }
    return takeBatches(this.#chunks[index]!.bytes, 0, left).end
  }

  /** Where the log is to be cut so that the batches wholly below `offset` stay; undefined when that is not in memory. */
  cutAt(offset: number): Cut | undefined {
    if (offset < this.startOffset || offset >= this.#endOffset) return undefined
    const chunk = this.#chunks[this.#indexOf(offset)]!
    const { at, endOffset } = skipIn(chunk, offset)
    return { position: chunk.position + at, endOffset }
  }

  /** Forgets what lies above `endOffset`, the end of a batch. */
  truncate(endOffset: number): void {
    if (endOffset <= this.startOffset) return this.clear(endOffset)
    const chunks = this.#chunks
    while (chunks.at(-1)!.startOffset >= endOffset) this.#sizeBytes -= chunks.pop()!.bytes.length
    const last = chunks.at(-1)!
    this.#endOffset = endOffset
    if (last.endOffset <= endOffset) return
    const bytes = last.bytes.subarray(0, skipIn(last, endOffset).at)
    this.#sizeBytes -= last.bytes.length - bytes.length
    chunks[chunks.length - 1] = { startOffset: last.startOffset, endOffset, bytes, position: last.position }
  }
}
