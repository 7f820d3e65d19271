/**
 * Makes a directory and those above it. Node's own recursive mkdir never returns where a parent exists and yet says
 * ENOENT, as /proc does.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Throws the system's error when that is not possible. */
export function makeDirectories(path: string): void {
  const parent = dirname(path)
  if (parent !== path && !existsSync(parent)) makeDirectories(parent)
  try {
    mkdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    // A directory will do, anything else will not.
    mkdirSync(path, { recursive: true })
  }
}
