/**
 * The listening side: frames in, answers out in request order. One request of a connection is in work at a time, as in
 * Kafka, so what is behind a long poll or an acks=all produce waits. Whatever cannot be understood costs the connection
 * it came on and nothing else. Every connection that ends is logged once, with its reason.
 */
import { apiByKey, type AnyApi, type Api } from '../../../protocol/apis.ts'
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from '../../../protocol/frames.ts'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import type { Decoded, Encodable, Message } from '../../../protocol/message.ts'
import type { ConnectionId } from '../../../ports/events.ts'
import type { ConnectionHandler, Loop } from '../../../ports/loop.ts'
import type { Logger } from '../logger.ts'

export interface RequestContext {
  readonly connection: ConnectionId
  readonly listener: string
  readonly remote: string
  readonly clientId: string | null
  readonly apiVersion: number
  /** Ends the connection without an answer: for what cannot be reported otherwise. */
  readonly close: (reason: string) => void
  /** Calls back when the connection ends before the answer: nobody waits for it any more. Still answer, or close. */
  readonly onGone: (call: () => void) => void
}

/** One API's handler. `respond(undefined)` sends no answer (acks=0). Exactly one call of `respond` or `close`. */
export interface Handler {
  readonly api: AnyApi
  readonly handle: (context: RequestContext, body: never, respond: (body: never) => void) => void
}

export function handler<Req extends Message, Res extends Message>(
  api: Api<Req, Res>,
  handle: (context: RequestContext, body: Decoded<Req>, respond: (body: Encodable<Res> | undefined) => void) => void,
): Handler {
  return { api, handle: handle as unknown as Handler['handle'] }
}

/** Answers an ApiVersions request of a version nobody knows: the one API that must work before versions are agreed. */
export type UnknownApiVersions = (correlationId: number) => Uint8Array

export interface ServerOptions {
  readonly loop: Loop
  readonly logger: Logger
  /** By listener name. */
  readonly handlers: ReadonlyMap<string, readonly Handler[]>
  /** Listeners whose connections are accepted and hear nothing until `release`. */
  readonly held: Iterable<string>
  readonly unknownApiVersions: UnknownApiVersions
  /** A connection without requests for this long is closed; negative: never. */
  readonly maxIdleMs: number
}

interface Connection {
  readonly id: ConnectionId
  readonly listener: string
  readonly remote: string
  readonly handlers: ReadonlyMap<number, Handler>
  readonly queue: Uint8Array[]
  queuedBytes: number
  /** A request is in work. */
  busy: boolean
  /** The loop below runs: an answer given at once must not start it again inside itself. */
  working: boolean
  paused: boolean
  /** When the last request came or the last answer was given. */
  lastUsedMs: number
  /** The API that was asked for last, and by whom. */
  api: string | undefined
  clientId: string | undefined
  /** Who is to know that nobody waits for the answer in work. */
  gone: (() => void) | undefined
}

/** Frames of one connection kept while an earlier one is in work; beyond either the network is asked to stop. */
const queueLimit = 8
const queueLimitBytes = 1 << 20
const loggedClientIdMax = 64
/** How the network says that a client left of its own accord. */
const peersOwnReasons: ReadonlySet<string> = new Set(['closed by peer', 'reset'])
const apiVersionsKey = 18
/** Looks at idle connections within the time they may be idle. */
const idleLooks = 10

export class Server {
  readonly #options: ServerOptions
  readonly #tables = new Map<string, ReadonlyMap<number, Handler>>()
  readonly #connections = new Map<ConnectionId, Connection>()
  readonly #held: Set<string>

