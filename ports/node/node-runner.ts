/**
 * What a process gives its node: the Node twins, and their events one at a time. A client needs a
 * `NodeRunner`, a broker a `DiskNodeRunner`.
 */
import type { PortEvent } from '../events.ts'
import type { ClientPorts, Ports } from '../ports.ts'
import { EventPump } from './event-pump.ts'
import { NodeClock } from './node-clock.ts'
import { NodeDisk } from './node-disk.ts'
import { NodeNetwork } from './node-network.ts'
import type { NodeNetworkOptions } from './node-network.ts'
import { NodeRandom } from './node-random.ts'

export interface NodeRunnerOptions {
  readonly network?: NodeNetworkOptions
  /** Without one the system's randomness is used. */
  readonly seed?: number
  /** Puts the wall clock wrong as this file says (see clock-skew.ts): for trials. */
  readonly clockSkewFile?: string
}

export class NodeRunner {
  readonly ports: ClientPorts
  protected readonly pump: EventPump = new EventPump()
  protected readonly clientPorts: ClientPorts
  readonly #clock: NodeClock
  readonly #network: NodeNetwork

  constructor(options: NodeRunnerOptions = {}) {
    this.#clock = new NodeClock(this.pump, options.clockSkewFile)
    this.#network = new NodeNetwork(this.pump, options.network)
    this.clientPorts = { clock: this.#clock, random: new NodeRandom(options.seed), network: this.#network }
    this.ports = this.clientPorts
  }

  /**
   * Begins the delivery to `step`; ports may be used before. What `step` throws leaves through the callback
   * of Node that brought the event, so it ends the process unless the process says otherwise.
   */
  run(step: (event: PortEvent) => void): void {
    this.pump.run(step)
  }

  /** No event follows. Sends what is queued, closes everything, and waits for it. */
  async stop(): Promise<void> {
    this.pump.stop()
    this.#clock.stop()
    await this.#network.stop()
  }
}

export class DiskNodeRunner extends NodeRunner {
  override readonly ports: Ports
  readonly #disk: NodeDisk

  /** Makes `rootDir` when it is missing; throws when that fails. */
  constructor(options: NodeRunnerOptions & { readonly rootDir: string }) {
    super(options)
    this.#disk = new NodeDisk(this.pump, options.rootDir)
    this.ports = { ...this.clientPorts, disk: this.#disk }
  }

  override async stop(): Promise<void> {
    await Promise.all([super.stop(), this.#disk.stop()])
  }
}
