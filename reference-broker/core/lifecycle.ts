/**
 * A broker's life as the controller sees it: registered (a new incarnation each start), fenced until it has caught up
 * with the metadata and opened its logs, alive while its heartbeats arrive, and leaving by controlled shutdown.
 */
import { apis } from '../../protocol/apis.ts'
import { errorCode, errorName } from '../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../protocol/int64.ts'
import type { BrokerHeartbeatResponse } from '../../protocol/apis/63-broker-heartbeat.ts'
import type { TimerId } from '../../ports/events.ts'
import type { Loop } from '../../ports/loop.ts'
import type { BrokerConfig, Endpoint } from './config/broker-config.ts'
import type { Logger } from './logger.ts'
import type { ControllerChannel } from './server/controller-channel.ts'

export interface LifecycleOptions {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly incarnationId: string
  readonly previousBrokerEpoch: number
  readonly listeners: readonly Endpoint[]
  readonly loop: Loop
  readonly channel: ControllerChannel
  readonly logger: Logger
  /** First offset of the metadata log not yet known here. */
  readonly metadataOffset: () => number
  /** Calls back when everything the metadata asks of this broker is open. */
  readonly whenReady: (done: () => void) => void
  /** Makes the epoch durable. */
  readonly remember: (brokerEpoch: number, done: () => void) => void
  readonly onFatal: (reason: string) => void
}

const plaintext = 0

export class Lifecycle {
  /** -1 until registered. */
  brokerEpoch = -1
  readonly #options: LifecycleOptions
  #ready = false
  #remembered = false
  #caughtUp = false
  #leaving: (() => void) | undefined
  #timer: TimerId | undefined
  #beating = false
  #stopped = false

  constructor(options: LifecycleOptions) {
    this.#options = options
  }

  start(): void {
    this.#register()
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== undefined) this.#options.loop.cancel(this.#timer)
  }

  /** Asks the controller to move leadership away first; `done` when it has, or when it cannot be asked in time. */
  leave(done: () => void): void {
    if (this.brokerEpoch < 0 || !this.#options.config.controlledShutdownEnable) return done()
    this.#leaving = done
    this.#options.loop.after(this.#options.config.brokerSessionTimeoutMs, () => this.#left())
    this.#beatIn(0)
    return undefined
  }

  #left(): void {
    const done = this.#leaving
    this.#leaving = undefined
    this.stop()
    done?.()
  }

  #register(): void {
    const { config, clusterId, incarnationId, previousBrokerEpoch, listeners, channel, loop } = this.#options
    if (this.#stopped) return
    const body = {
      brokerId: config.nodeId,
      clusterId,
      incarnationId,
      listeners: listeners.map(({ name, host, port }) => ({ name, host, port, securityProtocol: plaintext })),
      features: [],
      rack: config.rack,
      logDirs: [],
      previousBrokerEpoch: toBigInt(previousBrokerEpoch),
    }
    channel.request(apis.BrokerRegistration, body, (answer) => {
      if (this.#stopped) return
      const code = answer.ok ? answer.body.errorCode : errorCode.NETWORK_EXCEPTION
      if (code === errorCode.INCONSISTENT_CLUSTER_ID) return this.#options.onFatal('the controller is of another cluster')
      if (!answer.ok || code !== errorCode.NONE) return void loop.after(config.quorumRetryBackoffMs, () => this.#register())
      this.brokerEpoch = toNumber(answer.body.brokerEpoch)
      this.#options.logger('info', 'registered', { brokerEpoch: this.brokerEpoch })
      this.#beatIn(this.#options.config.brokerHeartbeatIntervalMs)
      return this.#options.remember(this.brokerEpoch, () => {
        this.#remembered = true
        this.metadataAdvanced()
      })
    })
  }

  /** To be called when more of the metadata log is known. */
  metadataAdvanced(): void {
    if (this.#caughtUp || !this.#remembered || this.#options.metadataOffset() <= this.brokerEpoch) return
    this.#caughtUp = true
    this.#options.whenReady(() => {
      this.#ready = true
      this.#beatIn(0)
    })
  }

  #beatIn(delayMs: number): void {
    if (this.#stopped) return
    if (this.#timer !== undefined) this.#options.loop.cancel(this.#timer)
    this.#timer = this.#options.loop.after(delayMs, () => this.#beat())
  }

  #beat(): void {
    const { config, channel, metadataOffset } = this.#options
    this.#beatIn(config.brokerHeartbeatIntervalMs)
    if (this.#beating) return
    this.#beating = true
    const body = {
      brokerId: config.nodeId,
      brokerEpoch: toBigInt(this.brokerEpoch),
      currentMetadataOffset: toBigInt(metadataOffset() - 1),
      wantFence: !this.#ready,
      wantShutDown: this.#leaving !== undefined,
    }
    channel.request(apis.BrokerHeartbeat, body, (answer) => {
      this.#beating = false
      if (answer.ok && !this.#stopped) this.#answered(answer.body)
    })
  }

  #answered(body: BrokerHeartbeatResponse): void {
    if (body.errorCode === errorCode.STALE_BROKER_EPOCH || body.errorCode === errorCode.BROKER_ID_NOT_REGISTERED) {
      this.#options.logger('warn', 'heartbeat refused', { error: errorName(body.errorCode) })
    }
    if (this.#leaving === undefined || body.errorCode !== errorCode.NONE) return
    if (body.shouldShutDown) this.#left()
    else this.#beatIn(this.#options.config.brokerHeartbeatIntervalMs / 10)
  }
}
