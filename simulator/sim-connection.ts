/**
 * Simulated TCP. A connection is two endpoints and two pipes; a pipe keeps its segments in order whatever
 * their delays. Breaking a pipe drops everything behind a random point of what is under way; who is told of
 * it and who goes on believing in the connection until the next send is decided by the seed.
 */
import type { ConnectionId, PortEvent } from '../ports/events.ts'
import { Fifo } from '../ports/fifo.ts'
import { Delivery } from './sim-node.ts'
import type { SimNode } from './sim-node.ts'
import type { Wire } from './sim-wire.ts'
import type { Happening } from './timeline.ts'

const noFrame: Uint8Array = new Uint8Array(0)

/** One direction between two machines. */
export class Link {
  readonly from: SimNode
  readonly to: SimNode
  /** Undefined while bytes pass. */
  blockedSinceMs: number | undefined
  /** Pipes whose next segment waits for the block to end. */
  readonly held: Set<Pipe> = new Set()
  /** Of frames that came through since the beginning. */
  movedBytes = 0
  /** Of pings the block keeps; they never arrive. */
  heldPingBytes = 0

  constructor(from: SimNode, to: SimNode) {
    this.from = from
    this.to = to
  }
}

class Segment extends Delivery {
  readonly #target: Endpoint
  readonly type: 'frame' | 'end' | 'reset'
  readonly frame: Uint8Array
  dueMs = 0

  constructor(target: Endpoint, type: 'frame' | 'end' | 'reset', frame: Uint8Array) {
    super(target.node, target.life)
    this.#target = target
    this.type = type
    this.frame = frame
  }

  event(): PortEvent | undefined {
    return this.#target.receive(this)
  }
}

/** The way from one endpoint to the other. Only its first segment is in the queue of the world. */
export class Pipe implements Happening {
  readonly link: Link
  readonly target: Endpoint
  readonly #wire: Wire
  readonly #segments = new Fifo<Segment>()
  #notBeforeMs = 0
  #handle = -1
  #open = false
  /** In `link.held`. */
  #held = false
  /** Nothing sent from now on arrives. */
  severed = false

  constructor(wire: Wire, link: Link, target: Endpoint) {
    this.#wire = wire
    this.link = link
    this.target = target
  }

  /** Segments wait in the pipe until it is open, and arrive no earlier than `timeMs`. */
  openAt(timeMs: number): void {
    this.#open = true
    this.#notBeforeMs = timeMs
    this.#schedule()
  }

  push(segment: Segment, delayMs: number): void {
    segment.dueMs = this.#wire.timeline.now() + delayMs
    this.#segments.push(segment)
    this.#schedule()
  }

  /** Drops all but a random number of the segments under way. */
  cut(): void {
    this.severed = true
    this.#segments.truncate(this.#wire.below(this.#segments.size + 1))
    if (this.#segments.size === 0 && this.#handle >= 0) {
      this.#wire.timeline.cancel(this.#handle, this)
      this.#handle = -1
    }
  }

  /** Ends the wait for a blocked link. */
  release(lateMs: number): void {
    this.#held = false
    this.#notBeforeMs = this.#wire.timeline.now() + lateMs
    this.#schedule()
  }

  happen(): void {
    this.#handle = -1
    if (this.link.blockedSinceMs !== undefined) {
      this.#held = true
      this.link.held.add(this)
      return
    }
    const segment = this.#segments.shift()!
    this.link.movedBytes += segment.frame.length
    this.#schedule()
    // It may have been sent before anybody had accepted the connection.
    segment.life = this.target.life
    segment.node.take(segment)
  }

  /** The frames under way. */
  contents(): { frames: number; bytes: number } {
    let frames = 0
    let bytes = 0
    for (const segment of this.#segments.items()) {
      if (segment.type !== 'frame') continue
      frames++
      bytes += segment.frame.length
    }
    return { frames, bytes }
  }

  #schedule(): void {
    const first = this.#segments.peek()
    if (first === undefined || this.#handle >= 0 || !this.#open || this.#held) return
    this.#handle = this.#wire.timeline.at(Math.max(first.dueMs, this.#notBeforeMs), this)
  }
}

/** One side of a connection, as its machine keeps it. */
export class Endpoint {
  readonly wire: Wire
  readonly node: SimNode
  /** The life of the process it belongs to; 0 until a process has it. */
  life = 0
  id: ConnectionId = 0
  /** Where the port of that life looks its connections up. */
  #owner: Map<ConnectionId, Endpoint> | undefined
  peer!: Endpoint
  out!: Pipe
  closed = false
  #paused = false
  readonly #inbox = new Fifo<Segment>()
  #reading = false
  #resetComing = false
  /** Bytes sent and not taken by the other side. */
  #unreadBytes = 0
  #full = false

