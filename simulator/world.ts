/**
 * One deterministic world: machines, processes on them, the network between, one virtual time and one seed.
 * Nodes run on the same four ports as real ones; everything they do follows from the seed and from what the
 * harness does to the world.
 */
import type { PortEvent } from '../ports/events.ts'
import type { ClientPorts, Ports } from '../ports/ports.ts'
import { randomInt } from '../ports/random.ts'
import { RecentEvents } from './recent-events.ts'
import { HostClock, SimClock } from './sim-clock.ts'
import { SimDisk, SimDiskPort } from './sim-disk.ts'
import type { DiskOptions, LostBytes } from './sim-disk.ts'
import { SimNetwork } from './sim-network.ts'
import { SimNode } from './sim-node.ts'
import type { Program } from './sim-node.ts'
import { simRandom } from './sim-random.ts'
import type { SimRandom } from './sim-random.ts'
import { Wire } from './sim-wire.ts'
import type { NetworkOptions, NetworkStats } from './sim-wire.ts'
import { Timeline } from './timeline.ts'
import type { Happening } from './timeline.ts'
import { TraceHash } from './trace-hash.ts'
import type { TraceMark } from './trace-hash.ts'

export interface WorldOptions {
  readonly seed: number
  readonly network: NetworkOptions
  readonly disk: DiskOptions
  /** Called after each event a node has taken. What it throws ends `run`. */
  readonly onEvent?: (node: string, event: PortEvent) => void
}

export interface RunOptions {
  /** Virtual time to stop at; everything due by then has happened. */
  readonly untilMs?: number
  /** Asked before each happening. */
  readonly while?: () => boolean
  readonly maxEvents?: number
}

/** A node threw: a finding of its own. It counts as crashed from then on. */
export interface NodeFailure {
  readonly node: string
  readonly error: unknown
  readonly timeMs: number
}

/** Thrown by a node that ends its own process in order, as `process.exit` would. It counts as crashed, and as no failure. */
export class ProcessExit extends Error {
  override readonly name = 'ProcessExit'
}

export interface WorldStats extends NetworkStats {
  /** Taken by nodes. */
  events: number
}

export interface CrashOptions {
  /** Unsynced bytes and file creations are gone, too. */
  readonly powerLoss?: boolean
}

type Boot = (ports: Ports) => Program
type ClientBoot = (ports: ClientPorts) => Program

/** A machine with its process. */
interface Host {
  readonly node: SimNode
  readonly clock: HostClock
  readonly disk: SimDisk | undefined
  readonly boot: () => Program
  program: Program | undefined
}

class Action implements Happening {
  readonly #action: () => void

  constructor(action: () => void) {
    this.#action = action
  }

  happen(): void {
    this.#action()
  }
}

export class World {
  readonly network: SimNetwork
  readonly stats: WorldStats = { events: 0, connections: 0, frames: 0, bytes: 0 }
  readonly failures: NodeFailure[] = []
  readonly #timeline = new Timeline()
  readonly #random: SimRandom
  readonly #diskOptions: DiskOptions
  readonly #onEvent: ((node: string, event: PortEvent) => void) | undefined
  readonly #hosts = new Map<string, Host>()
  readonly #byIndex: Host[] = []
  readonly #hash = new TraceHash()
  readonly #recent = new RecentEvents()

