/**
 * The disk of one simulated machine. It outlives the processes on it: calls of a crashed process have taken
 * effect up to some point in their order, the append at that point in part, and the rest never. Calls on
 * one file take effect in order; appends and reads do not wait for a running sync, as on the Node twin.
 */
import type { Disk } from '../ports/disk.ts'
import type { DiskRequest, FileEntry, PortEvent } from '../ports/events.ts'
import { Fifo } from '../ports/fifo.ts'
import { refusedPath } from '../ports/file-path.ts'
import { randomChance, randomInt } from '../ports/random.ts'
import type { Random } from '../ports/random.ts'
import { SimFile } from './sim-file.ts'
import { Delivery } from './sim-node.ts'
import type { SimNode } from './sim-node.ts'
import type { Timeline } from './timeline.ts'

export interface DiskOptions {
  /** Everything but syncs. */
  readonly writeMsMin: number
  readonly writeMsMax: number
  readonly syncMsMin: number
  readonly syncMsMax: number
}

export const calmDisk: DiskOptions = { writeMsMin: 0.02, writeMsMax: 0.2, syncMsMin: 0.1, syncMsMax: 2 }

export interface LostBytes {
  readonly file: string
  readonly lostBytes: number
}

export type DiskCall = keyof Disk

/** A file and the calls on it that have not taken effect. */
class Lane {
  readonly file: SimFile
  /** Calls that change the file, in their order. */
  readonly pending: Fifo<DiskOp> = new Fifo()
  /** When the last call that is no sync, and the last sync, will have ended. */
  lastMs = 0
  lastSyncMs = 0
  /** A sync of it has failed. */
  isDoubtful = false
  /** Why an append or a truncation of it failed, in this life. */
  broken: string | undefined
  /** How long the file will be after the calls made so far; undefined when there will be none. */
  lengthBytes: number | undefined

  constructor(path: string) {
    this.file = new SimFile(path)
  }
}

class DiskOp extends Delivery {
  readonly disk: SimDisk
  readonly call: DiskCall
  readonly request: DiskRequest
  lane: Lane | undefined
  bytes: Uint8Array | undefined
  /** Position of a read, length of a truncate, bytes covered by a sync (-1: there was no file to sync). */
  offset = 0
  lengthBytes = 0
  prefix = ''
  answer: PortEvent | undefined

  constructor(disk: SimDisk, life: number, call: DiskCall, request: DiskRequest) {
    super(disk.node, life)
    this.disk = disk
    this.call = call
    this.request = request
  }

  override happen(): void {
    if (!this.node.isAlive(this.life)) return
    this.answer ??= this.disk.perform(this)
    this.node.take(this)
  }

  event(): PortEvent | undefined {
    return this.answer
  }
}

export class SimDisk {
  readonly node: SimNode
  readonly #timeline: Timeline
  readonly #random: Random
  #options: DiskOptions
  readonly #lanes = new Map<string, Lane>()
  /** Removed, and perhaps back after a loss of power. */
  readonly #removed = new Set<SimFile>()
  readonly #failures: { readonly call: DiskCall; readonly reason: string }[] = []
  /** What calls were last made to fail with. */
  lastInjected: string | undefined
  #full = false
  /** Power losses so far. */
  boots = 0

  constructor(node: SimNode, timeline: Timeline, random: Random, options: DiskOptions) {
    this.node = node
    this.#timeline = timeline
    this.#random = random
    this.#options = options
  }

  /** For calls made from now on. */
  setOptions(options: DiskOptions): void {
    this.#options = options
  }

  /** While full, `append` and `replace` fail with ENOSPC; an append may have written a part. */
  setFull(full: boolean): void {
    this.#full = full
  }

  /**
   * The next such call that takes effect fails, and does nothing. After a failed sync the file may turn out, once the
   * process has ended, to have lost what it had not synced.
   */
  failNext(call: DiskCall, reason: string): void {
    this.#failures.push({ call, reason })
  }

  /** There is room, and no failure is to come. */
  mend(): void {
    this.#full = false
    this.#failures.length = 0
  }

  /** All files whose path starts with `prefix`, sorted by path. */
  entries(prefix: string): FileEntry[] {
    const entries: FileEntry[] = []
    for (const { file } of this.#lanes.values()) {
      if (file.exists && file.path.startsWith(prefix)) entries.push({ file: file.path, sizeBytes: file.lengthBytes })
    }
    return entries.sort((a, b) => (a.file < b.file ? -1 : 1))
  }

