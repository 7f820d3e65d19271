/**
 * Stepping over the batches in a piece of log, reading only the few header fields it takes. The bytes come from this
 * replica's own log, checked when they were appended or recovered; sizes are still checked, so that a rotten disk
 * cannot make a walk run on for ever.
 */

import { readInt64 } from '../../../protocol/int64.ts'
import { batchHeaderBytes, batchPosition, batchPrefixBytes } from '../../../protocol/record-batch.ts'

export interface ReadLimits {
  readonly maxBytes: number
  /** Only batches that end at or below it. */
  readonly endOffset: number
  /** Serve the first batch even when it alone is larger than `maxBytes`. */
  readonly atLeastOne: boolean
}

function int32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** Size of the whole batch whose header starts at `at`; below `batchHeaderBytes` when it is no batch. */
export function batchSizeAt(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at + batchPosition.length) + batchPrefixBytes
}

/** First offset after the batch. */
export function batchEndOffsetAt(bytes: Uint8Array, at: number): number {
  return readInt64(bytes, at) + int32At(bytes, at + batchPosition.lastOffsetDelta) + 1
}

/** True when a batch header lies whole within `bytes` at `at`. */
export function hasHeaderAt(bytes: Uint8Array, at: number): boolean {
  return at + batchHeaderBytes <= bytes.length
}

export interface Skipped {
  /** Start of the first batch that ends beyond the offset, or of the first whose header is not whole in the bytes. */
  readonly at: number
  /** End of the last batch skipped, or what was given. */
  readonly endOffset: number
}

/**
 * Skips the batches that lie wholly below `offset`; `bytes` begin with a batch, and the log before them ends at
 * `endOffset`. undefined: what is there is no batch.
 */
export function skipBatches(bytes: Uint8Array, offset: number, endOffset: number): Skipped | undefined {
  let at = 0
  while (hasHeaderAt(bytes, at)) {
    const batchEnd = batchEndOffsetAt(bytes, at)
    const sizeBytes = batchSizeAt(bytes, at)
    if (sizeBytes < batchHeaderBytes) return undefined
    if (batchEnd > offset) break
    endOffset = batchEnd
    at += sizeBytes
  }
  return { at, endOffset }
}

export interface Taken {
  /** Where the batches taken end in the bytes; where they begin when none was taken. */
  readonly end: number
  /** End of the last batch taken, -1 when none was. */
  readonly endOffset: number
}

/** The whole batches from `from` on that keep the limits. */
export function takeBatches(bytes: Uint8Array, from: number, limits: ReadLimits): Taken {
  let end = from
  let endOffset = -1
  while (hasHeaderAt(bytes, end)) {
    const batchEnd = batchEndOffsetAt(bytes, end)
    const sizeBytes = batchSizeAt(bytes, end)
    const next = end + sizeBytes
    if (batchEnd > limits.endOffset || sizeBytes < batchHeaderBytes || next > bytes.length) break
    if (next - from > limits.maxBytes && !(limits.atLeastOne && end === from)) break
    end = next
    endOffset = batchEnd
  }
  return { end, endOffset }
}
