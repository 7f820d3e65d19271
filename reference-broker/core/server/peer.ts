/**
 * One outgoing connection to another node: requests in, answers or one failure each out. It reconnects when next asked;
 * whoever asks decides whether and when to try again. Versions are not negotiated: all nodes of a cluster run this code.
 */
import type { AnyApi, Api } from '../../../protocol/apis.ts'
import type { Decoded, Encodable, Message } from '../../../protocol/message.ts'
import { decodeResponse, encodeRequest, readCorrelationId } from '../../../protocol/frames.ts'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import type { ConnectionId, TimerId } from '../../../ports/events.ts'
import type { Loop } from '../../../ports/loop.ts'

export type PeerAnswer<Body> = { readonly ok: true; readonly body: Body } | { readonly ok: false; readonly reason: string }

interface Pending {
  readonly api: AnyApi
  readonly version: number
  readonly timer: TimerId
  readonly done: (answer: PeerAnswer<never>) => void
}

export interface PeerAddress {
  readonly host: string
  readonly port: number
}

export class Peer {
  readonly #loop: Loop
  readonly #clientId: string
  readonly #address: () => PeerAddress | undefined
  #connection: ConnectionId | undefined
  #nextCorrelationId = 1
  readonly #pending = new Map<number, Pending>()

  /** `address` is asked at each connect, because brokers move. */
  constructor(loop: Loop, clientId: string, address: () => PeerAddress | undefined) {
    this.#loop = loop
    this.#clientId = clientId
    this.#address = address
  }

  /** Sends at the API's highest version. `done` is called exactly once, never from inside this call. */
  request<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: Encodable<Req>,
    timeoutMs: number,
    done: (answer: PeerAnswer<Decoded<Res>>) => void,
  ): void {
    this.requestAt(api, api.versions.max, { body, timeoutMs, done })
  }

  requestAt<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    version: number,
    call: { body: Encodable<Req>; timeoutMs: number; done: (answer: PeerAnswer<Decoded<Res>>) => void },
  ): void {
    const connection = this.#connect()
    if (connection === undefined) {
      this.#loop.after(0, () => call.done({ ok: false, reason: 'no address' }))
      return
    }
    const correlationId = this.#nextCorrelationId++
    const timer = this.#loop.after(call.timeoutMs, () => this.close(`${api.name} timed out`))
    this.#pending.set(correlationId, { api, version, timer, done: call.done as Pending['done'] })
    this.#loop.send(connection, encodeRequest(api, version, { correlationId, clientId: this.#clientId }, call.body))
  }

  #connect(): ConnectionId | undefined {
    if (this.#connection !== undefined) return this.#connection
    const address = this.#address()
    if (address === undefined) return undefined
    const connection = this.#loop.connect(address.host, address.port, {
      onFrame: (frame) => this.#answered(frame),
      onClosed: (reason) => {
        this.#connection = undefined
        this.#failAll(reason)
      },
    })
    this.#connection = connection
    return connection
  }

  /** Somebody else may be at the address meanwhile. */
  #answered(frame: Uint8Array): void {
    const answer = this.#read(frame)
    if (typeof answer === 'string') return this.close(answer)
    const { correlationId, pending, body } = answer
    this.#pending.delete(correlationId)
    this.#loop.cancel(pending.timer)
    return pending.done({ ok: true, body: body as never })
  }

  /** Or what is wrong with it. */
  #read(frame: Uint8Array): { readonly correlationId: number; readonly pending: Pending; readonly body: unknown } | string {
    try {
      const correlationId = readCorrelationId(frame)
      const pending = this.#pending.get(correlationId)
      if (pending === undefined) return 'an answer nobody asked for'
      return { correlationId, pending, body: decodeResponse(pending.api, pending.version, frame).body }
    } catch (error) {
      if (error instanceof MalformedMessage) return `malformed answer: ${error.message}`
      throw error
    }
  }

  close(reason: string): void {
    if (this.#connection !== undefined) this.#loop.close(this.#connection)
    this.#connection = undefined
    this.#failAll(reason)
  }

  #failAll(reason: string): void {
    const failed = [...this.#pending.values()]
    this.#pending.clear()
    for (const pending of failed) this.#loop.cancel(pending.timer)
    for (const pending of failed) pending.done({ ok: false, reason })
  }
}
