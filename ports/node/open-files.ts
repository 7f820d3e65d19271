/**
 * Open descriptors of a data directory, at most so many at once; the one unused for longest is closed
 * first.
 */
import { close, constants, fstatSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DiskRequest } from '../events.ts'

const maxOpenFiles = 512
const readWriteAppend = constants.O_RDWR | constants.O_APPEND

/** One open file. It is the only writer, so it knows the size. */
export interface OpenFile {
  readonly file: string
  readonly fd: number
  sizeBytes: number
  /** Calls that use the descriptor off the loop: it must stay until they have ended. */
  users: number
  syncing: boolean
  /** Syncs asked for while one is running; the next one answers them all. */
  syncRequests: DiskRequest[]
  /** Forgotten, and to be closed when nobody uses it. */
  dropped: boolean
}

export class OpenFiles {
  readonly #rootDir: string
  /** In the order of their last use. */
  readonly #open = new Map<string, OpenFile>()

  constructor(rootDir: string) {
    this.#rootDir = rootDir
  }

  /** Throws Node's own error; ENOENT when the file is missing and `create` is false. */
  get(file: string, create: boolean): OpenFile {
    const known = this.#open.get(file)
    if (known !== undefined) {
      this.#open.delete(file)
      this.#open.set(file, known)
      return known
    }
    const opened = this.#openNew(file, create)
    this.#open.set(file, opened)
    if (this.#open.size > maxOpenFiles) this.drop(this.#open.keys().next().value!)
    return opened
  }

  /** Forgets the file; its descriptor is closed off the loop, because a last close may free many blocks. */
  drop(file: string): void {
    const open = this.#open.get(file)
    if (open === undefined) return
    this.#open.delete(file)
    open.dropped = true
    if (open.users === 0) close(open.fd, () => {})
  }

  /** One user less. */
  release(open: OpenFile): void {
    open.users--
    if (open.dropped && open.users === 0) close(open.fd, () => {})
  }

  dropAll(): void {
    for (const file of this.#open.keys()) this.drop(file)
  }

  #openNew(file: string, create: boolean): OpenFile {
    const path = join(this.#rootDir, file)
    const fd = create ? openOrCreate(path) : openSync(path, readWriteAppend)
    return { file, fd, sizeBytes: fstatSync(fd).size, users: 0, syncing: false, syncRequests: [], dropped: false }
  }
}

function openOrCreate(path: string): number {
  try {
    return openSync(path, readWriteAppend | constants.O_CREAT)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, readWriteAppend | constants.O_CREAT)
  }
}