  /** What the file holds now, whether durable or not; undefined when there is none. */
  contents(path: string): Uint8Array | undefined {
    const file = this.#lanes.get(path)?.file
    return file?.exists ? file.read(0, file.lengthBytes) : undefined
  }

  /**
   * The process is gone. Returns what a loss of power took away; a mere crash takes nothing that was
   * written.
   */
  crash(powerLoss: boolean): LostBytes[] {
    const lost: LostBytes[] = []
    if (powerLoss) this.boots++
    for (const lane of this.#lanes.values()) {
      this.#endPending(lane)
      const lostBytes = powerLoss || lane.isDoubtful ? lane.file.losePower(this.#random) : 0
      lane.isDoubtful = false
      lane.broken = undefined
      if (lostBytes > 0) lost.push({ file: lane.file.path, lostBytes })
      lane.lastMs = 0
      lane.lastSyncMs = 0
      lane.lengthBytes = lane.file.exists ? lane.file.lengthBytes : undefined
    }
    return lost
  }

  /** Takes a call from the port. */
  begin(op: DiskOp, path: string | undefined): void {
    if (path !== undefined) {
      op.lane = this.#lanes.get(path) ?? this.#newLane(path)
      if (op.lane === undefined) op.answer = { kind: 'disk-failed', request: op.request, reason: refusedPath(path)! }
    }
    this.#timeline.at(this.#dueMs(op), op)
  }

  /** The call takes effect. */
  perform(op: DiskOp): PortEvent {
    const { request, lane, call } = op
    if (call !== 'read' && call !== 'sync') lane?.pending.shift()
    const failed = this.#failureOf(op)
    if (failed !== undefined) return { kind: 'disk-failed', request, reason: failed }
    if (lane === undefined) return { kind: 'disk-done', request, files: this.entries(op.prefix) }
    if (call === 'read') return { kind: 'disk-done', request, bytes: lane.file.read(op.offset, op.lengthBytes) }
    if (call === 'sync') {
      if (lane.file.confirm(op.offset)) this.#confirmRemovals(lane.file.path)
    } else {
      this.#change(lane.file, op)
    }
    return { kind: 'disk-done', request }
  }

  #newLane(path: string): Lane | undefined {
    if (refusedPath(path) !== undefined) return undefined
    const lane = new Lane(path)
    this.#lanes.set(path, lane)
    return lane
  }

