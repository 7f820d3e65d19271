/** Connections to one broker, by name, one request at a time on each: what was answered, or in words what came instead. */
import type { ConnectionId } from '../../ports/events.ts'
import { Loop } from '../../ports/loop.ts'
import { apis, type AnyApi } from '../../protocol/apis.ts'
import { decodeResponse, encodeRequest, readCorrelationId } from '../../protocol/frames.ts'
import { MalformedMessage } from '../../protocol/malformed.ts'
import type { Decoded, Message } from '../../protocol/message.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export type Outcome = { readonly body: object } | { readonly instead: 'closed' | 'no answer' | 'unreachable' | `malformed: ${string}` }

interface Open {
  readonly id: ConnectionId
  /** Takes what comes: a frame, or undefined for the end. */
  waiting: ((frame: Uint8Array | undefined) => void) | undefined
  isConnected: boolean
}

const clientId = 'conformance'

export class Session {
  readonly #loop: Loop
  readonly #address: Address
  readonly #timeoutMs: number
  readonly #connections = new Map<string, Open>()
  #nextCorrelationId = 1

  constructor(loop: Loop, address: Address, timeoutMs: number) {
    this.#loop = loop
    this.#address = address
    this.#timeoutMs = timeoutMs
  }

  async ask(api: AnyApi, version: number, request: { readonly body: object; readonly connection: string }): Promise<Outcome> {
    const frame = this.#frame(api, version, request.body)
    const answer = await this.#exchange(request.connection, frame)
    if (typeof answer === 'string') return { instead: answer }
    try {
      return { body: decodeResponse(api, version, answer).body }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.#drop(request.connection)
      return { instead: `malformed: ${error.message}` }
    }
  }

  /** The answer's body; undefined when there is none. */
  async body<Req extends Message, Res extends Message>(
    api: { readonly request: Req; readonly response: Res } & AnyApi,
    version: number,
    body: object,
  ): Promise<Decoded<Res> | undefined> {
    const outcome = await this.ask(api, version, { body, connection: 'own' })
    return 'body' in outcome ? (outcome.body as Decoded<Res>) : undefined
  }

  /** A request that is not answered (acks=0): whether the connection outlives it. */
  async tell(api: AnyApi, version: number, request: { readonly body: object; readonly connection: string }): Promise<Outcome> {
    const open = this.#open(request.connection)
    this.#loop.send(open.id, this.#frame(api, version, request.body))
    const answer = await this.#exchange(request.connection, this.#frame(apis.ApiVersions, 0, {}))
    return { instead: typeof answer === 'string' ? answer : 'no answer' }
  }

  close(): void {
    for (const name of this.#connections.keys()) this.#drop(name)
  }

  #frame(api: AnyApi, version: number, body: object): Uint8Array {
    return encodeRequest(api, version, { correlationId: this.#nextCorrelationId++, clientId }, body as never)
  }

  #exchange(name: string, frame: Uint8Array): Promise<Uint8Array | 'closed' | 'no answer' | 'unreachable'> {
    const open = this.#open(name)
    const expected = new DataView(frame.buffer, frame.byteOffset).getInt32(4)
    return new Promise((resolve) => {
      const timer = this.#loop.after(this.#timeoutMs, () => {
        this.#drop(name)
        resolve('no answer')
      })
      open.waiting = (answer) => {
        if (answer !== undefined && readCorrelationId(answer) !== expected) return
        this.#loop.cancel(timer)
        open.waiting = undefined
        resolve(answer ?? (open.isConnected ? 'closed' : 'unreachable'))
      }
      this.#loop.send(open.id, frame)
    })
  }

  #open(name: string): Open {
    const existing = this.#connections.get(name)
    if (existing !== undefined) return existing
    const id = this.#loop.connect(this.#address.host, this.#address.port, {
      onConnected: () => (open.isConnected = true),
      onFrame: (frame) => open.waiting?.(frame),
      onClosed: () => {
        this.#connections.delete(name)
        open.waiting?.(undefined)
      },
    })
    const open: Open = { id, waiting: undefined, isConnected: false }
    this.#connections.set(name, open)
    return open
  }

  #drop(name: string): void {
    const open = this.#connections.get(name)
    if (open === undefined) return
    this.#connections.delete(name)
    this.#loop.close(open.id)
  }
}
