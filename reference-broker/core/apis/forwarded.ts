/**
 * Requests a broker takes for the controller: whatever changes the metadata, and DescribeQuorum. Any broker must accept them,
 * because clients ask whichever they like. While no controller answers, the broker asks again until the time is up.
 */
import type { Api } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import type { Decoded, Encodable, Message } from '../../../protocol/message.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

export interface Forwarded<Req extends Message, Res extends Message> {
  readonly api: Api<Req, Res>
  /** How long the client is willing to wait. */
  readonly timeoutMs: (request: Decoded<Req>) => number
  /** Takes out what this broker answers itself. */
  readonly split?: (request: Decoded<Req>) => Split<Req, Res>
  /** Whether the node asked was not the controller any more. */
  readonly wasNotController: (response: Decoded<Res>) => boolean
  /** The answer when nobody could be asked in time. */
  readonly failed: (request: Decoded<Req>, error: number, apiVersion: number) => Encodable<Res>
}

export interface Split<Req extends Message, Res extends Message> {
  /** What is left for the controller. */
  readonly rest: Decoded<Req>
  /** The whole answer, from what the controller says of the rest. */
  readonly whole: (answer: Decoded<Res>) => Encodable<Res>
}

export function forwardedHandler<Req extends Message, Res extends Message>(
  node: BrokerNode,
  forwarded: Forwarded<Req, Res>,
): Handler {
  const { api } = forwarded
  return handler(api, (context, request, respond) => {
    const { apiVersion } = context
    const split = forwarded.split?.(request)
    const asked = split?.rest ?? request
    let open = true
    const finish = (body: Encodable<Res>): void => {
      if (!open) return
      open = false
      node.loop.cancel(timer)
      respond(body)
    }
    const timer = node.loop.after(Math.min(forwarded.timeoutMs(request), node.config.requestTimeoutMs), () => {
      finish(forwarded.failed(request, errorCode.REQUEST_TIMED_OUT, apiVersion))
    })
    const attempt = (): void => {
      if (!open) return
      node.channel.requestAt(api, apiVersion, asked as never, (answer) => {
        if (answer.ok && !forwarded.wasNotController(answer.body)) finish(split?.whole(answer.body) ?? (answer.body as never))
        else node.loop.after(node.config.quorumRetryBackoffMs * 5, attempt)
      })
    }
    attempt()
  })
}