  constructor(options: ServerOptions) {
    this.#options = options
    this.#held = new Set(options.held)
    for (const [listener, handlers] of options.handlers) {
      this.#tables.set(listener, new Map(handlers.map((each) => [each.api.key, each])))
    }
    if (options.maxIdleMs >= 0) this.#closeIdleLater()
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  accept(listener: string, id: ConnectionId, remote: string): ConnectionHandler {
    const handlers = this.#tables.get(listener)
    if (handlers === undefined) throw new Error(`no handlers for listener ${listener}`)
    const lastUsedMs = this.#options.loop.now()
    const state = { queue: [], queuedBytes: 0, busy: false, working: false, paused: false, lastUsedMs, api: undefined, clientId: undefined, gone: undefined }
    const connection: Connection = { id, listener, remote, handlers, ...state }
    this.#connections.set(id, connection)
    return {
      onFrame: (frame) => {
        connection.lastUsedMs = this.#options.loop.now()
        connection.queue.push(frame)
        connection.queuedBytes += frame.length
        this.#work(connection)
      },
      onDrained: () => this.#work(connection),
      onClosed: (reason) => this.#ended(connection, reason),
    }
  }

  /** Answers what was held, and all that comes. */
  release(): void {
    if (this.#held.size === 0) return
    this.#held.clear()
    for (const connection of this.#connections.values()) this.#work(connection)
  }

  #closeIdleLater(): void {
    const { loop, maxIdleMs } = this.#options
    loop.after(Math.max(idleLooks, maxIdleMs) / idleLooks, () => {
      const nowMs = loop.now()
      for (const connection of this.#connections.values()) {
        if (!connection.busy && nowMs - connection.lastUsedMs > maxIdleMs) this.#close(connection, 'idle')
      }
      this.#closeIdleLater()
    })
  }

  closeAll(): void {
    for (const { id } of this.#connections.values()) this.#options.loop.close(id)
    this.#connections.clear()
  }

  #close(connection: Connection, reason: string): void {
    this.#ended(connection, reason)
    this.#options.loop.close(connection.id)
  }

  #ended(connection: Connection, reason: string): void {
    if (!this.#connections.delete(connection.id)) return
    const { remote, listener } = connection
    const { api, clientId } = connection.api === undefined ? firstAsked(connection.queue) : connection
    const level = peersOwnReasons.has(reason) ? 'info' : 'warn'
    const known = { ...(api !== undefined && { api }), ...(clientId !== undefined && { clientId }) }
    this.#options.logger(level, 'connection closed', { remote, listener, reason, ...known })
    connection.gone?.()
  }

  #work(connection: Connection): void {
    if (connection.working) return
    connection.working = true
    const { network } = this.#options.loop.ports
    while (this.#mayTake(connection)) {
      const frame = connection.queue.shift()
      if (frame === undefined) break
      connection.queuedBytes -= frame.length
      this.#handle(connection, frame)
    }
    connection.working = false
    const crowded = connection.queue.length >= queueLimit || connection.queuedBytes >= queueLimitBytes
    if (crowded !== connection.paused && this.#connections.has(connection.id)) {
      connection.paused = crowded
      if (crowded) network.pause(connection.id)
      else network.resume(connection.id)
    }
  }

  #mayTake({ id, busy, listener }: Connection): boolean {
    return !busy && !this.#held.has(listener) && this.#connections.has(id) && !this.#options.loop.ports.network.isFull(id)
  }

  #handle(connection: Connection, frame: Uint8Array): void {
    try {
      this.#dispatch(connection, frame)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.#close(connection, `malformed request: ${error.message}`)
    }
  }

  #dispatch(connection: Connection, frame: Uint8Array): void {
    const header = decodeRequestHeader(frame)
    const { apiKey, apiVersion, correlationId, clientId } = header
    connection.api = apiByKey(apiKey)?.name
    connection.clientId = clientId?.slice(0, loggedClientIdMax)
    const found = connection.handlers.get(apiKey)
    if (found === undefined) return this.#close(connection, `API ${apiByKey(apiKey)?.name ?? apiKey} is not served here`)
    const { versions } = found.api
    if (apiVersion < versions.min || apiVersion > versions.max) {
      if (apiKey !== apiVersionsKey) return this.#close(connection, `${found.api.name} version ${apiVersion} is not served`)
      return this.#options.loop.send(connection.id, this.#options.unknownApiVersions(correlationId))
    }
    const body = decodeRequestBody(found.api, apiVersion, frame, header.bodyStart)
    connection.busy = true
    const { id, listener, remote } = connection
    const close = (reason: string): void => this.#close(connection, reason)
    const onGone = (call: () => void): void => void (connection.gone = call)
    found.handle({ connection: id, listener, remote, clientId, apiVersion, close, onGone }, body as never, (answer: unknown) => {
      if (!connection.busy) throw new Error(`${found.api.name} answered twice`)
      connection.busy = false
      connection.gone = undefined
      connection.lastUsedMs = this.#options.loop.now()
      if (!this.#connections.has(id)) return this.#options.logger('debug', 'answer lost', { remote, api: found.api.name })
      if (answer !== undefined) {
        this.#options.loop.send(id, encodeResponse(found.api, apiVersion, correlationId, answer as never))
      }
      if (connection.queue.length > 0) this.#work(connection)
    })
  }
}

/** Who was never answered. */
function firstAsked([frame]: readonly Uint8Array[]): { readonly api?: string | undefined; readonly clientId?: string | undefined } {
  if (frame === undefined) return {}
  try {
    const { apiKey, clientId } = decodeRequestHeader(frame)
    return { api: apiByKey(apiKey)?.name, clientId: clientId?.slice(0, loggedClientIdMax) }
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return {}
  }
}
