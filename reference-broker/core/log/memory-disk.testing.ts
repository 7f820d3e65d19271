/**
 * For tests of this room: a Disk in memory whose calls take effect at once and are answered, in order, when `run` is
 * called. It can fail a call, hold answers back, and be edited from outside.
 */
import type { Clock } from '../../../ports/clock.ts'
import type { Disk } from '../../../ports/disk.ts'
import type { DiskRequest, PortEvent } from '../../../ports/events.ts'
import { Fifo } from '../../../ports/fifo.ts'
import { DiskLoop } from '../../../ports/loop.ts'
import type { Network } from '../../../ports/network.ts'
import type { Ports } from '../../../ports/ports.ts'

export interface DiskCallRecord {
  readonly call: keyof Disk
  readonly file: string
}

class MemoryFile {
  #bytes = new Uint8Array(0)
  sizeBytes = 0

  append(bytes: Uint8Array): void {
    const sizeBytes = this.sizeBytes + bytes.length
    if (sizeBytes > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(sizeBytes, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.sizeBytes))
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.sizeBytes)
    this.sizeBytes = sizeBytes
  }

  read(position: number, lengthBytes: number): Uint8Array {
    return this.#bytes.slice(position, Math.min(this.sizeBytes, position + lengthBytes))
  }
}

export class MemoryDisk implements Disk {
  /** Calls so far, if `recording`. */
  readonly calls: DiskCallRecord[] = []
  recording = false
  /** Returns a reason to fail a call. */
  refuse: (call: keyof Disk, file: string) => string | undefined = () => undefined
  readonly #files = new Map<string, MemoryFile>()
  readonly #answers: Fifo<PortEvent> = new Fifo<PortEvent>()

  /** Paths, sorted. */
  get files(): readonly string[] {
    return [...this.#files.keys()].sort()
  }

  contents(file: string): Uint8Array {
    const found = this.#files.get(file)
    if (found === undefined) throw new Error(`no file ${file}`)
    return found.read(0, found.sizeBytes)
  }

  put(file: string, bytes: Uint8Array): void {
    const made = new MemoryFile()
    made.append(bytes)
    this.#files.set(file, made)
  }

  delete(file: string): void {
    this.#files.delete(file)
  }

  /** The same files on a disk of their own. */
  copy(): MemoryDisk {
    const other = new MemoryDisk()
    for (const file of this.files) other.put(file, this.contents(file))
    return other
  }

  #do(request: DiskRequest, made: DiskCallRecord, work: () => Partial<PortEvent> | undefined): void {
    if (this.recording) this.calls.push(made)
    const refused = this.refuse(made.call, made.file)
    const done = refused === undefined ? work() : undefined
    if (done !== undefined) this.#answers.push({ kind: 'disk-done', request, ...done } as PortEvent)
    else this.#answers.push({ kind: 'disk-failed', request, reason: refused ?? 'ENOENT: no such file' })
  }

  machineBoot(): string {
    return 'boot 0'
  }

  list(request: DiskRequest, prefix: string): void {
    this.#do(request, { call: 'list', file: prefix }, () => {
      const files = this.files.filter((file) => file.startsWith(prefix))
      return { files: files.map((file) => ({ file, sizeBytes: this.#files.get(file)!.sizeBytes })) }
    })
  }

  append(request: DiskRequest, file: string, bytes: Uint8Array): void {
    this.#do(request, { call: 'append', file }, () => {
      if (!this.#files.has(file)) this.#files.set(file, new MemoryFile())
      this.#files.get(file)!.append(bytes)
      return {}
    })
  }

  read(request: DiskRequest, file: string, position: number, lengthBytes: number): void {
    this.#do(request, { call: 'read', file }, () => {
      const bytes = this.#files.get(file)?.read(position, lengthBytes)
      return bytes === undefined ? undefined : { bytes }
    })
  }

  sync(request: DiskRequest, file: string): void {
    this.#do(request, { call: 'sync', file }, () => (this.#files.has(file) ? {} : undefined))
  }

  truncate(request: DiskRequest, file: string, lengthBytes: number): void {
    this.#do(request, { call: 'truncate', file }, () => {
      if (!this.#files.has(file)) return undefined
      this.put(file, this.contents(file).subarray(0, lengthBytes))
      return {}
    })
  }

  remove(request: DiskRequest, file: string): void {
    this.#do(request, { call: 'remove', file }, () => {
      this.#files.delete(file)
      return {}
    })
  }

  replace(request: DiskRequest, file: string, bytes: Uint8Array): void {
    this.#do(request, { call: 'replace', file }, () => {
      this.put(file, bytes)
      return {}
    })
  }

  /** A loop of a new process on this disk. `wallNow` is the only clock it has. */
  boot(wallNow: () => number = () => 1_000_000): DiskLoop {
    this.#answers.clear()
    const clock: Clock = { now: wallNow, wallNow, startTimer: () => undefined, cancelTimer: () => undefined }
    const ports: Ports = { clock, disk: this, random: { next: () => 0 }, network: {} as Network }
    return new DiskLoop(ports)
  }

  /** Delivers answers until there are none. */
  run(loop: DiskLoop): void {
    while (this.step(loop));
  }

  /** Delivers one answer; false when there is none. */
  step(loop: DiskLoop): boolean {
    const answer = this.#answers.shift()
    if (answer === undefined) return false
    loop.step(answer)
    return true
  }
}
