/**
 * Answers on their way through the proxy: read, so that rules can mean them, and changed so that who gets them stays behind the
 * proxy: every broker's address is the proxy's for it, and no version is promised that the proxy could not read.
 */
import { apiByKey, apis, type AnyApi } from '../../protocol/apis.ts'
import { decodeResponse, encodeResponse } from '../../protocol/frames.ts'
import { MalformedMessage } from '../../protocol/malformed.ts'
import type { Decoded } from '../../protocol/message.ts'
import type { Asked } from './matching.ts'
import { errorsIn, topicNamesIn, withAddresses, withError, type Address } from './message-facts.ts'

export interface Answered {
  /** As it goes on. */
  readonly frame: Uint8Array
  readonly errors: readonly string[]
  /** In Metadata answers. */
  readonly topicNames: readonly (readonly [topicId: string, name: string])[]
}

/** Those whose answers tell addresses; Fetch only when a leader has moved. */
const tellAddresses: ReadonlySet<number> = new Set([
  apis.Produce.key, apis.Fetch.key, apis.Metadata.key, apis.FindCoordinator.key, apis.DescribeCluster.key,
])

export function readAnswer(asked: Asked, frame: Uint8Array, addressOf: (node: number) => Address | undefined): Answered {
  const body = decoded(asked, frame)
  if (asked.api === undefined || body === undefined) return { frame, errors: [], topicNames: [] }
  const errors = errorsIn(body)
  const topicNames = asked.api.key === apis.Metadata.key ? topicNamesIn(body) : []
  const changed = asked.api.key === apis.ApiVersions.key ? capped(body) : tellAddresses.has(asked.api.key) ? withAddresses(body, addressOf) : body
  return { frame: changed === body ? frame : encoded(asked, changed), errors, topicNames }
}

/** The same answer with this error in it. */
export function answerWithError(asked: Asked, frame: Uint8Array, code: number): Uint8Array {
  const body = decoded(asked, frame)
  if (body === undefined) throw new Error(`the answer to ${asked.api?.name ?? asked.apiKey} cannot be read, so it cannot be changed`)
  return encoded(asked, withError(body, code))
}

function decoded({ api, version }: Asked, frame: Uint8Array): unknown {
  if (api === undefined) return undefined
  try {
    return decodeResponse(api, version, frame).body
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return undefined
  }
}

function encoded({ api, version, correlationId }: Asked, body: unknown): Uint8Array {
  return encodeResponse(api as AnyApi, version, correlationId, body as never)
}

function capped(body: unknown): unknown {
  const answer = body as Decoded<typeof apis.ApiVersions.response>
  if (answer.errorCode !== 0) return body
  const apiKeys = answer.apiKeys.map((each) => {
    const ours = apiByKey(each.apiKey)?.versions.max
    return ours === undefined || ours >= each.maxVersion || ours < each.minVersion ? each : { ...each, maxVersion: ours }
  })
  return { ...answer, apiKeys }
}