  constructor(wire: Wire, node: SimNode) {
    this.wire = wire
    this.node = node
  }

  give(owner: Map<ConnectionId, Endpoint>, life: number, id: ConnectionId): void {
    this.#owner = owner
    this.life = life
    this.id = id
    owner.set(id, this)
  }

  get isFull(): boolean {
    return this.#full
  }

  get unreadBytes(): number {
    return this.#unreadBytes
  }

  send(frame: Uint8Array): void {
    if (this.out.severed) return this.#resetLater(this.wire.delayMs() + this.wire.delayMs())
    this.#unreadBytes += 4 + frame.length
    if (this.#unreadBytes >= this.wire.outputLimitBytes) this.#full = true
    this.out.push(new Segment(this.peer, 'frame', frame), this.wire.frameDelayMs())
    if (this.wire.chance(this.wire.options.closeProbability)) this.breakDown()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#readOn()
  }

  /** The close of this side: what was sent goes out, then the end. */
  close(): void {
    this.#end()
    if (!this.out.severed) this.out.push(new Segment(this.peer, 'end', noFrame), this.wire.delayMs())
  }

  /** The connection breaks; at least one side is told. */
  breakDown(): void {
    const fate = this.wire.below(4)
    this.sever(fate !== 3)
    this.peer.sever(fate !== 2)
  }

  /** Nothing more comes in here than a random part of what is under way, and then, if `told`, the reset. */
  sever(told: boolean): void {
    this.peer.out.cut()
    if (told) this.#resetLater(this.wire.delayMs())
  }

  /** The event a segment makes when the process can take it. */
  receive(segment: Segment): PortEvent | undefined {
    if (this.closed) return undefined
    if (segment.type === 'reset') return this.closedEvent('reset')
    if (this.#paused || this.#inbox.size > 0) {
      this.#inbox.push(segment)
      return undefined
    }
    return this.#take(segment)
  }

  /** The next segment that waited in the inbox. */
  readNext(): PortEvent | undefined {
    this.#reading = false
    if (this.closed || this.#paused) return undefined
    const segment = this.#inbox.shift()
    if (segment === undefined) return undefined
    this.#readOn()
    return this.#take(segment)
  }

  closedEvent(reason: string): PortEvent | undefined {
    if (this.closed) return undefined
    this.#end()
    return { kind: 'closed', connection: this.id, reason }
  }

  drainedEvent(): PortEvent | undefined {
    return this.closed || this.#full ? undefined : { kind: 'drained', connection: this.id }
  }

  #take(segment: Segment): PortEvent | undefined {
    if (segment.type === 'end') return this.closedEvent('closed by peer')
    const { frame } = segment
    if (frame.length > this.wire.maxFrameBytes) {
      this.peer.out.cut()
      this.peer.sever(true)
      return this.closedEvent(`frame of ${frame.length} bytes, the limit is ${this.wire.maxFrameBytes}`)
    }
    this.wire.stats.frames++
    this.wire.stats.bytes += frame.length
    this.peer.#taken(4 + frame.length)
    return { kind: 'frame', connection: this.id, frame }
  }

  #taken(bytes: number): void {
    this.#unreadBytes -= bytes
    if (!this.#full || this.#unreadBytes * 2 > this.wire.outputLimitBytes) return
    this.#full = false
    this.wire.timeline.after(this.wire.options.delayMsMin, new Drained(this))
  }

  #readOn(): void {
    if (this.#reading || this.#inbox.size === 0) return
    this.#reading = true
    this.wire.timeline.after(0, new InboxRead(this))
  }

  #resetLater(delayMs: number): void {
    if (this.#resetComing || this.closed) return
    this.#resetComing = true
    this.peer.out.push(new Segment(this, 'reset', noFrame), delayMs)
  }

  #end(): void {
    this.closed = true
    this.#inbox.clear()
    this.#owner?.delete(this.id)
  }
}

class InboxRead extends Delivery {
  readonly #endpoint: Endpoint

  constructor(endpoint: Endpoint) {
    super(endpoint.node, endpoint.life)
    this.#endpoint = endpoint
  }

  event(): PortEvent | undefined {
    return this.#endpoint.readNext()
  }
}

class Drained extends Delivery {
  readonly #endpoint: Endpoint

  constructor(endpoint: Endpoint) {
    super(endpoint.node, endpoint.life)
    this.#endpoint = endpoint
  }

  event(): PortEvent | undefined {
    return this.#endpoint.drainedEvent()
  }
}

/** A connection nobody has yet; returns the calling side. */
export function newConnection(wire: Wire, there: Link, back: Link): Endpoint {
  const caller = new Endpoint(wire, there.from)
  const called = new Endpoint(wire, there.to)
  caller.peer = called
  called.peer = caller
  caller.out = new Pipe(wire, there, called)
  called.out = new Pipe(wire, back, caller)
  return caller
}
