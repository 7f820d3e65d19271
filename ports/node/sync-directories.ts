/**
 * Makes the existence of a file durable: a new name is safe only when its folder, and each folder above, is
 * synced.
 */
import { close, fsync, open } from 'node:fs'
import { dirname, join } from 'node:path'

export function syncDirectories(rootDir: string, file: string, done: (error: Error | null) => void): void {
  const folder = dirname(file)
  open(join(rootDir, folder), 'r', (failed, fd) => {
    if (failed !== null) return done(failed)
    return fsync(fd, (notSynced) => {
      close(fd, () => {
        if (notSynced !== null || folder === '.') done(notSynced)
        else syncDirectories(rootDir, folder, done)
      })
    })
  })
}
