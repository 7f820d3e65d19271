/**
 * The checkpoint a log writes when it is closed, so that opening it again need not read the log: one line of CRC-32C in
 * hexadecimal, then JSON. It speaks of the log only while the segment files are exactly those it lists, and only once:
 * opening removes it.
 */
import { crc32c } from '../../../protocol/crc32c.ts'
import type { FileEntry } from '../../../ports/events.ts'
import type { EpochEntry } from './epoch-cache.ts'
import type { LogConfig } from './log-config.ts'
import { LogState } from './log-state.ts'
import type { KeptProducer } from './producer-state.ts'
import { Segment, segmentPath, type SavedIndexes, type Snapshot } from './segment.ts'
import type { KeptTransactions } from './transactions.ts'

const version = 2
/** `xxxxxxxx\n` */
const crcLineBytes = 9

interface SavedSegment {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  readonly offsetOfMaxTimestamp: number
  readonly indexes?: SavedIndexes | undefined
}

interface Checkpoint {
  readonly version: number
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly segments: readonly SavedSegment[]
  readonly epochs: readonly EpochEntry[]
  readonly producers: readonly KeptProducer[]
  readonly transactions: KeptTransactions
  /** The newest one, of the newest segment. */
  readonly snapshot: Snapshot
}

export interface RestoredLog {
  readonly state: LogState
  readonly logStartOffset: number
}

export function cleanShutdownFile(dir: string): string {
  return `${dir}/clean-shutdown`
}

/** Indexes that are not saved will be built anew. */
export function renderCheckpoint(state: LogState, logStartOffset: number): Uint8Array {
  const checkpoint: Checkpoint = {
    version,
    logStartOffset,
    logEndOffset: state.endOffset,
    segments: state.segments.map((segment) => ({
      baseOffset: segment.baseOffset,
      sizeBytes: segment.sizeBytes,
      firstTimestamp: segment.firstTimestamp,
      maxTimestamp: segment.maxTimestamp,
      offsetOfMaxTimestamp: segment.offsetOfMaxTimestamp,
      indexes: segment.savedIndexes,
    })),
    epochs: state.epochs.entries,
    producers: state.producers.kept(),
    transactions: state.producers.transactions.kept(),
    snapshot: state.active.snapshots.at(-1)!,
  }
  const body = new TextEncoder().encode(JSON.stringify(checkpoint))
  const crcLine = new TextEncoder().encode(`${crcHex(body)}\n`)
  const bytes = new Uint8Array(crcLineBytes + body.length)
  bytes.set(crcLine)
  bytes.set(body, crcLineBytes)
  return bytes
}

function crcHex(body: Uint8Array): string {
  return crc32c(body, 0, body.length).toString(16).padStart(8, '0')
}

function parseCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  const body = bytes.subarray(crcLineBytes)
  if (new TextDecoder().decode(bytes.subarray(0, crcLineBytes)) !== `${crcHex(body)}\n`) return undefined
  const checkpoint = JSON.parse(new TextDecoder().decode(body)) as Checkpoint
  return checkpoint.version === version ? checkpoint : undefined
}

/**
 * The log as it was closed, or undefined when the checkpoint is damaged or the `.log` files (sorted) are not those it
 * lists. Indexes are not in memory yet.
 */
export function restoreLog(
  dir: string,
  config: LogConfig,
  found: { checkpoint: Uint8Array; logFiles: readonly FileEntry[]; wallNow: () => number },
): RestoredLog | undefined {
  const checkpoint = parseCheckpoint(found.checkpoint)
  if (checkpoint === undefined || !isOf(checkpoint, dir, found.logFiles)) return undefined
  const { segments, epochs, producers, transactions, snapshot, logStartOffset, logEndOffset } = checkpoint
  const first = { baseOffset: segments[0]!.baseOffset, wallNow: found.wallNow }
  const state = new LogState(dir, config, first)
  state.segments = segments.map((saved, i) => {
    const segment = restoreSegment(saved, dir, found.wallNow())
    segment.endOffset = segments[i + 1]?.baseOffset ?? logEndOffset
    return segment
  })
  state.active.snapshots.push(snapshot)
  for (const { epoch, startOffset } of epochs) state.epochs.assign(epoch, startOffset)
  state.producers.restoreKept(producers)
  state.producers.transactions.restore(transactions)
  state.endOffset = logEndOffset
  return { state, logStartOffset }
}

/** Segments without a byte may have no file. */
function isOf(checkpoint: Checkpoint, dir: string, logFiles: readonly FileEntry[]): boolean {
  const expected = checkpoint.segments.filter(({ sizeBytes }) => sizeBytes > 0)
  const present = logFiles.filter(({ sizeBytes }) => sizeBytes > 0)
  if (expected.length !== present.length) return false
  return expected.every(({ baseOffset, sizeBytes }, i) => {
    const entry = present[i]!
    return entry.file === `${segmentPath(dir, baseOffset)}.log` && entry.sizeBytes === sizeBytes
  })
}

function restoreSegment(saved: SavedSegment, dir: string, createdMs: number): Segment {
  const segment = new Segment(dir, saved.baseOffset, createdMs)
  segment.sizeBytes = saved.sizeBytes
  segment.firstTimestamp = saved.firstTimestamp
  segment.maxTimestamp = saved.maxTimestamp
  segment.offsetOfMaxTimestamp = saved.offsetOfMaxTimestamp
  segment.indexes = undefined
  segment.savedIndexes = saved.indexes
  return segment
}
