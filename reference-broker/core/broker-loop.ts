/**
 * The loop of a broker, which remembers when its disk went back on its word: after a failed sync nobody knows what of all
 * that was written is on the disk, and a later sync that succeeds proves nothing about it.
 */
import { DiskLoop, type DiskCallback } from '../../ports/loop.ts'

export class BrokerLoop extends DiskLoop {
  syncFailed = false

  override sync(file: string, done: DiskCallback): void {
    super.sync(file, (result) => {
      if (!result.ok) this.syncFailed = true
      done(result)
    })
  }
}
