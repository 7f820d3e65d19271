/** Brokers of ours as machines of a World: combined controllers and brokers, named `broker-1`, `broker-2`, … */
import { Broker } from '../reference-broker/core/broker.ts'
import { defaultBrokerConfig } from '../reference-broker/core/config/broker-config.ts'
import type { Decisions } from '../reference-broker/core/decisions.ts'
import type { Logger } from '../reference-broker/core/logger.ts'
import type { PortEvent } from '../ports/events.ts'
import type { Ports } from '../ports/ports.ts'
import type { LostBytes } from './sim-disk.ts'
import { ProcessExit, type World } from './world.ts'

export interface SimClusterOptions {
  readonly brokers: number
  /** Settings under Kafka's names, the same for all. */
  readonly settings: Readonly<Record<string, string>>
  /** Of one broker, before all others. */
  readonly settingsOf?: (brokerId: number) => Readonly<Record<string, string>>
  readonly decisions: Decisions
  readonly logger?: (brokerId: number) => Logger
}

/** A broker stopped itself: by its own word, not by ours. */
export interface BrokerStop {
  readonly brokerId: number
  readonly reason: string
  readonly timeMs: number
}

export const clientPort = 9092
const controllerPort = 9093

export function brokerName(id: number): string {
  return `broker-${id}`
}

export class SimCluster {
  readonly brokerIds: readonly number[]
  /** The incarnation that runs, by broker id. */
  readonly running: Map<number, Broker> = new Map()
  readonly stops: BrokerStop[] = []
  readonly #world: World
  readonly #options: SimClusterOptions

  constructor(world: World, options: SimClusterOptions) {
    this.#world = world
    this.#options = options
    this.brokerIds = Array.from({ length: options.brokers }, (_, i) => i + 1)
    for (const id of this.brokerIds) world.addNode(brokerName(id), (ports) => this.#boot(id, ports))
  }

  get bootstrap(): { readonly host: string; readonly port: number }[] {
    return this.brokerIds.map((id) => ({ host: brokerName(id), port: clientPort }))
  }

  kill(id: number): void {
    this.running.delete(id)
    this.#world.crash(brokerName(id))
  }

  /** Returns the written bytes that are gone, per file. */
  losePower(id: number): readonly LostBytes[] {
    this.running.delete(id)
    return this.#world.crash(brokerName(id), { powerLoss: true })
  }

  /** Asks the broker to shut down; `done` when its process has ended in order, and never when it was killed before. */
  stop(id: number, done: () => void): void {
    const broker = this.running.get(id)
    if (broker === undefined) return
    const ended = (): void => {
      if (this.running.get(id) !== broker) return
      this.kill(id)
      done()
    }
    this.#world.signal(brokerName(id), () => broker.shutDown(() => this.#world.schedule(0, ended)))
  }

  start(id: number): void {
    this.#world.start(brokerName(id))
  }

  #settings(id: number): Record<string, string> {
    const voters = this.brokerIds.map((each) => `${each}@${brokerName(each)}:${controllerPort}`)
    const host = brokerName(id)
    return {
      'node.id': String(id),
      listeners: `PLAINTEXT://${host}:${clientPort},CONTROLLER://${host}:${controllerPort}`,
      'controller.quorum.voters': voters.join(','),
      ...this.#options.settings,
      ...this.#options.settingsOf?.(id),
    }
  }

  /** A broker whose disk failed must stop, and quote it. */
  #mustStop(id: number, reason: string): boolean {
    const { lastInjected } = this.#world.disk(brokerName(id))
    return lastInjected !== undefined && reason.includes(lastInjected)
  }

  #boot(id: number, ports: Ports): { step(event: PortEvent): void } {
    const broker = new Broker({
      config: defaultBrokerConfig(this.#settings(id)),
      ports,
      decisions: this.#options.decisions,
      log: this.#options.logger?.(id) ?? (() => undefined),
      onFatal: (reason) => {
        this.stops.push({ brokerId: id, reason, timeMs: this.#world.now() })
        const sentence = `broker ${id} stops: ${reason}`
        if (!this.#mustStop(id, reason)) throw new Error(sentence)
        this.running.delete(id)
        throw new ProcessExit(sentence)
      },
      onListening: () => undefined,
    })
    this.running.set(id, broker)
    broker.start()
    return broker
  }
}
