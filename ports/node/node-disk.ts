/**
 * The Disk on a real directory. Small calls (append, read, list) run at once on the loop, which is three
 * times faster than the thread pool; what can stall (sync, truncate, remove, replace) runs off it. Calls on
 * one file take effect in their order: those that run off the loop hold the later ones back, except that
 * appends and reads pass a running sync.
 */
import {
  closeSync, fdatasync, fsync, ftruncate, mkdirSync, openSync, readdirSync, readSync, renameSync, statSync, unlink,
  writeSync,
  type Dirent,
} from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { Disk } from '../disk.ts'
import type { DiskRequest, FileEntry } from '../events.ts'
import { Fifo } from '../fifo.ts'
import { refusedPath, replacingSuffix } from '../file-path.ts'
import type { EventPump } from './event-pump.ts'
import { OpenFiles } from './open-files.ts'
import type { OpenFile } from './open-files.ts'
import { machineBoot } from './machine-boot.ts'
import { makeDirectories } from './make-directories.ts'
import { syncDirectories } from './sync-directories.ts'

type Done = (error: Error | null) => void

export class NodeDisk implements Disk {
  readonly #pump: EventPump
  readonly #rootDir: string
  readonly #files: OpenFiles
  /** Files whose existence was made durable in this life. */
  readonly #durable = new Set<string>()
  /** Files that an append or a truncation failed on, with its reason. */
  readonly #broken = new Map<string, string>()
  /** Per file with a call running off the loop: the calls that wait for it. */
  readonly #held = new Map<string, Fifo<() => void>>()
  #boot: string | undefined
  #running = 0
  #whenIdle: (() => void) | undefined

  /** Makes the directory when it is missing; throws when that fails. */
  constructor(pump: EventPump, rootDir: string) {
    this.#pump = pump
    this.#rootDir = rootDir
    this.#files = new OpenFiles(rootDir)
    makeDirectories(rootDir)
  }

  machineBoot(): string {
    return (this.#boot ??= machineBoot())
  }

  list(request: DiskRequest, prefix: string): void {
    this.#attempt(request, () => {
      const files = listFiles(this.#rootDir, prefix)
      this.#pump.complete({ kind: 'disk-done', request, files })
    })
  }

  append(request: DiskRequest, file: string, bytes: Uint8Array): void {
    if (this.#notNow(request, file, () => this.append(request, file, bytes)) || this.#isBroken(request, file)) return
    try {
      const open = this.#files.get(file, true)
      open.sizeBytes += writeAll(open.fd, bytes)
      this.#pump.complete({ kind: 'disk-done', request })
    } catch (error) {
      this.#break(request, file, error)
    }
  }

  read(request: DiskRequest, file: string, position: number, lengthBytes: number): void {
    if (this.#notNow(request, file, () => this.read(request, file, position, lengthBytes))) return
    this.#attempt(request, () => {
      const open = this.#files.get(file, false)
      const bytes = readAll(open.fd, position, Math.max(0, Math.min(lengthBytes, open.sizeBytes - position)))
      this.#pump.complete({ kind: 'disk-done', request, bytes })
    })
  }

