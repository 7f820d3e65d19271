/**
 * Virtual time and a network in memory, for the tests of this room: client loops on one side, scripted endpoints on the
 * other. One seed decides every latency; frames of one connection keep their order.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { ConnectionId, PortEvent, TimerId } from '../../ports/events.ts'
import { Loop } from '../../ports/loop.ts'
import type { Network } from '../../ports/network.ts'
import type { Random } from '../../ports/random.ts'

export interface EndpointConnection {
  /** Sends one frame to the client. */
  send(frame: Uint8Array): void
  /** Cuts the connection; the client sees it after the latency. */
  close(): void
}

/** The far side of a port: a scripted broker. */
export interface Endpoint {
  onFrame(frame: Uint8Array, connection: EndpointConnection): void
}

interface Scheduled {
  readonly atMs: number
  readonly sequence: number
  readonly run: () => void
}

export class TestWorld {
  nowMs = 0
  readonly random: Random
  /** Added to every frame, one way. */
  latencyMs = 1
  readonly #queue: Scheduled[] = []
  #sequence = 0
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #open = new Map<string, Set<TestConnection>>()

  constructor(seed: number) {
    const generator = xoroshiro128plus(seed)
    this.random = { next: () => (generator.next() >>> 0) / 0x1_0000_0000 }
  }

  schedule(delayMs: number, run: () => void): void {
    const entry: Scheduled = { atMs: this.nowMs + Math.max(0, delayMs), sequence: this.#sequence++, run }
    let at = this.#queue.length
    while (at > 0 && this.#queue[at - 1]!.atMs > entry.atMs) at--
    this.#queue.splice(at, 0, entry)
  }

  /** Runs all that is due within `durationMs`. */
  runFor(durationMs: number): void {
    const endMs = this.nowMs + durationMs
    while (this.#queue.length > 0 && this.#queue[0]!.atMs <= endMs) this.#runOne()
    this.nowMs = endMs
  }

  /** Runs until `holds`, at most `limitMs`; says whether it did. */
  runUntil(holds: () => boolean, limitMs: number): boolean {
    const endMs = this.nowMs + limitMs
    while (!holds()) {
      if (this.#queue.length === 0 || this.#queue[0]!.atMs > endMs) return false
      this.#runOne()
    }
    return true
  }

  #runOne(): void {
    const entry = this.#queue.shift()!
    this.nowMs = entry.atMs
    entry.run()
  }

  listen(host: string, port: number, endpoint: Endpoint): void {
    this.#endpoints.set(`${host}:${port}`, endpoint)
  }

  /** Refuses new connections and cuts the open ones. */
  unlisten(host: string, port: number): void {
    this.#endpoints.delete(`${host}:${port}`)
    this.cut(host, port)
  }

  cut(host: string, port: number): void {
    for (const connection of this.#open.get(`${host}:${port}`) ?? []) connection.close()
  }

  endpoint(address: string): Endpoint | undefined {
    return this.#endpoints.get(address)
  }

  /** How often a client tried to connect to each address. */
  readonly connects: Map<string, number> = new Map()

  track(address: string, connection: TestConnection): void {
    const open = this.#open.get(address) ?? new Set()
    open.add(connection)
    this.#open.set(address, open)
  }

  untrack(address: string, connection: TestConnection): void {
    this.#open.get(address)?.delete(connection)
  }

  client(): Loop {
    const timers = new Set<TimerId>()
    const loop: Loop = new Loop({
      clock: {
        now: () => this.nowMs,
        wallNow: () => 1_700_000_000_000 + Math.floor(this.nowMs),
        startTimer: (timer, delayMs) => {
          timers.add(timer)
          this.schedule(delayMs, () => {
            if (timers.delete(timer)) loop.step({ kind: 'timer', timer })
          })
        },
        cancelTimer: (timer) => void timers.delete(timer),
      },
      random: this.random,
      network: new TestNetwork(this, (event) => loop.step(event)),
    })
    return loop
  }
}

class TestConnection implements EndpointConnection {
  readonly #world: TestWorld
  readonly #address: string
  readonly #deliver: (event: PortEvent) => void
  readonly #id: ConnectionId
  endpoint: Endpoint | undefined
  #open = true
  #lastAtMs = 0
  readonly #early: Uint8Array[] = []

  constructor(world: TestWorld, address: string, id: ConnectionId, deliver: (event: PortEvent) => void) {
    this.#world = world
    this.#address = address
    this.#id = id
    this.#deliver = deliver
  }

  /** One queue for both directions: a later frame never overtakes, whatever the latency is then. */
  #later(run: () => void): void {
    this.#lastAtMs = Math.max(this.#lastAtMs, this.#world.nowMs + this.#world.latencyMs)
    this.#world.schedule(this.#lastAtMs - this.#world.nowMs, run)
  }

  #end(reason: string): void {
    if (!this.#open) return
    this.#open = false
    this.#world.untrack(this.#address, this)
    this.#deliver({ kind: 'closed', connection: this.#id, reason })
  }

  connect(): void {
    const { connects } = this.#world
    connects.set(this.#address, (connects.get(this.#address) ?? 0) + 1)
    this.#later(() => {
      if (!this.#open) return
      this.endpoint = this.#world.endpoint(this.#address)
      if (this.endpoint === undefined) return this.#end('connection refused')
      this.#world.track(this.#address, this)
      this.#deliver({ kind: 'connected', connection: this.#id })
      for (const frame of this.#early.splice(0)) this.toEndpoint(frame)
    })
  }

  toEndpoint(frame: Uint8Array): void {
    if (this.endpoint === undefined) this.#early.push(frame)
    else this.#later(() => this.endpoint!.onFrame(frame, this))
  }

  send(frame: Uint8Array): void {
    this.#later(() => {
      if (this.#open) this.#deliver({ kind: 'frame', connection: this.#id, frame })
    })
  }

  close(): void {
    this.#later(() => this.#end('connection reset'))
  }

  /** What was sent before still arrives. */
  closedByClient(): void {
    this.#open = false
    this.#world.untrack(this.#address, this)
  }
}

class TestNetwork implements Network {
  readonly #world: TestWorld
  readonly #deliver: (event: PortEvent) => void
  readonly #connections: TestConnection[] = []

  constructor(world: TestWorld, deliver: (event: PortEvent) => void) {
    this.#world = world
    this.#deliver = deliver
  }

  connect(host: string, port: number): ConnectionId {
    const id = this.#connections.length
    const connection = new TestConnection(this.#world, `${host}:${port}`, id, this.#deliver)
    this.#connections.push(connection)
    connection.connect()
    return id
  }

  send(connection: ConnectionId, frame: Uint8Array): void {
    this.#connections[connection]!.toEndpoint(frame)
  }

  close(connection: ConnectionId): void {
    this.#connections[connection]!.closedByClient()
  }

  listen(): void {
    throw new Error('a client does not listen')
  }
  unlisten(): void {}
  isFull(): boolean {
    return false
  }
  queuedBytes(): number {
    return 0
  }
  pause(): void {}
  resume(): void {}
}
