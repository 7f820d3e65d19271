/**
 * One TCP connection of a real node. Frames of one turn go out in one write; frames that came are handed
 * over one at a time; what the peer left unread and what the node left unread are both bounded.
 *
 * The end of the stream comes after the frames before it, and waits with them while the node has paused; a
 * broken connection is told at once, because a node waiting for `drained` would otherwise wait for ever.
 */
import type { Socket } from 'node:net'
import type { ConnectionId, PortEvent } from '../events.ts'
import type { EventPump, EventSource } from './event-pump.ts'
import { FrameReader } from './frame-reader.ts'

/** Frames up to this size are copied together; larger ones are handed to the kernel where they lie. */
const gatherFrameBytes = 8 << 10
const gatherBytes = 64 << 10
/** How long a closed connection may take to send what is queued and to see the peer's end. */
const lingerMs = 1000

export interface ConnectionLimits {
  readonly maxFrameBytes: number
  readonly outputLimitBytes: number
}

export interface ConnectionHost {
  readonly pump: EventPump
  /** Those that wait for their peers. */
  readonly full: Set<NodeConnection>
  /** Called once, when no event can follow. */
  readonly forget: (connection: NodeConnection) => void
}

export class NodeConnection implements EventSource {
  readonly kind = 'source'
  readonly id: ConnectionId
  readonly #socket: Socket
  readonly #pump: EventPump
  readonly #fullOnes: Set<NodeConnection>
  readonly #outputLimitBytes: number
  readonly #forget: (connection: NodeConnection) => void
  readonly #reader: FrameReader
  #paused = false
  #awake = false
  #ended = false
  #closed = false
  #outgoing: Uint8Array[] = []
  #outgoingBytes = 0
  #full = false

  constructor(id: ConnectionId, socket: Socket, limits: ConnectionLimits, host: ConnectionHost) {
    this.id = id
    this.#socket = socket
    this.#pump = host.pump
    this.#fullOnes = host.full
    this.#forget = host.forget
    this.#outputLimitBytes = limits.outputLimitBytes
    this.#reader = new FrameReader(limits.maxFrameBytes)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => this.#onEnd())
    socket.on('error', (error: NodeJS.ErrnoException) => this.fail(closeReason(error)))
    socket.on('close', () => this.fail('reset'))
  }

  get queuedBytes(): number {
    return this.#outgoingBytes + this.#socket.writableLength
  }

  isFull(): boolean {
    return this.queuedBytes >= this.#outputLimitBytes
  }

  send(frame: Uint8Array): void {
    if (this.#outgoing.push(frame) === 1) setImmediate(this.#flush)
    this.#outgoingBytes += 4 + frame.length
    if (this.#full || !this.isFull()) return
    this.#full = true
    this.#fullOnes.add(this)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (this.#socket.isPaused()) this.#socket.resume()
    this.#wake()
  }

  /** The close of this side: sends what is queued, reads no more, tells nobody. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#forget(this)
    this.#flush()
    this.#socket.end()
    this.#socket.resume()
    setTimeout(() => this.#socket.destroy(), lingerMs).unref()
  }

  /** The close by the peer or the system: nothing more can be sent or read. */
  fail(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#forget(this)
    this.#socket.destroy()
    this.#pump.deliver({ kind: 'closed', connection: this.id, reason })
  }

  next(): PortEvent | undefined {
    this.#awake = false
    if (this.#closed || this.#paused) return undefined
    const frame = this.#reader.next()
    if (frame !== undefined) {
      this.#wake()
      return { kind: 'frame', connection: this.id, frame }
    }
    const { error } = this.#reader
    if (error === undefined && !this.#ended) return undefined
    if (error !== undefined) this.#socket.destroy()
    this.close()
    return { kind: 'closed', connection: this.id, reason: error ?? 'closed by peer' }
  }

  #wake(): void {
    if (this.#awake || this.#closed) return
    this.#awake = true
    this.#pump.wake(this)
  }

  #wakeNow(): void {
    if (this.#awake) return
    this.#awake = true
    this.#pump.wakeNow(this)
  }

  #onData(chunk: Buffer): void {
    if (this.#closed) return
    this.#reader.push(chunk)
    if (this.#paused) this.#socket.pause()
    else this.#wakeNow()
  }

  #onEnd(): void {
    this.#ended = true
    if (!this.#closed && !this.#paused) this.#wakeNow()
  }

  readonly #onWritten = (): void => {
    if (this.#closed || !this.#full || this.isFull()) return
    this.#full = false
    this.#fullOnes.delete(this)
    this.#pump.deliver({ kind: 'drained', connection: this.id })
  }

  readonly #flush = (): void => {
    const frames = this.#outgoing
    if (frames.length === 0) return
    this.#outgoing = []
    this.#outgoingBytes = 0
    if (this.#socket.destroyed) return
    this.#socket.cork()
    let first = 0
    while (first < frames.length) first = this.#writeFrom(frames, first)
    this.#socket.uncork()
  }

  /**
   * Writes a run of small frames as one buffer, or one large frame. Returns the index after what it wrote.
   */
  #writeFrom(frames: readonly Uint8Array[], first: number): number {
    let end = first
    let bytes = 0
    while (end < frames.length && frames[end]!.length <= gatherFrameBytes && bytes < gatherBytes) {
      bytes += 4 + frames[end++]!.length
    }
    if (end === first) {
      const size = Buffer.allocUnsafe(4)
      size.writeInt32BE(frames[first]!.length)
      this.#socket.write(size)
      this.#socket.write(frames[first]!, this.#whenWritten(frames, first + 1))
      return first + 1
    }
    const gathered = Buffer.allocUnsafe(bytes)
    let position = 0
    for (let i = first; i < end; i++) {
      position = gathered.writeInt32BE(frames[i]!.length, position)
      gathered.set(frames[i]!, position)
      position += frames[i]!.length
    }
    this.#socket.write(gathered, this.#whenWritten(frames, end))
    return end
  }

  /** After the last frame of a flush a full queue is looked at again. */
  #whenWritten(frames: readonly Uint8Array[], end: number): (() => void) | undefined {
    return this.#full && end === frames.length ? this.#onWritten : undefined
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timed out',
}

function closeReason(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.name
  return reasons[code] ?? `${code}: ${error.message}`
}
