/**
 * The network of the world: who listens where, who is connected to whom, and which links are blocked. A
 * machine's name is its host name. A blocked link holds bytes back; when it heals they come late, or the
 * connection turns out to be broken.
 */
import type { ConnectionId, PortEvent } from '../ports/events.ts'
import type { Network } from '../ports/network.ts'
import { Link, newConnection } from './sim-connection.ts'
import type { Endpoint } from './sim-connection.ts'
import { Delivery, PlainDelivery } from './sim-node.ts'
import type { SimNode } from './sim-node.ts'
import type { NetworkOptions, Wire } from './sim-wire.ts'
import type { Happening } from './timeline.ts'

const connectTimeoutMs = 10_000
/** When an unanswered connect is tried again, as kernels do. */
const connectAgainMs: readonly number[] = [1000, 3000, 7000]
/** A kernel tries again at growing intervals, so held bytes come at most this late. */
const latestAfterHealMs = 15_000
const firstFreePort = 49_152
const pingBytes = 64

/** What a healed link had held back: evidence that the block was in force. */
export interface HeldTraffic {
  readonly frames: number
  readonly bytes: number
  readonly connections: number
  readonly brokenConnections: number
}

class Machine {
  readonly node: SimNode
  /** Listener by port, of the life that runs. */
  readonly listeners: Map<number, string> = new Map()
  nextFreePort: number = firstFreePort
  port: SimNetworkPort | undefined

  constructor(node: SimNode) {
    this.node = node
  }
}

export class SimNetwork {
  readonly wire: Wire
  readonly #machines = new Map<string, Machine>()
  readonly #links = new Map<SimNode, Map<SimNode, Link>>()

  constructor(wire: Wire) {
    this.wire = wire
  }

  /** For frames sent and connections made from now on. */
  setOptions(options: NetworkOptions): void {
    this.wire.options = options
  }

  /**
   * Nothing sent from one machine to the other arrives, and no connect between them is answered, until
   * `unblock`.
   */
  block(from: string, to: string): void {
    this.#linkNamed(from, to).blockedSinceMs ??= this.wire.timeline.now()
  }

  unblock(from: string, to: string): HeldTraffic {
    const link = this.#linkNamed(from, to)
    const blockedMs = this.wire.timeline.now() - (link.blockedSinceMs ?? this.wire.timeline.now())
    const pipes = [...link.held]
    link.blockedSinceMs = undefined
    link.held.clear()
    link.heldPingBytes = 0
    const held = { frames: 0, bytes: 0, connections: pipes.length, brokenConnections: 0 }
    for (const pipe of pipes) {
      const { frames, bytes } = pipe.contents()
      held.frames += frames
      held.bytes += bytes
      if (this.wire.chance(this.wire.options.resetOnHealProbability)) {
        held.brokenConnections++
        pipe.target.breakDown()
      }
      pipe.release(this.wire.upToMs(Math.min(blockedMs, latestAfterHealMs)))
    }
    return held
  }

  isBlocked(from: string, to: string): boolean {
    return this.#linkNamed(from, to).blockedSinceMs !== undefined
  }

  /** Bytes that came through since the beginning, and bytes held back now, pings among them. */
  traffic(from: string, to: string): { readonly movedBytes: number; readonly heldBytes: number } {
    const { movedBytes, heldPingBytes, held } = this.#linkNamed(from, to)
    let heldBytes = heldPingBytes
    for (const pipe of held) heldBytes += pipe.contents().bytes
    return { movedBytes, heldBytes }
  }