  /** Draws how long the call takes, and notes it in its lane. */
  #dueMs(op: DiskOp): number {
    const now = this.#timeline.now()
    const { lane, call } = op
    const syncs = call === 'sync' || call === 'replace'
    const minMs = syncs ? this.#options.syncMsMin : this.#options.writeMsMin
    const maxMs = syncs ? this.#options.syncMsMax : this.#options.writeMsMax
    const endMs = now + minMs + this.#random.next() * (maxMs - minMs)
    if (lane === undefined) return endMs
    if (call === 'sync') {
      op.offset = lane.lengthBytes ?? -1
      lane.lastSyncMs = Math.max(endMs, lane.lastMs, lane.lastSyncMs)
      return lane.lastSyncMs
    }
    const passesSyncs = call === 'append' || call === 'read'
    lane.lastMs = Math.max(endMs, lane.lastMs, passesSyncs ? 0 : lane.lastSyncMs)
    if (call !== 'read') lane.pending.push(op)
    lane.lengthBytes = lengthAfter(op, lane.lengthBytes)
    return lane.lastMs
  }

  #failureOf(op: DiskOp): string | undefined {
    const { call, lane } = op
    const changesPart = call === 'append' || (call === 'truncate' && lane!.file.exists)
    const failed = (changesPart ? lane!.broken : undefined) ?? this.#newFailureOf(op)
    if (changesPart) lane!.broken = failed
    return failed
  }

  #newFailureOf({ call, lane, bytes, offset }: DiskOp): string | undefined {
    if (this.#failures.length > 0) {
      const planned = this.#failures.findIndex((failure) => failure.call === call)
      if (planned >= 0) {
        if (call === 'sync') lane!.isDoubtful = true
        return (this.lastInjected = this.#failures.splice(planned, 1)[0]!.reason)
      }
    }
    if (this.#full && (call === 'append' || call === 'replace')) {
      if (call === 'append') lane!.file.append(this.#part(bytes!))
      return (this.lastInjected = 'ENOSPC: no space left on device')
    }
    const isMissing = call === 'sync' ? offset < 0 : (call === 'read' || call === 'truncate') && !lane!.file.exists
    return isMissing ? `ENOENT: no such file '${lane!.file.path}'` : undefined
  }

  /**
   * Lets a random number of the pending calls take effect, the next append in part, and forgets the others.
   */
  #endPending(lane: Lane): void {
    const { pending, file } = lane
    if (pending.size === 0) return
    if (lane.broken !== undefined) return pending.clear()
    for (let whole = randomInt(this.#random, pending.size + 1); whole > 0; whole--) this.#change(file, pending.shift()!)
    const next = pending.peek()
    if (next?.call === 'append' && randomChance(this.#random, 0.5)) file.append(this.#part(next.bytes!))
    pending.clear()
  }

  /** The first bytes of a write that was interrupted. */
  #part(bytes: Uint8Array): Uint8Array {
    return bytes.subarray(0, randomInt(this.#random, bytes.length + 1))
  }

  /** Does to the file what a call that changes it asks. */
  #change(file: SimFile, op: DiskOp): void {
    if (op.call === 'append') file.append(op.bytes!)
    else if (op.call === 'replace') file.replace(op.bytes!)
    else if (op.call === 'remove') this.#remove(file)
    else if (file.exists) file.truncate(op.offset)
  }

  #remove(file: SimFile): void {
    file.remove()
    this.#removed.add(file)
  }

  #confirmRemovals(path: string): void {
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    for (const file of this.#removed) {
      if (!file.path.startsWith(folder) || file.path.includes('/', folder.length)) continue
      file.confirmRemoval()
      this.#removed.delete(file)
    }
  }
}

function lengthAfter(op: DiskOp, lengthBytes: number | undefined): number | undefined {
  switch (op.call) {
    case 'append':
      return (lengthBytes ?? 0) + op.bytes!.length
    case 'replace':
      return op.bytes!.length
    case 'remove':
      return undefined
    case 'truncate':
      return lengthBytes === undefined ? undefined : Math.min(lengthBytes, op.offset)
    default:
      return lengthBytes
  }
}

/** The port, for one life of a node. */
export class SimDiskPort implements Disk {
  readonly #disk: SimDisk
  readonly #life: number

  constructor(disk: SimDisk) {
    this.#disk = disk
    this.#life = disk.node.life
  }

  machineBoot(): string {
    return `boot ${this.#disk.boots}`
  }

  list(request: DiskRequest, prefix: string): void {
    const op = this.#op('list', request)
    op.prefix = prefix
    this.#begin(op, undefined)
  }

  append(request: DiskRequest, file: string, bytes: Uint8Array): void {
    const op = this.#op('append', request)
    op.bytes = bytes
    this.#begin(op, file)
  }

  read(request: DiskRequest, file: string, position: number, lengthBytes: number): void {
    const op = this.#op('read', request)
    op.offset = position
    op.lengthBytes = lengthBytes
    this.#begin(op, file)
  }

  sync(request: DiskRequest, file: string): void {
    this.#begin(this.#op('sync', request), file)
  }

  truncate(request: DiskRequest, file: string, lengthBytes: number): void {
    if (!(lengthBytes >= 0)) throw new Error(`truncate to ${lengthBytes} bytes`)
    const op = this.#op('truncate', request)
    op.offset = lengthBytes
    this.#begin(op, file)
  }

  remove(request: DiskRequest, file: string): void {
    this.#begin(this.#op('remove', request), file)
  }

  replace(request: DiskRequest, file: string, bytes: Uint8Array): void {
    const op = this.#op('replace', request)
    op.bytes = bytes
    this.#begin(op, file)
  }

  #op(call: DiskCall, request: DiskRequest): DiskOp {
    return new DiskOp(this.#disk, this.#life, call, request)
  }

  #begin(op: DiskOp, file: string | undefined): void {
    if (this.#disk.node.isAlive(this.#life)) this.#disk.begin(op, file)
  }
}
