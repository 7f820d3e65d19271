/**
 * Reads a segment file from front to back and shows each whole batch, stopping at the first bytes that cannot be one.
 * Used where the log itself is the only thing to be believed: in recovery, and to build an index anew.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import { batchHeaderBytes, batchPosition, readBatchHeader, type BatchHeader } from '../../../protocol/record-batch.ts'
import { batchSizeAt, hasHeaderAt } from './batch-walk.ts'

const chunkBytes = 1 << 20
const magic = 2

/** False: this batch does not belong to the log, and the scan ends before it. */
export type BatchVisitor = (header: BatchHeader, bytes: Uint8Array, at: number) => boolean

export type ScanResult =
  /** `endPosition`: end of the last batch that was accepted; the file's size when all of it is sound. */
  { readonly ok: true; readonly endPosition: number } | { readonly ok: false; readonly reason: string }

export interface ScannedFile {
  readonly file: string
  readonly sizeBytes: number
}

export function scanFile(loop: DiskLoop, scanned: ScannedFile, visit: BatchVisitor, done: (result: ScanResult) => void): void {
  const { file, sizeBytes } = scanned
  const readFrom = (position: number, lengthBytes: number): void => {
    loop.read(file, position, Math.min(lengthBytes, sizeBytes - position), (result) => {
      if (!result.ok) return done({ ok: false, reason: `cannot read ${file}: ${result.reason}` })
      const { bytes } = result
      const at = visitBatches(bytes, visit)
      const endPosition = position + at.end
      if (at.stopped) return done({ ok: true, endPosition })
      const nextBytes = hasHeaderAt(bytes, at.end) ? batchSizeAt(bytes, at.end) : batchHeaderBytes
      const isAll = nextBytes > sizeBytes - endPosition
      if (isAll || (at.end === 0 && bytes.length < lengthBytes)) return done({ ok: true, endPosition })
      readFrom(endPosition, Math.max(chunkBytes, nextBytes))
    })
  }
  readFrom(0, chunkBytes)
}

/** Shows the whole batches in `bytes`. `stopped`: what follows at `end` is none, or was not accepted. */
function visitBatches(bytes: Uint8Array, visit: BatchVisitor): { end: number; stopped: boolean } {
  let at = 0
  while (hasHeaderAt(bytes, at)) {
    const sizeBytes = batchSizeAt(bytes, at)
    if (sizeBytes < batchHeaderBytes || bytes[at + batchPosition.magic] !== magic) return { end: at, stopped: true }
    if (at + sizeBytes > bytes.length) break
    if (!visit(readBatchHeader(bytes, at), bytes, at)) return { end: at, stopped: true }
    at += sizeBytes
  }
  return { end: at, stopped: false }
}
