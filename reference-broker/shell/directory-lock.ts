/**
 * One process a data directory: two brokers writing one log would destroy it. The lock is a file that names
 * its holder; it outlives a killed process, so whoever finds it asks whether that very process still lives. A
 * process number alone would not do: numbers are given again, and in a container every broker is number 1. So
 * the start time counts too, where the system tells it (Linux).
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDirectories } from '../../ports/node/make-directories.ts'
import { describeSystemError } from './system-error.ts'

export const lockFileName = '.lock'

export type LockResult =
  | { readonly ok: true; readonly lock: DirectoryLock }
  /** One sentence: the directory is in use, or cannot be written. */
  | { readonly ok: false; readonly problem: string }

/** Makes the directory when it is missing, and takes it for this process. Never waits. */
export function lockDirectory(directory: string): LockResult {
  try {
    makeDirectories(directory)
    return take(directory)
  } catch (error) {
    return {
      ok: false,
      problem: `Cannot write to the data directory ${directory}: ${describeSystemError(error)}.`,
    }
  }
}

export class DirectoryLock {
  readonly #file: string
  readonly #holder: string

  constructor(file: string, holder: string) {
    this.#file = file
    this.#holder = holder
  }

  /** Gives the directory back, unless it has been taken over meanwhile. Never throws. */
  release(): void {
    try {
      if (readFileSync(this.#file, 'utf8') === this.#holder) rmSync(this.#file)
    } catch {
      // Gone or unreadable: then it is not ours to remove.
    }
  }
}

/** Where a process is known by; null where the system does not tell. */
interface Holder {
  readonly pid: number
  /** Clock ticks from the start of the system to the start of the process. */
  readonly startTime: string | null
  readonly bootId: string | null
}

/** A linked file appears with all its bytes or not at all, so what is read is never half of a lock. */
function take(directory: string): LockResult {
  const file = join(directory, lockFileName)
  const own = JSON.stringify(identify(process.pid) satisfies Holder)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, own)
  try {
    while (!linked(draft, file)) {
      const found = readIfThere(file)
      if (found === null) continue
      const holder = parseHolder(found)
      if (holder !== null && lives(holder)) {
        return {
          ok: false,
          problem: `The data directory ${directory} is in use by another broker (process ${holder.pid}).`,
        }
      }
      setAside(file, found)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return { ok: true, lock: new DirectoryLock(file, own) }
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Removes the lock of a dead process; if another has been quicker and this is its lock already, puts it back.
 */
function setAside(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (readFileSync(aside, 'utf8') !== stale) linked(aside, file)
  rmSync(aside)
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** A lock that a power loss has torn names nobody, and its process is gone anyway. */
function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null
    const { pid, startTime = null, bootId = null } = holder ?? {}
    return typeof pid === 'number' && pid > 0 ? { pid, startTime, bootId } : null
  } catch {
    return null
  }
}

function lives(holder: Holder): boolean {
  if (!exists(holder.pid)) return false
  const now = identify(holder.pid)
  if (holder.startTime === null || now.bootId === null) return true
  return holder.startTime === now.startTime && holder.bootId === now.bootId
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** `startTime` is null for a process that is gone or only waits to be reaped. Source: proc(5). */
function identify(pid: number): Holder {
  return {
    pid,
    startTime: startTime(pid),
    bootId: readText('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
  }
}

function startTime(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === null) return null
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? null : (fields[18] ?? null)
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
