/**
 * The way to one address: opens a connection when a request needs one, and after a loss waits before the next try, longer
 * each time, so that a dead broker costs little and a returning one is not stormed. While it waits, requests fail at once
 * as `refused`: who asks decides when to ask again.
 */
import type { Loop } from '../../ports/loop.ts'
import type { AnyApi, Api } from '../../protocol/apis.ts'
import type { Message } from '../../protocol/message.ts'
import { BrokerConnection } from './broker-connection.ts'
import type { BodyOf, BrokerAddress, RequestFailure, RequestLimits, RequestResult, SentResult } from './broker-connection.ts'
import type { Sasl } from './sasl.ts'

export interface LinkOptions {
  readonly clientId: string
  readonly requestTimeoutMs: number
  readonly sasl?: Sasl
  /** Wait after the first failure to connect; doubles up to `reconnectBackoffMaxMs`, each within ±20 %. */
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
}

/** `delayMs` times 0.8 to 1.2. */
export function jittered(loop: Loop, delayMs: number): number {
  return delayMs * (0.8 + 0.4 * loop.ports.random.next())
}

export class BrokerLink {
  readonly address: BrokerAddress
  readonly #loop: Loop
  readonly #options: LinkOptions
  #connection: BrokerConnection | undefined
  #failures = 0
  #retryAtMs = 0
  #closed = false

  constructor(loop: Loop, address: BrokerAddress, options: LinkOptions) {
    this.#loop = loop
    this.address = address
    this.#options = options
  }

  get isReady(): boolean {
    return this.#connection?.isReady === true
  }

  /** False while it waits after a loss. */
  get isUsable(): boolean {
    return this.#connection !== undefined || this.#loop.now() >= this.#retryAtMs
  }

  get openRequests(): number {
    return this.#connection?.openRequests ?? 0
  }

  /** undefined also while no connection is ready. */
  versionOf(api: AnyApi): number | undefined {
    return this.#connection?.versionOf(api)
  }

  /** undefined while no connection is ready. */
  featureLevel(name: string): number | undefined {
    return this.isReady ? this.#connection!.featureLevel(name) : undefined
  }

  request<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: BodyOf<NoInfer<Req>>,
    done: (result: RequestResult<NoInfer<Res>>) => void,
    limits?: RequestLimits,
  ): void {
    const connection = this.#open()
    if (connection === undefined) this.#refuse(done)
    else connection.request(api, body, done, limits)
  }

  tell<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: BodyOf<NoInfer<Req>>,
    done: (result: SentResult) => void,
    limits?: RequestLimits,
  ): void {
    const connection = this.#open()
    if (connection === undefined) this.#refuse(done)
    else connection.tell(api, body, done, limits)
  }

  close(): void {
    this.#closed = true
    this.#connection?.close()
    this.#connection = undefined
  }

  #refuse(done: (result: RequestFailure) => void): void {
    this.#loop.after(0, () => done({ ok: false, reason: 'refused', mayHaveHappened: false }))
  }

  #open(): BrokerConnection | undefined {
    if (this.#closed || !this.isUsable) return undefined
    this.#connection ??= new BrokerConnection(this.#loop, this.address, {
      clientId: this.#options.clientId,
      requestTimeoutMs: this.#options.requestTimeoutMs,
      ...(this.#options.sasl !== undefined && { sasl: this.#options.sasl }),
      onReady: () => {
        this.#failures = 0
      },
      onClosed: () => this.#lost(),
    })
    return this.#connection
  }

  #lost(): void {
    const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.#options
    const delayMs = Math.min(reconnectBackoffMaxMs, reconnectBackoffMs * 2 ** this.#failures)
    this.#failures++
    this.#retryAtMs = this.#loop.now() + jittered(this.#loop, delayMs)
    this.#connection = undefined
  }
}