  sync(request: DiskRequest, file: string): void {
    if (this.#notNow(request, file, () => this.sync(request, file))) return
    this.#attempt(request, () => {
      const open = this.#files.get(file, false)
      open.syncRequests.push(request)
      if (!open.syncing) this.#startSync(open)
    })
  }

  truncate(request: DiskRequest, file: string, lengthBytes: number): void {
    if (!(lengthBytes >= 0)) throw new Error(`truncate to ${lengthBytes} bytes`)
    if (this.#notNow(request, file, () => this.truncate(request, file, lengthBytes)) || this.#isBroken(request, file)) return
    this.#attempt(request, () => {
      const open = this.#files.get(file, false)
      open.sizeBytes = Math.min(open.sizeBytes, lengthBytes)
      open.users++
      const done = this.#offTheLoop(request, file)
      ftruncate(open.fd, open.sizeBytes, (error) => {
        if (error !== null) this.#broken.set(file, failureReason(error))
        this.#files.release(open)
        done(error)
      })
    })
  }

  remove(request: DiskRequest, file: string): void {
    if (this.#notNow(request, file, () => this.remove(request, file))) return
    this.#files.drop(file)
    this.#durable.delete(file)
    const done = this.#offTheLoop(request, file)
    unlink(this.#path(file), (error) => done(error?.code === 'ENOENT' ? null : error))
  }

  replace(request: DiskRequest, file: string, bytes: Uint8Array): void {
    if (this.#notNow(request, file, () => this.replace(request, file, bytes))) return
    this.#attempt(request, () => {
      const temporary = this.#path(file) + replacingSuffix
      const fd = openForReplace(temporary)
      try {
        writeAll(fd, bytes)
      } catch (error) {
        closeSync(fd)
        throw error
      }
      const done = this.#offTheLoop(request, file)
      fsync(fd, (error) => this.#putInPlace(file, fd, error, done))
    })
  }

  /** Waits for the calls that run off the loop, then closes every file. */
  async stop(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => { this.#whenIdle = resolve })
    this.#files.dropAll()
  }

  #path(file: string): string {
    return join(this.#rootDir, file)
  }

  #isBroken(request: DiskRequest, file: string): boolean {
    const reason = this.#broken.get(file)
    if (reason !== undefined) this.#pump.complete({ kind: 'disk-failed', request, reason })
    return reason !== undefined
  }

  #break(request: DiskRequest, file: string, error: unknown): void {
    this.#broken.set(file, failureReason(error))
    this.#fail(request, error)
  }

  #fail(request: DiskRequest, error: unknown): void {
    this.#pump.complete({ kind: 'disk-failed', request, reason: failureReason(error) })
  }

  /** Runs what ends by itself, and answers for it when it throws. */
  #attempt(request: DiskRequest, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#fail(request, error)
    }
  }

  /** True when the call was refused, or must wait for its turn and is kept. */
  #notNow(request: DiskRequest, file: string, again: () => void): boolean {
    const held = this.#held.get(file)
    if (held !== undefined) {
      held.push(again)
      return true
    }
    const refused = refusedPath(file)
    if (refused !== undefined) this.#pump.complete({ kind: 'disk-failed', request, reason: refused })
    return refused !== undefined
  }

  /** Holds back later calls on the file until the returned callback is called. */
  #offTheLoop(request: DiskRequest, file: string): Done {
    const held = new Fifo<() => void>()
    this.#held.set(file, held)
    this.#running++
    return (error) => {
      if (error === null) this.#pump.deliver({ kind: 'disk-done', request })
      else this.#pump.deliver({ kind: 'disk-failed', request, reason: failureReason(error) })
      this.#release(file, held)
      this.#ended()
    }
  }

  /** Makes the calls that waited; when one of them holds back the rest, they wait again. */
  #release(file: string, held: Fifo<() => void>): void {
    this.#held.delete(file)
    for (let call = held.shift(); call !== undefined; call = held.shift()) call()
  }

  #ended(): void {
    this.#running--
    if (this.#running === 0) this.#whenIdle?.()
  }

  /** One sync answers all that were asked for before it began. */
  #startSync(open: OpenFile): void {
    const requests = open.syncRequests
    open.syncRequests = []
    open.syncing = true
    open.users++
    this.#running++
    const done: Done = (error) => {
      if (error === null && !open.dropped) this.#durable.add(open.file)
      open.syncing = false
      if (open.syncRequests.length > 0) this.#startSync(open)
      this.#files.release(open)
      for (const request of requests) {
        if (error === null) this.#pump.deliver({ kind: 'disk-done', request })
        else this.#pump.deliver({ kind: 'disk-failed', request, reason: failureReason(error) })
      }
      this.#ended()
    }
    fdatasync(open.fd, (error) => {
      if (error !== null || this.#durable.has(open.file)) done(error)
      else syncDirectories(this.#rootDir, open.file, done)
    })
  }

  #putInPlace(file: string, fd: number, error: Error | null, done: Done): void {
    try {
      closeSync(fd)
      if (error !== null) throw error
      renameSync(this.#path(file) + replacingSuffix, this.#path(file))
    } catch (failure) {
      return done(failure as Error)
    }
    this.#files.drop(file)
    syncDirectories(this.#rootDir, file, (failure) => {
      if (failure === null) this.#durable.add(file)
      done(failure)
    })
  }
}

function openForReplace(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(join(path, '..'), { recursive: true })
    return openSync(path, 'w')
  }
}

function writeAll(fd: number, bytes: Uint8Array): number {
  let written = 0
  while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written)
  return written
}

function readAll(fd: number, position: number, lengthBytes: number): Uint8Array {
  const memory = Buffer.allocUnsafeSlow(lengthBytes)
  let count = 0
  while (count < lengthBytes) {
    const got = readSync(fd, memory, count, lengthBytes - count, position + count)
    if (got === 0) break
    count += got
  }
  return new Uint8Array(memory.buffer, memory.byteOffset, count)
}

function listFiles(rootDir: string, prefix: string): FileEntry[] {
  const files: FileEntry[] = []
  for (const entry of entriesBelow(join(rootDir, prefix.slice(0, prefix.lastIndexOf('/') + 1)))) {
    if (!entry.isFile() || entry.name.endsWith(replacingSuffix)) continue
    const path = join(entry.parentPath, entry.name)
    const file = relative(rootDir, path).split(sep).join('/')
    if (!file.startsWith(prefix)) continue
    const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size
    if (sizeBytes !== undefined) files.push({ file, sizeBytes })
  }
  return files.sort((a, b) => (a.file < b.file ? -1 : 1))
}

function entriesBelow(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Node's messages begin with the code already; others get their name. */
function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  const name = code ?? error.name
  return error.message.startsWith(`${name}: `) ? error.message : `${name}: ${error.message}`
}
