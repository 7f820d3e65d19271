/**
 * The one door of a node: `step(event)` finds who asked and calls them. Brokers and clients alike are written as
 * callbacks on a Loop; nothing in them waits, so a precondition checked at the top of a callback holds to its end.
 */
import type { ConnectionId, DiskRequest, FileEntry, PortEvent, TimerId } from './events.ts'
import type { ClientPorts, Ports } from './ports.ts'

export interface ConnectionHandler {
  onConnected?(): void
  onFrame(frame: Uint8Array): void
  onDrained?(): void
  /** Not called for a close by this side. */
  onClosed(reason: string): void
}

export interface ListenHandler {
  onListening(port: number): void
  onListenFailed(reason: string): void
  /** Returns who takes the frames of the new connection. */
  onAccepted(connection: ConnectionId, remote: string): ConnectionHandler
}

export type DiskResult =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly files: readonly FileEntry[] }
  | { readonly ok: false; readonly reason: string }
export type DiskCallback = (result: DiskResult) => void

const noBytes: Uint8Array = new Uint8Array(0)
const noFiles: readonly FileEntry[] = []

export class Loop {
  readonly ports: ClientPorts
  #nextTimer = 1
  readonly #timers = new Map<TimerId, () => void>()
  readonly #connections = new Map<ConnectionId, ConnectionHandler>()
  readonly #listeners = new Map<string, ListenHandler>()

  constructor(ports: ClientPorts) {
    this.ports = ports
  }

  now(): number {
    return this.ports.clock.now()
  }

  step(event: PortEvent): void {
    switch (event.kind) {
      case 'timer': {
        const fire = this.#timers.get(event.timer)
        this.#timers.delete(event.timer)
        return fire?.()
      }
      case 'frame':
        return this.#connections.get(event.connection)?.onFrame(event.frame)
      case 'connected':
        return this.#connections.get(event.connection)?.onConnected?.()
      case 'drained':
        return this.#connections.get(event.connection)?.onDrained?.()
      case 'closed': {
        const handler = this.#connections.get(event.connection)
        this.#connections.delete(event.connection)
        return handler?.onClosed(event.reason)
      }
      case 'accepted': {
        const handler = this.#listeners.get(event.listener)?.onAccepted(event.connection, event.remote)
        if (handler === undefined) this.ports.network.close(event.connection)
        else this.#connections.set(event.connection, handler)
        return undefined
      }
      case 'listening':
        return this.#listeners.get(event.listener)?.onListening(event.port)
      case 'listen-failed':
        return this.#listeners.get(event.listener)?.onListenFailed(event.reason)
      case 'disk-done':
      case 'disk-failed':
        return this.diskEvent(event)
    }
  }

  protected diskEvent(_event: PortEvent & { kind: 'disk-done' | 'disk-failed' }): void {
    throw new Error('a client has no disk')
  }

  /** Calls `fire` once, about `delayMs` from now; as soon as can be when that is over already. */
  after(delayMs: number, fire: () => void): TimerId {
    const timer = this.#nextTimer++
    this.#timers.set(timer, fire)
    this.ports.clock.startTimer(timer, delayMs < 0 ? 0 : delayMs)
    return timer
  }

  cancel(timer: TimerId): void {
    if (this.#timers.delete(timer)) this.ports.clock.cancelTimer(timer)
  }

  listen(listener: string, host: string, port: number, handler: ListenHandler): void {
    this.#listeners.set(listener, handler)
    this.ports.network.listen(listener, host, port)
  }

  unlisten(listener: string): void {
    this.#listeners.delete(listener)
    this.ports.network.unlisten(listener)
  }

  connect(host: string, port: number, handler: ConnectionHandler): ConnectionId {
    const connection = this.ports.network.connect(host, port)
    this.#connections.set(connection, handler)
    return connection
  }

  send(connection: ConnectionId, frame: Uint8Array): void {
    this.ports.network.send(connection, frame)
  }

  /** No handler of this connection is called afterwards. */
  close(connection: ConnectionId): void {
    if (this.#connections.delete(connection)) this.ports.network.close(connection)
  }
}

/** A Loop with a disk: what a broker runs on. */
export class DiskLoop extends Loop {
  override readonly ports: Ports
  #nextRequest = 1
  readonly #requests = new Map<DiskRequest, DiskCallback>()

  constructor(ports: Ports) {
    super(ports)
    this.ports = ports
  }

  protected override diskEvent(event: PortEvent & { kind: 'disk-done' | 'disk-failed' }): void {
    const done = this.#requests.get(event.request)
    this.#requests.delete(event.request)
    if (done === undefined) return
    if (event.kind === 'disk-failed') done({ ok: false, reason: event.reason })
    else done({ ok: true, bytes: event.bytes ?? noBytes, files: event.files ?? noFiles })
  }

  #ask(done: DiskCallback): DiskRequest {
    const request = this.#nextRequest++
    this.#requests.set(request, done)
    return request
  }

  list(prefix: string, done: DiskCallback): void {
    this.ports.disk.list(this.#ask(done), prefix)
  }
  append(file: string, bytes: Uint8Array, done: DiskCallback): void {
    this.ports.disk.append(this.#ask(done), file, bytes)
  }
  read(file: string, position: number, lengthBytes: number, done: DiskCallback): void {
    this.ports.disk.read(this.#ask(done), file, position, lengthBytes)
  }
  sync(file: string, done: DiskCallback): void {
    this.ports.disk.sync(this.#ask(done), file)
  }
  truncate(file: string, lengthBytes: number, done: DiskCallback): void {
    this.ports.disk.truncate(this.#ask(done), file, lengthBytes)
  }
  remove(file: string, done: DiskCallback): void {
    this.ports.disk.remove(this.#ask(done), file)
  }
  replace(file: string, bytes: Uint8Array, done: DiskCallback): void {
    this.ports.disk.replace(this.#ask(done), file, bytes)
  }
}
