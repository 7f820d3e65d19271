/**
 * The newest snapshot of a node and the metadata log that begins with it. A snapshot is durable before anything it stands
 * for is deleted, so that a crash leaves either all records or a snapshot of them; afterwards the log starts at its end and
 * older snapshots go. Only what is committed is ever in one.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { SnapshotId } from './snapshot.ts'
import { removeOlderSnapshots, snapshotFile, type StoredSnapshot } from './snapshot-files.ts'

export interface SnapshotsOptions {
  readonly loop: DiskLoop
  readonly log: PartitionLog
  /** The one found at start. */
  readonly newest: StoredSnapshot | undefined
  readonly onFatal: (reason: string) => void
}

export class Snapshots {
  /** Where the log starts, unless it starts with its first record. */
  newest: StoredSnapshot | undefined
  readonly #options: SnapshotsOptions
  #stopped = false

  constructor(options: SnapshotsOptions) {
    this.#options = options
    this.newest = options.newest
  }

  /** For a stop: what is being written is not put to use any more. */
  stop(): void {
    this.#stopped = true
  }

  /** Keeps a snapshot of what this node's own log says, and deletes the log below its end. `done` when the log starts there. */
  keep(id: SnapshotId, bytes: Uint8Array, done: () => void): void {
    const { log } = this.#options
    this.#write(id, bytes, () => log.whenSettled(() => {
      if (this.#stopped || log.hasFailed) return
      if (id.endOffset > log.logStartOffset) {
        this.newest = { ...id, sizeBytes: bytes.length }
        log.advanceLogStart(id.endOffset, () => this.#removeOlder(done))
      } else this.#removeOlder(done)
    }))
  }

  /**
   * Begins the log anew with a snapshot of the leader's, if `isWanted` still says so once it is durable. `begun` is called
   * in the turn in which the log does, `done` when its files are as new.
   */
  beginWith(
    id: SnapshotId,
    bytes: Uint8Array,
    { isWanted, begun, done }: { readonly isWanted: () => boolean; readonly begun: () => void; readonly done: () => void },
  ): void {
    this.#write(id, bytes, () => {
      if (this.#stopped || this.#options.log.hasFailed || !isWanted()) return
      this.newest = { ...id, sizeBytes: bytes.length }
      this.#options.log.truncateFullyAndStartAt(id.endOffset, () => this.#removeOlder(done))
      begun()
    })
  }

  #write(id: SnapshotId, bytes: Uint8Array, done: () => void): void {
    const { loop, log, onFatal } = this.#options
    const file = snapshotFile(log.dir, id)
    loop.replace(file, bytes, (result) => {
      if (result.ok) done()
      else onFatal(`cannot write ${file}: ${result.reason}`)
    })
  }

  #removeOlder(done: () => void): void {
    const { loop, log, onFatal } = this.#options
    removeOlderSnapshots(loop, log.dir, this.newest!, (result) => {
      if (result.ok) done()
      else onFatal(result.reason)
    })
  }

  /** A piece of the newest snapshot; undefined when it is not there any more. */
  read(id: SnapshotId, position: number, lengthBytes: number, done: (bytes: Uint8Array | undefined) => void): void {
    const { loop, log } = this.#options
    loop.read(snapshotFile(log.dir, id), position, lengthBytes, (result) => done(result.ok ? result.bytes : undefined))
  }
}
