/**
 * The active controller: the one node that writes the metadata log. It decides on an image that is ahead of what is
 * committed by what it has proposed itself, and answers only when a proposal is committed. All of it vanishes when
 * leadership does; the next active controller starts from the log.
 */
import type { TimerId } from '../../../ports/events.ts'
import type { Loop } from '../../../ports/loop.ts'
import type { BrokerConfig, TopicConfig } from '../config/broker-config.ts'
import { effectiveTopicConfig } from '../config/effective-config.ts'
import type { Decisions } from '../decisions.ts'
import type { Logger } from '../logger.ts'
import { ClusterImage, type TopicImage } from '../metadata/image.ts'
import { encodeMetadataRecord, type MetadataRecord } from '../metadata/records.ts'
import type { Leadership } from '../raft/leadership.ts'
import { withoutBroker, type ElectionContext } from './elections.ts'
import { electUnclean, rebalanceLeaders } from './leader-elections.ts'

export interface ControllerOptions {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly loop: Loop
  readonly decisions: Decisions
  readonly logger: Logger
}

interface Waiter {
  readonly offset: number
  readonly done: (committed: boolean) => void
}

/** Lives from the moment its leadership became active until it is deposed. */
export class Controller {
  readonly options: ControllerOptions
  readonly image: ClusterImage
  readonly #leadership: Leadership
  /** When each registered broker was last heard, on the monotonic clock. */
  readonly #lastHeardMs = new Map<number, number>()
  #waiters: Waiter[] = []
  #committedTo: number
  /** Of each duty that comes round, the timer of its next turn. */
  readonly #timers = new Map<string, TimerId>()
  #deposed = false

  constructor(options: ControllerOptions, leadership: Leadership, committed: ClusterImage) {
    this.options = options
    this.#leadership = leadership
    this.image = committed.clone()
    this.#committedTo = committed.endOffset
    const now = options.loop.now()
    for (const id of this.image.brokers.keys()) this.#lastHeardMs.set(id, now)
    this.#scheduleDuties()
    options.logger('info', 'active controller', { epoch: leadership.epoch })
  }

  get elections(): ElectionContext {
    const { image, options } = this
    return {
      image,
      decisions: options.decisions,
      uncleanAllowed: (topic) => this.#config(topic).uncleanLeaderElectionEnable,
      minInSyncReplicas: (topic) => this.#config(topic).minInSyncReplicas,
    }
  }

  /** What topics without settings of their own live by. */
  get topicDefaults(): TopicConfig {
    return effectiveTopicConfig(this.options.config.topicDefaults, this.image.clusterConfigs, new Map())
  }

  #config(topic: TopicImage): TopicConfig {
    return effectiveTopicConfig(this.options.config.topicDefaults, this.image.clusterConfigs, topic.configs)
  }

  /**
   * Writes the records as one unit; the image has them at once. `done(true)`: committed. `done(false)`: this controller
   * was deposed and nobody here knows. Returns the offset of the first record. Without records it waits for what was
   * proposed before, because an answer read from the image may rest on that.
   */
  propose(records: readonly MetadataRecord[], done: (committed: boolean) => void): number {
    if (this.#deposed) throw new Error('a deposed controller proposes nothing')
    const first = this.#leadership.nextOffset
    if (records.length === 0) {
      this.whenCommitted(first - 1, done)
      return first
    }
    this.image.together(() => {
      for (const [i, record] of records.entries()) this.image.apply(record, first + i)
    })
    const offset = this.#leadership.propose(records.map(encodeMetadataRecord))
    this.#waiters.push({ offset, done })
    return first
  }

  /** The same for a record that was proposed before: answers speak of what is committed, never of what is only hoped. */
  whenCommitted(offset: number, done: (committed: boolean) => void): void {
    if (offset < this.#committedTo) done(true)
    else this.#waiters.push({ offset, done })
  }

  /** Everything below is committed. */
  committed(highWatermark: number): void {
    this.#committedTo = highWatermark
    const ready = this.#waiters.filter(({ offset }) => offset < highWatermark)
    if (ready.length === 0) return
    this.#waiters = this.#waiters.filter(({ offset }) => offset >= highWatermark)
    for (const { done } of ready) done(true)
  }

  depose(): void {
    this.#deposed = true
    for (const timer of this.#timers.values()) this.options.loop.cancel(timer)
    const waiters = this.#waiters
    this.#waiters = []
    for (const { done } of waiters) done(false)
  }

  // Sessions

  heard(brokerId: number): void {
    this.#lastHeardMs.set(brokerId, this.options.loop.now())
  }

  hasSession(brokerId: number): boolean {
    const heardMs = this.#lastHeardMs.get(brokerId)
    return heardMs !== undefined && this.options.loop.now() - heardMs < this.options.config.brokerSessionTimeoutMs
  }

  #fenceSilent(): void {
    for (const broker of this.image.brokers.values()) {
      if (broker.fenced || this.hasSession(broker.id)) continue
      this.options.logger('info', 'broker fenced', { brokerId: broker.id })
      this.propose(this.fencing(broker.id), () => undefined)
    }
  }

  #scheduleDuties(): void {
    const { config } = this.options
    const elect = (records: readonly MetadataRecord[]): void => {
      if (records.length > 0) this.propose(records, () => undefined)
    }
    this.#every(config.brokerSessionTimeoutMs / 6, 'fence', () => this.#fenceSilent())
    this.#every(config.uncleanLeaderElectionIntervalMs, 'unclean', () => elect(electUnclean(this.elections)))
    if (!config.autoLeaderRebalanceEnable) return
    this.#every(config.leaderImbalanceCheckIntervalSeconds * 1000, 'rebalance', () => elect(rebalanceLeaders(this.elections)))
  }

  #every(intervalMs: number, duty: string, run: () => void): void {
    this.#timers.set(duty, this.options.loop.after(intervalMs, () => {
      run()
      this.#every(intervalMs, duty, run)
    }))
  }

  /** The records that take a broker out of service; `unclean`: and out of trust, until it has caught up. */
  fencing(brokerId: number, unclean = false): MetadataRecord[] {
    return [
      { kind: 'broker-state', brokerId, fenced: true, inControlledShutdown: false },
      ...withoutBroker(this.elections, brokerId, unclean),
    ]
  }
}
