/** Reading batches of one segment from its file: the index says where to begin, the batches themselves do the rest. */
import type { DiskLoop } from '../../../ports/loop.ts'
import { batchHeaderBytes } from '../../../protocol/record-batch.ts'
import { batchEndOffsetAt, batchSizeAt, hasHeaderAt, skipBatches, takeBatches, type ReadLimits } from './batch-walk.ts'
import type { Cut } from './memory-tail.ts'
import type { Segment } from './segment.ts'

/** One disk read brings at most about this much, unless a single batch is larger. */
const maxWindowBytes = 8 << 20
const minWindowBytes = 4 << 10

export interface ReadFailure {
  readonly kind: 'failed'
  readonly reason: string
}

export type SegmentRead =
  /** `upTo`: where the bytes end in the file; absent when there are none. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly upTo: Cut | undefined }
  /** No batch of this segment reaches beyond the offset. */
  | { readonly kind: 'past' }
  | ReadFailure

/** The first batch that ends beyond an offset. */
export interface FoundBatch {
  readonly kind: 'found'
  readonly position: number
  /** What was read from `position` on: its header, and as much more as asked for. */
  readonly bytes: Uint8Array
  /** Where the log before it ends. */
  readonly endOffset: number
}

/** Whole batches from the one that contains `offset` (or the first after it). The segment's indexes must be in memory. */
export function readSegment(
  loop: DiskLoop,
  segment: Segment,
  wanted: { readonly offset: number; readonly limits: ReadLimits },
  done: (read: SegmentRead) => void,
): void {
  const { limits } = wanted
  const windowBytes = Math.min(maxWindowBytes, Math.max(minWindowBytes, limits.maxBytes))
  findBatch(loop, segment, { offset: wanted.offset, windowBytes }, (found) => {
    if (found.kind !== 'found') return done(found)
    const { bytes, position } = found
    const firstBytes = batchSizeAt(bytes, 0)
    const fits = firstBytes <= limits.maxBytes || limits.atLeastOne
    if (firstBytes <= bytes.length || !fits || batchEndOffsetAt(bytes, 0) > limits.endOffset) {
      return done(take(bytes, position, limits))
    }
    loop.read(segment.logFile, position, firstBytes, (result) => {
      if (result.ok) done(take(result.bytes, position, limits))
      else done(failed(segment, result.reason))
    })
  })
}

function take(bytes: Uint8Array, position: number, limits: ReadLimits): SegmentRead {
  const { end, endOffset } = takeBatches(bytes, 0, limits)
  const upTo = end > 0 ? { position: position + end, endOffset } : undefined
  return { kind: 'bytes', bytes: bytes.subarray(0, end), upTo }
}

/** Where to begin reading for a batch that ends beyond `offset`: after the last read, or where the index says. */
function startOf(segment: Segment, offset: number): Cut {
  const { readUpTo, baseOffset, indexes } = segment
  const position = indexes!.offsets.positionFor(offset - 1 - baseOffset)
  if (readUpTo !== undefined && readUpTo.endOffset <= offset && readUpTo.position > position) return readUpTo
  return { position, endOffset: baseOffset }
}

/** `past`: the log before the end of the file ends at `endOffset`. The segment's indexes must be in memory. */
export function findBatch(
  loop: DiskLoop,
  segment: Segment,
  wanted: { readonly offset: number; readonly windowBytes: number },
  done: (found: FoundBatch | { readonly kind: 'past'; readonly endOffset: number } | ReadFailure) => void,
): void {
  const { offset, windowBytes } = wanted
  const readOn = (position: number, endOffset: number): void => {
    const leftBytes = segment.sizeBytes - position
    if (leftBytes === 0) return done({ kind: 'past', endOffset })
    if (leftBytes < batchHeaderBytes) return done(failed(segment, `no batch at byte ${position}`))
    loop.read(segment.logFile, position, Math.min(windowBytes, leftBytes), (result) => {
      if (!result.ok) return done(failed(segment, result.reason))
      const { bytes } = result
      const skipped = hasHeaderAt(bytes, 0) ? skipBatches(bytes, offset, endOffset) : undefined
      if (skipped === undefined) return done(failed(segment, `no batch at byte ${position}`))
      if (!hasHeaderAt(bytes, skipped.at)) return readOn(position + skipped.at, skipped.endOffset)
      done({ kind: 'found', position: position + skipped.at, bytes: bytes.subarray(skipped.at), endOffset: skipped.endOffset })
    })
  }
  const start = startOf(segment, offset)
  readOn(start.position, start.endOffset)
}

function failed(segment: Segment, reason: string): ReadFailure {
  return { kind: 'failed', reason: `cannot read ${segment.logFile}: ${reason}` }
}
