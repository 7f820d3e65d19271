import type { DiskRequest } from './events.ts'

/**
 * Files of one data directory. Every call is answered by one `disk-done` or `disk-failed` with the same request number;
 * calls on one file take effect in the order they were made. Written is not durable: after a process crash written
 * bytes are there, after a power loss only synced ones are. A failed write or sync is never to be retried: what the
 * file holds is then unknown. Once an append to a file, or a truncation of one that is there, has
 * failed, so do all later ones in this life: what was asked for after it must not be in the file without it.
 */
export interface Disk {
  /** All files whose path starts with `prefix`, sorted by path. */
  list(request: DiskRequest, prefix: string): void
  /** Adds to the end of the file, which (and whose folders) are made when missing. The bytes must not change afterwards. */
  append(request: DiskRequest, file: string, bytes: Uint8Array): void
  /** Up to `lengthBytes` from `position`; fewer at the end of the file. A missing file fails. */
  read(request: DiskRequest, file: string, position: number, lengthBytes: number): void
  /** Makes the bytes (and the existence) of the file durable. A missing file fails. */
  sync(request: DiskRequest, file: string): void
  /** Cuts the file to `lengthBytes`, not more than it has. */
  truncate(request: DiskRequest, file: string, lengthBytes: number): void
  /** Deletes the file. Missing is fine. */
  remove(request: DiskRequest, file: string): void
  /**
   * Names the time since the machine under the disk last started: the same after a process crash, another after a power
   * loss. Answered at once, without an event. Who finds the name unchanged knows that nothing written was lost.
   */
  machineBoot(): string
  /** Replaces (or makes) a small file as a whole: afterwards the old or the new bytes are there, durably, never a mix. */
  replace(request: DiskRequest, file: string, bytes: Uint8Array): void
}
