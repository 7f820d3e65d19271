/**
 * What can be done to brokers in containers, whoever made these: life and death, orders to the scheduler, and the links
 * between them by the helpers.
 */
import type {
  BrokerControl, BrokerState, DelayControl, Facts, LossControl, MemoryControl, MemoryPressure, NetworkControl, SqueezeControl, StopControl,
} from '../../nemesis/control.ts'
import { ContainerLinks } from '../containers/container-links.ts'
import type { Docker } from '../containers/docker.ts'
import type { HelperAbilities } from '../containers/helper/messages.ts'
import { HelperProcess } from '../containers/helper-process.ts'
import { Trouble } from '../containers/trouble.ts'
import type { ContainerBroker } from './container-broker.ts'
import type { StartFailure } from './process-cluster.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

type Abilities = BrokerControl & MemoryControl & NetworkControl & SqueezeControl & StopControl

export abstract class ContainerBrokers implements Abilities {
  readonly brokerIds: readonly number[]
  /** Brokers that ended by themselves, each with how. */
  readonly unexpectedExits: string[] = []
  readonly links: ContainerLinks
  /** Of our own means. */
  readonly trouble: Trouble = new Trouble()
  /** Missing where the kernel cannot do it. */
  losePackets?: LossControl['losePackets']
  delayPackets?: DelayControl['delayPackets']
  protected readonly docker: Docker
  protected readonly brokers: Map<number, ContainerBroker> = new Map()

  protected constructor(docker: Docker, addresses: ReadonlyMap<number, string>, clientsAddress: string) {
    this.docker = docker
    this.brokerIds = [...addresses.keys()]
    this.links = new ContainerLinks({ addresses, clientsAddress, trouble: this.trouble })
  }

  /** Where clients dial. */
  abstract address(id: number): Address

  abstract plug(id: number, connected: boolean, done: (seen: Facts & { readonly connected: boolean }) => void): void

  protected broker(id: number): ContainerBroker {
    const found = this.brokers.get(id)
    if (found === undefined) throw new Error(`there is no broker ${id}`)
    return found
  }

  protected runHelper(containerId: string, role: 'broker' | 'clients'): Promise<HelperProcess> {
    const onArrived = (probe: number): void => this.links.arrived(probe)
    return HelperProcess.start({ docker: this.docker, containerId, role, onArrived, onGone: (why) => this.trouble.tell(why) })
  }

  /** Done once, before anybody's packets pass. */
  protected async tryPackets(): Promise<void> {
    const { loss, delay } = await this.links.helper(this.brokerIds[0]!).ask<HelperAbilities>({ do: 'try' })
    if (loss) this.losePackets = (id, share, done) => this.trouble.after(this.links.losePackets(id, share), done)
    if (delay) this.delayPackets = (id, delayMs, done) => this.trouble.after(this.links.helper(id).ask({ do: 'delay', delayMs }), () => done())
  }

  /** Of the brokers that run, on the engine's machine. */
  pids(): Map<number, number> {
    return new Map([...this.brokers].flatMap(([id, broker]) => (broker.pid === undefined ? [] : [[id, broker.pid] as const])))
  }

  /** Starts all. Resolves with the first that did not come up. */
  async startAll(): Promise<StartFailure | undefined> {
    const seen = await Promise.all(this.brokerIds.map((id) => new Promise<Facts>((done) => this.start(id, done))))
    const at = seen.findIndex((facts) => facts['failed'] !== undefined)
    if (at < 0) return undefined
    return { message: `broker ${this.brokerIds[at]} did not start: ${String(seen[at]!['failed'])}`, refused: false }
  }

  /** Ends all brokers, in order if they will. */
  async stopAll(timeoutMs: number): Promise<void> {
    await Promise.all(this.brokerIds.map((id) => new Promise((done) => this.broker(id).stop(timeoutMs, done))))
    for (const id of this.brokerIds) this.broker(id).closeLog()
  }

  kill(id: number, done: (seen: Facts) => void): void {
    this.broker(id).kill(done)
  }

  start(id: number, done: (seen: Facts) => void): void {
    this.broker(id).start(done)
  }

  stop(id: number, timeoutMs: number, done: (seen: Facts & { readonly orderly: boolean }) => void): void {
    this.broker(id).stop(timeoutMs, done)
  }

  squeeze(id: number, cpuShare: number | undefined, done: () => void): void {
    this.trouble.after(this.broker(id).squeeze(cpuShare), done)
  }

  throttled(id: number, done: (periods: number) => void): void {
    this.trouble.after(this.broker(id).throttled(), done)
  }

  squeezeMemory(id: number, squeezed: boolean, done: (limitBytes: number) => void): void {
    this.trouble.after(this.broker(id).squeezeMemory(squeezed), done)
  }

  pressure(id: number, done: (pressure: MemoryPressure) => void): void {
    this.trouble.after(this.broker(id).pressure(), done)
  }

  lastWord(id: number): string | undefined {
    return this.state(id) === 'dead' ? this.broker(id).lastWord : undefined
  }

  pause(id: number, done: (seen: Facts) => void): void {
    this.trouble.after(this.broker(id).pause(), done)
  }

  resume(id: number, done: (seen: Facts) => void): void {
    this.trouble.after(this.broker(id).resume(), done)
  }

  state(id: number): BrokerState {
    return this.broker(id).state()
  }
}
