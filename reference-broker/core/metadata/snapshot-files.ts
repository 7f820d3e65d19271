/**
 * The snapshots of a metadata directory: `<end offset>-<epoch>.checkpoint`, Kafka's names. The newest one is where the
 * metadata log starts; older ones are removed. A file is there whole or not at all, because it is put in place as one.
 */
import { removeFiles, type StepDone } from '../log/disk-steps.ts'
import type { FileEntry } from '../../../ports/events.ts'
import type { DiskLoop } from '../../../ports/loop.ts'
import { readSnapshot, type Snapshot, type SnapshotId } from './snapshot.ts'

export interface StoredSnapshot extends SnapshotId {
  readonly sizeBytes: number
}

export type NewestSnapshot =
  /** `newest` is undefined when there is none; `refused` says of each file that was no whole snapshot why. */
  | { readonly ok: true; readonly newest: FoundSnapshot | undefined; readonly refused: readonly string[] }
  | { readonly ok: false; readonly reason: string }

export interface FoundSnapshot {
  readonly stored: StoredSnapshot
  readonly snapshot: Snapshot
}

const fileName = /\/(\d{20})-(\d{10})\.checkpoint$/

export function snapshotFile(dir: string, { endOffset, epoch }: SnapshotId): string {
  return `${dir}/${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`
}

/** The snapshots among these files, newest first. */
function snapshotsAmong(files: readonly FileEntry[], dir: string): StoredSnapshot[] {
  const found = files.flatMap(({ file, sizeBytes }) => {
    const match = file.startsWith(`${dir}/`) ? fileName.exec(file.slice(dir.length)) : null
    return match === null ? [] : [{ endOffset: Number(match[1]), epoch: Number(match[2]), sizeBytes }]
  })
  return found.sort((a, b) => b.endOffset - a.endOffset || b.epoch - a.epoch)
}

/** The newest whole snapshot among these files. */
export function findNewestSnapshot(
  loop: DiskLoop,
  { dir, files }: { readonly dir: string; readonly files: readonly FileEntry[] },
  done: (result: NewestSnapshot) => void,
): void {
  const found = snapshotsAmong(files, dir)
  const refused: string[] = []
  const tryNext = (index: number): void => {
    const stored = found[index]
    if (stored === undefined) return done({ ok: true, newest: undefined, refused })
    const file = snapshotFile(dir, stored)
    return loop.read(file, 0, stored.sizeBytes, (read) => {
      if (!read.ok) return done({ ok: false, reason: `cannot read ${file}: ${read.reason}` })
      const result = readSnapshot(read.bytes, stored)
      if (result.ok) return done({ ok: true, newest: { stored, snapshot: result.snapshot }, refused })
      refused.push(`${file}: ${result.reason}`)
      return tryNext(index + 1)
    })
  }
  tryNext(0)
}

/** Removes every snapshot older than `kept`. */
export function removeOlderSnapshots(loop: DiskLoop, dir: string, kept: SnapshotId, done: StepDone): void {
  loop.list(`${dir}/`, (listed) => {
    if (!listed.ok) return done({ ok: false, reason: `cannot list ${dir}: ${listed.reason}` })
    const old = snapshotsAmong(listed.files, dir).filter(({ endOffset }) => endOffset < kept.endOffset)
    return removeFiles(loop, old.map((id) => snapshotFile(dir, id)), done)
  })
}