  /** One message from machine to machine, which their processes do not see; a block keeps it for good. */
  ping(from: string, to: string, arrived: () => void): void {
    this.wire.timeline.after(this.wire.delayMs(), new Ping(this.#linkNamed(from, to), arrived))
  }

  /** A machine joins; its name must be new. */
  addMachine(node: SimNode): void {
    this.#machines.set(node.name, new Machine(node))
  }

  /** The port for the life that begins. */
  portFor(node: SimNode): SimNetworkPort {
    const machine = this.#machineNamed(node.name)
    machine.port = new SimNetworkPort(this, machine)
    return machine.port
  }

  /**
   * The process is gone and with it its listeners and connections. A peer hears of it, or not before its
   * next send; of a machine without power nobody hears at once.
   */
  crash(node: SimNode, powerLoss: boolean): void {
    const machine = this.#machineNamed(node.name)
    machine.listeners.clear()
    for (const endpoint of machine.port?.takeAll() ?? []) {
      endpoint.sever(false)
      endpoint.peer.sever(!powerLoss && this.wire.below(4) !== 0)
    }
  }

  machine(name: string): Machine | undefined {
    return this.#machines.get(name)
  }

  link(from: SimNode, to: SimNode): Link {
    let links = this.#links.get(from)
    if (links === undefined) {
      links = new Map()
      this.#links.set(from, links)
    }
    let link = links.get(to)
    if (link === undefined) {
      link = new Link(from, to)
      links.set(to, link)
    }
    return link
  }

  #machineNamed(name: string): Machine {
    const machine = this.#machines.get(name)
    if (machine === undefined) throw new Error(`no machine is called '${name}'`)
    return machine
  }

  #linkNamed(from: string, to: string): Link {
    return this.link(this.#machineNamed(from).node, this.#machineNamed(to).node)
  }
}

class Ping implements Happening {
  readonly #link: Link
  readonly #arrived: () => void

  constructor(link: Link, arrived: () => void) {
    this.#link = link
    this.#arrived = arrived
  }

  happen(): void {
    if (this.#link.blockedSinceMs !== undefined) this.#link.heldPingBytes += pingBytes
    else this.#arrived()
  }
}

/** The port, for one life of a node. */
export class SimNetworkPort implements Network {
  readonly #network: SimNetwork
  readonly #machine: Machine
  readonly #node: SimNode
  readonly #life: number
  readonly #endpoints = new Map<ConnectionId, Endpoint>()
  #nextConnection = 1

  constructor(network: SimNetwork, machine: Machine) {
    this.#network = network
    this.#machine = machine
    this.#node = machine.node
    this.#life = machine.node.life
  }

