/**
 * Index files are caches: written when a segment is complete and at a clean stop, read back when first needed after one,
 * and believed only if they still have the length and CRC that the stop wrote down. Otherwise the log is read instead.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import { crc32c } from '../../../protocol/crc32c.ts'
import { rewriteFile, runTogether, type StepDone } from './disk-steps.ts'
import { scanFile } from './scan-file.ts'
import { Segment, type SavedIndexes, type SegmentIndexes } from './segment.ts'
import { OffsetIndex, TimeIndex } from './sparse-index.ts'

export type LoadedIndexes =
  | { readonly ok: true; readonly indexes: SegmentIndexes }
  | { readonly ok: false; readonly reason: string }

function crcOf(offsets: Uint8Array, times: Uint8Array): number {
  const bytes = new Uint8Array(offsets.length + times.length)
  bytes.set(offsets)
  bytes.set(times, offsets.length)
  return crc32c(bytes, 0, bytes.length)
}

/** Writes both indexes as they are now. */
export function saveIndexes(loop: DiskLoop, segment: Segment, done: StepDone): void {
  const offsets = segment.indexes!.offsets.bytes
  const times = segment.indexes!.times.bytes
  segment.savedIndexes = { offsetIndexBytes: offsets.length, timeIndexBytes: times.length, crc: crcOf(offsets, times) }
  runTogether([rewriteFile(loop, segment.indexFile, offsets), rewriteFile(loop, segment.timeIndexFile, times)], done)
}

/** The indexes of a segment that has none in memory: from their files if those can be believed, else from the log. */
export function loadIndexes(
  loop: DiskLoop,
  segment: Segment,
  indexIntervalBytes: number,
  done: (loaded: LoadedIndexes) => void,
): void {
  const { savedIndexes } = segment
  if (savedIndexes === undefined) return rebuild(loop, segment, indexIntervalBytes, done)
  readIndexFile(loop, segment.indexFile, savedIndexes.offsetIndexBytes, (offsets) => {
    readIndexFile(loop, segment.timeIndexFile, savedIndexes.timeIndexBytes, (times) => {
      if (areAsSaved(savedIndexes, offsets, times)) {
        done({ ok: true, indexes: { offsets: new OffsetIndex(offsets), times: new TimeIndex(times) } })
      } else {
        segment.savedIndexes = undefined
        rebuild(loop, segment, indexIntervalBytes, done)
      }
    })
  })
}

/** No bytes when the file cannot be read. */
function readIndexFile(loop: DiskLoop, file: string, sizeBytes: number, done: (bytes: Uint8Array) => void): void {
  if (sizeBytes === 0) return done(new Uint8Array(0))
  loop.read(file, 0, sizeBytes, (result) => done(result.ok ? result.bytes : new Uint8Array(0)))
}

function areAsSaved(saved: SavedIndexes, offsets: Uint8Array, times: Uint8Array): boolean {
  const { offsetIndexBytes, timeIndexBytes, crc } = saved
  return offsets.length === offsetIndexBytes && times.length === timeIndexBytes && crcOf(offsets, times) === crc
}

function rebuild(
  loop: DiskLoop,
  segment: Segment,
  indexIntervalBytes: number,
  done: (loaded: LoadedIndexes) => void,
): void {
  const scratch = new Segment('', segment.baseOffset, segment.createdMs)
  const add = (header: Parameters<Segment['add']>[0]): true => {
    scratch.add(header, indexIntervalBytes)
    return true
  }
  scanFile(loop, { file: segment.logFile, sizeBytes: segment.sizeBytes }, add, (result) => {
    if (!result.ok) return done(result)
    if (result.endPosition === segment.sizeBytes) return done({ ok: true, indexes: scratch.indexes! })
    done({ ok: false, reason: `${segment.logFile} is unreadable from byte ${result.endPosition} on` })
  })
}
