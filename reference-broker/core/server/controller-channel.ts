/**
 * How a broker speaks to whoever is the active controller: by its own hands when that is this very node, else over the
 * network. An answer of NOT_CONTROLLER, or none, is the caller's to repeat.
 */
import { decodeMessage, encodeMessage } from '../../../protocol/codec.ts'
import type { Api } from '../../../protocol/apis.ts'
import type { Decoded, Encodable, Message } from '../../../protocol/message.ts'
import type { Peer, PeerAnswer } from './peer.ts'

export interface ControllerChannelOptions {
  readonly nodeId: number
  readonly timeoutMs: number
  /** -1: not known. */
  readonly leaderId: () => number
  readonly peer: (nodeId: number) => Peer
  /** Handles a request as if it had come over the network. */
  readonly handleLocally: (api: Api, version: number, body: unknown, respond: (body: unknown) => void) => void
  /** Calls back in a turn of its own. */
  readonly later: (call: () => void) => void
}

export class ControllerChannel {
  readonly #options: ControllerChannelOptions

  constructor(options: ControllerChannelOptions) {
    this.#options = options
  }

  request<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: Encodable<Req>,
    done: (answer: PeerAnswer<Decoded<Res>>) => void,
  ): void {
    this.requestAt(api, api.versions.max, body, done)
  }

  requestAt<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    version: number,
    body: Encodable<Req>,
    done: (answer: PeerAnswer<Decoded<Res>>) => void,
  ): void {
    const { nodeId, leaderId, peer, timeoutMs, handleLocally, later } = this.#options
    const leader = leaderId()
    if (leader < 0) return later(() => done({ ok: false, reason: 'no controller known' }))
    if (leader !== nodeId) return peer(leader).requestAt(api, version, { body, timeoutMs, done })
    const decoded = throughTheWire(api.request, version, body)
    return handleLocally(api as unknown as Api, version, decoded, (answer) => {
      const answered = throughTheWire(api.response, version, answer as Encodable<Res>)
      later(() => done({ ok: true, body: answered }))
    })
  }
}

/** What the other side would have decoded: defaults filled in, nothing shared. */
function throughTheWire<M extends Message>(message: M, version: number, body: Encodable<M>): Decoded<M> {
  return decodeMessage(message, version, encodeMessage(message, version, body))
}