  constructor(options: WorldOptions) {
    this.#random = simRandom(options.seed)
    this.#diskOptions = options.disk
    this.#onEvent = options.onEvent
    this.network = new SimNetwork(
      new Wire(this.#timeline, this.#random.fork('network'), options.network, this.stats),
    )
  }

  /** Milliseconds since the world began. */
  now(): number {
    return this.#timeline.now()
  }

  /** Adds a machine with a disk and boots its node. Its name is its host name. */
  addNode(name: string, boot: Boot): void {
    const { node, clock } = this.#newMachine(name)
    const disk = new SimDisk(node, this.#timeline, this.#random.fork(`disk ${name}`), this.#diskOptions)
    const ports = (): Ports => ({ ...this.#clientPorts(node, clock), disk: new SimDiskPort(disk) })
    this.#addHost({ node, clock, disk, boot: () => boot(ports()), program: undefined })
  }

  /** Adds a machine without a disk and boots its client. */
  addClient(name: string, boot: ClientBoot): void {
    const { node, clock } = this.#newMachine(name)
    this.#addHost({ node, clock, disk: undefined, boot: () => boot(this.#clientPorts(node, clock)), program: undefined })
  }

  /** The process boots again, on the same disk, knowing nothing else. It must not be running. */
  start(name: string): void {
    const host = this.#host(name)
    if (host.node.running) throw new Error(`'${name}' is running already`)
    host.node.begin()
    this.#mark(host.node, 'start')
    try {
      host.program = host.boot()
    } catch (error) {
      this.#fail(host, error)
    }
  }

  /**
   * Kills the process, and cuts the power of its machine if asked; of a dead process only the latter is
   * left to do. Returns the written bytes that are gone, per file.
   */
  crash(name: string, options: CrashOptions = {}): readonly LostBytes[] {
    const powerLoss = options.powerLoss ?? false
    const host = this.#host(name)
    if (!host.node.running && !powerLoss) return []
    this.#mark(host.node, powerLoss ? 'power-loss' : 'crash')
    return this.#kill(host, powerLoss)
  }

  /** Runs `deed` as the node's own doing, as a signal handler of its process would: what it throws is its failure. */
  signal(name: string, deed: () => void): void {
    const host = this.#host(name)
    if (!host.node.running) return
    try {
      deed()
    } catch (error) {
      this.#fail(host, error)
    }
  }

  /** Stops the process as SIGSTOP does, until `resume`. Nothing happens to one that is not running. */
  pause(name: string): void {
    const { node } = this.#host(name)
    if (!node.running || node.paused) return
    this.#mark(node, 'pause')
    node.pause()
  }

  resume(name: string): void {
    const { node } = this.#host(name)
    if (!node.paused) return
    this.#mark(node, 'resume')
    node.resume()
  }

  isRunning(name: string): boolean {
    return this.#host(name).node.running
  }

  isPaused(name: string): boolean {
    return this.#host(name).node.paused
  }

  /** The disk of a machine, to look at it or to break it. */
  disk(name: string): SimDisk {
    const { disk } = this.#host(name)
    if (disk === undefined) throw new Error(`'${name}' has no disk`)
    return disk
  }

  /** The clock of a machine, to skew it. */
  clock(name: string): HostClock {
    return this.#host(name).clock
  }

  /** A stream of randomness for something beside the nodes: a schedule of faults, a generator. */
  random(label: string): SimRandom {
    return this.#random.fork(`harness ${label}`)
  }

  /** Runs an action of the harness in virtual time, outside of every node. */
  schedule(delayMs: number, action: () => void): void {
    this.#timeline.after(delayMs, new Action(action))
  }

  /** Lets the next thing happen. False when nothing is to come. */
  step(): boolean {
    return this.#timeline.step()
  }

  /** Runs until one of the limits is reached or nothing is to come. */
  run(options: RunOptions): void {
    const untilMs = options.untilMs ?? Infinity
    const lastEvent = this.stats.events + (options.maxEvents ?? Infinity)
    while (this.stats.events < lastEvent && options.while?.() !== false) {
      if (this.#timeline.nextTime() > untilMs) {
        if (untilMs !== Infinity) this.#timeline.passTo(untilMs)
        return
      }
      if (!this.#timeline.step()) return
    }
  }

  /** 16 hexadecimal digits that tell whether two runs took the same path. */
  traceHash(): string {
    return this.#hash.digest()
  }

  /** The last events, one line each, oldest first. */
  recentEvents(): string[] {
    return this.#recent.lines()
  }

  #newMachine(name: string): { node: SimNode; clock: HostClock } {
    if (this.#hosts.has(name)) throw new Error(`there is a machine called '${name}' already`)
    const node = new SimNode(name, this.#byIndex.length, this.#timeline, this.#dispatch)
    const clock = new HostClock(this.#timeline, randomInt(this.#random.fork(`clock ${name}`), 1_000_000))
    this.network.addMachine(node)
    return { node, clock }
  }

  #addHost(host: Host): void {
    this.#hosts.set(host.node.name, host)
    this.#byIndex.push(host)
    this.start(host.node.name)
  }

  #clientPorts(node: SimNode, clock: HostClock): ClientPorts {
    return {
      clock: new SimClock(this.#timeline, clock, node),
      random: this.#random.fork(`node ${node.name} life ${node.life}`),
      network: this.network.portFor(node),
    }
  }

  #host(name: string): Host {
    const host = this.#hosts.get(name)
    if (host === undefined) throw new Error(`no machine is called '${name}'`)
    return host
  }

  readonly #dispatch = (node: SimNode, event: PortEvent): void => {
    const nowMs = this.#timeline.now()
    this.stats.events++
    this.#hash.event(nowMs, node.index, event)
    this.#recent.add(nowMs, node, event)
    const host = this.#byIndex[node.index]!
    try {
      host.program?.step(event)
    } catch (error) {
      this.#fail(host, error)
    }
    this.#onEvent?.(node.name, event)
  }

  #fail(host: Host, error: unknown): void {
    const isExit = error instanceof ProcessExit
    if (!isExit) this.failures.push({ node: host.node.name, error, timeMs: this.#timeline.now() })
    this.#mark(host.node, isExit ? 'exit' : 'failure')
    this.#kill(host, false)
  }

  #kill(host: Host, powerLoss: boolean): readonly LostBytes[] {
    host.program = undefined
    host.node.end()
    this.network.crash(host.node, powerLoss)
    return host.disk?.crash(powerLoss) ?? []
  }

  #mark(node: SimNode, mark: TraceMark): void {
    this.#hash.mark(this.#timeline.now(), node.index, mark)
    this.#recent.add(this.#timeline.now(), node, mark)
  }
}
