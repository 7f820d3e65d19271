/** A client that does exactly what it is told: which request, to which broker, over which of its connections. */
import type { Loop } from '../../ports/loop.ts'
import { errorsIn, type Address } from '../../nemesis/wire-rules/message-facts.ts'
import type { Api } from '../../protocol/apis.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import type { Decoded, Encodable, Message } from '../../protocol/message.ts'
import { BrokerConnection } from '../../workloads/client/broker-connection.ts'
import { told, type Play } from './play.ts'

export interface RawClientOptions {
  readonly clientId: string
  readonly addressOf: (node: number) => Address
  readonly requestTimeoutMs: number
}

/** `error`: the first there is in the answer, NONE when there is none. */
export interface Reply<Body = unknown> {
  readonly error: ErrorName | 'NO_ANSWER'
  readonly node: number
  readonly body?: Body
}

export interface Asking {
  readonly node: number
  readonly maxVersion?: number
  /** One is made for each name; `main` when missing. */
  readonly connection?: string
}

export class RawClient {
  readonly #loop: Loop
  readonly #options: RawClientOptions
  readonly #connections = new Map<string, BrokerConnection>()

  constructor(loop: Loop, options: RawClientOptions) {
    this.#loop = loop
    this.#options = options
  }

  get clientId(): string {
    return this.#options.clientId
  }

  *ask<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: Encodable<NoInfer<Req>>,
    { node, maxVersion = 999, connection = 'main' }: Asking,
  ): Play<Reply<Decoded<NoInfer<Res>>>> {
    const link = this.#connection(node, connection)
    const result = yield* told<Parameters<Parameters<typeof link.request<Req, Res>>[2]>[0]>((done) =>
      link.request(api, () => body, done, { maxVersion }))
    if (!result.ok) return { error: result.reason === 'unsupported' ? 'UNSUPPORTED_VERSION' : 'NO_ANSWER', node }
    const error = errorsIn(result.body).find((name) => name !== 'NONE') ?? 'NONE'
    return { error: error as ErrorName, node, body: result.body }
  }

  #connection(node: number, name: string): BrokerConnection {
    const key = `${node} ${name}`
    const open = this.#connections.get(key)
    if (open !== undefined && !open.isClosed) return open
    const { clientId, requestTimeoutMs, addressOf } = this.#options
    const made = new BrokerConnection(this.#loop, addressOf(node), { clientId, requestTimeoutMs, onReady: () => undefined, onClosed: () => undefined })
    this.#connections.set(key, made)
    return made
  }

  /** Whoever waits for an answer is never told. */
  disconnect(): void {
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
  }
}