  listen(listener: string, _host: string, port: number): void {
    if (!this.#node.isAlive(this.#life)) return
    const { listeners } = this.#machine
    if (listeners.has(port)) {
      return this.#answer({ kind: 'listen-failed', listener, reason: `EADDRINUSE: port ${port} is taken` })
    }
    const bound = port === 0 ? this.#machine.nextFreePort++ : port
    listeners.set(bound, listener)
    this.#answer({ kind: 'listening', listener, port: bound })
  }

  unlisten(listener: string): void {
    if (!this.#node.isAlive(this.#life)) return
    const { listeners } = this.#machine
    for (const [port, name] of listeners) if (name === listener) listeners.delete(port)
  }

  connect(host: string, port: number): ConnectionId {
    const connection = this.#nextConnection++
    if (!this.#node.isAlive(this.#life)) return connection
    const called = this.#network.machine(host)
    if (called === undefined) {
      this.#answer({ kind: 'closed', connection, reason: `ENOTFOUND: no machine is called '${host}'` })
      return connection
    }
    const there = this.#network.link(this.#node, called.node)
    const caller = newConnection(this.#network.wire, there, this.#network.link(called.node, this.#node))
    caller.give(this.#endpoints, this.#life, connection)
    const { wire } = this.#network
    wire.timeline.after(wire.delayMs(), new Handshake(caller, called, port))
    return connection
  }

  send(connection: ConnectionId, frame: Uint8Array): void {
    this.#endpoints.get(connection)?.send(frame)
  }

  isFull(connection: ConnectionId): boolean {
    return this.#endpoints.get(connection)?.isFull ?? false
  }

  queuedBytes(): number {
    let bytes = 0
    for (const endpoint of this.#endpoints.values()) if (endpoint.isFull) bytes += endpoint.unreadBytes
    return bytes
  }

  pause(connection: ConnectionId): void {
    this.#endpoints.get(connection)?.pause()
  }

  resume(connection: ConnectionId): void {
    this.#endpoints.get(connection)?.resume()
  }

  close(connection: ConnectionId): void {
    this.#endpoints.get(connection)?.close()
  }

  /** The machine has taken a call for a listener of this life. */
  accept(called: Endpoint, listener: string, remote: string): void {
    called.give(this.#endpoints, this.#life, this.#nextConnection++)
    const accepted: PortEvent = { kind: 'accepted', listener, connection: called.id, remote }
    this.#node.take(new PlainDelivery(this.#node, this.#life, accepted))
  }

  /** Forgets every connection: nothing can be sent from this life any more. */
  takeAll(): Endpoint[] {
    const endpoints = [...this.#endpoints.values()]
    this.#endpoints.clear()
    return endpoints
  }

  #answer(event: PortEvent): void {
    this.#network.wire.timeline.after(0, new PlainDelivery(this.#node, this.#life, event))
  }
}

/** A connect on its way: there, and back with the answer; tried again while nothing answers. */
class Handshake implements Happening {
  readonly #caller: Endpoint
  readonly #called: Machine
  readonly #port: number
  readonly #startedMs: number
  #tries = 0
  #answered = false

  constructor(caller: Endpoint, called: Machine, port: number) {
    this.#caller = caller
    this.#called = called
    this.#port = port
    this.#startedMs = caller.wire.timeline.now()
  }

  happen(): void {
    const caller = this.#caller
    if (!caller.node.isAlive(caller.life)) return
    if (this.#answered) return this.#connected()
    if (caller.out.link.blockedSinceMs !== undefined || caller.peer.out.link.blockedSinceMs !== undefined) {
      return this.#again()
    }
    const { node, listeners, port } = this.#called
    const listener = node.running ? listeners.get(this.#port) : undefined
    if (listener === undefined || port === undefined) return this.#closed(caller.wire.delayMs(), 'refused')
    this.#answered = true
    const answeredMs = caller.wire.timeline.now() + caller.wire.delayMs()
    caller.wire.timeline.at(answeredMs, this)
    caller.peer.out.openAt(answeredMs)
    port.accept(caller.peer, listener, `${caller.node.name}:${firstFreePort + caller.id}`)
  }

  #connected(): void {
    const caller = this.#caller
    caller.wire.stats.connections++
    caller.out.openAt(caller.wire.timeline.now() + caller.wire.options.delayMsMin)
    caller.node.take(new Connected(caller))
  }

  #again(): void {
    const againMs = connectAgainMs[this.#tries++]
    const { timeline } = this.#caller.wire
    if (againMs === undefined) this.#closed(this.#startedMs + connectTimeoutMs - timeline.now(), 'timed out')
    else timeline.at(this.#startedMs + againMs, this)
  }

  #closed(delayMs: number, reason: string): void {
    this.#caller.wire.timeline.after(delayMs, new Closed(this.#caller, reason))
  }
}

class Connected extends Delivery {
  readonly #endpoint: Endpoint

  constructor(endpoint: Endpoint) {
    super(endpoint.node, endpoint.life)
    this.#endpoint = endpoint
  }

  event(): PortEvent | undefined {
    return this.#endpoint.closed ? undefined : { kind: 'connected', connection: this.#endpoint.id }
  }
}

class Closed extends Delivery {
  readonly #endpoint: Endpoint
  readonly #reason: string

  constructor(endpoint: Endpoint, reason: string) {
    super(endpoint.node, endpoint.life)
    this.#endpoint = endpoint
    this.#reason = reason
  }

  event(): PortEvent | undefined {
    return this.#endpoint.closedEvent(this.#reason)
  }
}
