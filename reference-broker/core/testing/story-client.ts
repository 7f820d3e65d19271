/** The stories' client: raw connections by name, one request at a time or several in flight, nothing retried. */
import type { AnyApi, Api } from '../../../protocol/apis.ts'
import { decodeResponse, encodeRequest, readCorrelationId } from '../../../protocol/frames.ts'
import type { Decoded, Encodable, Message } from '../../../protocol/message.ts'
import type { ConnectionId } from '../../../ports/events.ts'
import type { Loop } from '../../../ports/loop.ts'

export const closedAnswer = 'the connection was closed'

/** Where a request goes: a broker's listener, over the connection of this name. */
export interface Door {
  readonly host: string
  readonly port: number
  readonly name: string
}

interface OpenConnection {
  readonly id: ConnectionId
  readonly pending: Map<number, Pending>
}

interface Pending {
  readonly answered: (frame: Uint8Array) => void
  readonly closed: () => void
}

/** A request under way. `outcome` is what to print, undefined while there is no answer. */
export interface Asked {
  outcome: string | undefined
}

export class StoryClient {
  readonly #loop: Loop
  readonly #connections = new Map<string, OpenConnection>()
  #nextCorrelationId = 1
  /** Requests in the order in which they were answered. */
  readonly answered: Asked[] = []

  constructor(loop: Loop) {
    this.#loop = loop
  }

  ask<Req extends Message, Res extends Message>(
    door: Door,
    api: Api<Req, Res>,
    request: { readonly version: number; readonly body: Encodable<Req> },
    render: (body: Decoded<Res>) => string,
  ): Asked {
    const correlationId = this.#nextCorrelationId++
    const frame = encodeRequest(api, request.version, { correlationId, clientId: 'story' }, request.body as never)
    return this.askFrame(door, { correlationId, frame }, (answer) => {
      return render(decodeResponse(api as AnyApi, request.version, answer).body as never)
    })
  }

  /** Sends any bytes; the first answer on that connection with this correlation id is theirs. */
  askFrame(
    door: Door,
    sent: { readonly correlationId: number; readonly frame: Uint8Array },
    render: (answer: Uint8Array) => string,
  ): Asked {
    const asked: Asked = { outcome: undefined }
    const settle = (outcome: string): void => {
      asked.outcome = outcome
      this.answered.push(asked)
    }
    const connection = this.#connect(door)
    connection.pending.set(sent.correlationId, {
      answered: (frame) => settle(render(frame)),
      closed: () => settle(closedAnswer),
    })
    this.#loop.send(connection.id, sent.frame)
    return asked
  }

  isConnected(door: Door): boolean {
    return this.#connections.has(door.name)
  }

  #connect(door: Door): OpenConnection {
    const existing = this.#connections.get(door.name)
    if (existing !== undefined) return existing
    const pending = new Map<number, Pending>()
    const id = this.#loop.connect(door.host, door.port, {
      onFrame: (frame) => {
        const correlationId = readCorrelationId(frame)
        const found = pending.get(correlationId)
        if (found === undefined) throw new Error(`an answer to ${correlationId}, which nobody asked`)
        pending.delete(correlationId)
        found.answered(frame)
      },
      onClosed: () => {
        this.#connections.delete(door.name)
        for (const each of pending.values()) each.closed()
      },
    })
    const connection = { id, pending }
    this.#connections.set(door.name, connection)
    return connection
  }
}
