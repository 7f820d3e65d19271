/** Whether a request, or an answer, is one a rule means. */
import type { AnyApi } from '../../protocol/api.ts'
import { apiByKey, apis } from '../../protocol/apis.ts'
import { decodeRequestBody, decodeRequestHeader } from '../../protocol/frames.ts'
import { MalformedMessage } from '../../protocol/malformed.ts'
import { partitionsIn, transactionalIdsIn, type TopicPartition } from './message-facts.ts'
import type { WireMatch } from './rule.ts'

/** A request as the proxy knows it. */
export interface Asked {
  /** undefined when it is none we know: then no rule can mean it. */
  readonly api: AnyApi | undefined
  readonly apiKey: number
  readonly version: number
  readonly correlationId: number
  readonly client: string
  readonly node: number
  readonly transactionalIds: readonly string[]
  readonly partitions: readonly TopicPartition[]
  /** False for a Produce with acks 0. */
  readonly isAnswered: boolean
  /** Without length bytes. */
  readonly frame: Uint8Array
}

export interface Passing {
  readonly asked: Asked
  /** Missing: it is the request itself. Errors of the answer otherwise. */
  readonly errors?: readonly string[]
}

/** MalformedMessage when there is not even a header. */
export function readRequest(frame: Uint8Array, node: number, nameOf: (topicId: string) => string | undefined): Asked {
  const { apiKey, apiVersion: version, correlationId, clientId, bodyStart } = decodeRequestHeader(frame)
  const api = bodyStart < 0 ? undefined : apiByKey(apiKey)
  const head = { api, apiKey, version, correlationId, client: clientId ?? '', node, frame, isAnswered: true }
  if (api === undefined) return { ...head, transactionalIds: [], partitions: [] }
  try {
    const body = decodeRequestBody(api, version, frame, bodyStart)
    const isAnswered = api.key !== apis.Produce.key || (body as { readonly acks?: number }).acks !== 0
    return { ...head, isAnswered, transactionalIds: transactionalIdsIn(body), partitions: partitionsIn(body, nameOf) }
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return { ...head, transactionalIds: [], partitions: [] }
  }
}

export function matches(match: WireMatch, { asked, errors }: Passing): boolean {
  const { api, of = 'request', client, node, transactionalId, topic, partition, error } = match
  if (asked.api?.name !== api || (of === 'answer') !== (errors !== undefined)) return false
  if (client !== undefined && client !== asked.client) return false
  if (node !== undefined && node !== asked.node) return false
  if (transactionalId !== undefined && !asked.transactionalIds.includes(transactionalId)) return false
  if (error !== undefined && !(errors?.includes(error) ?? false)) return false
  if (topic === undefined && partition === undefined) return true
  return asked.partitions.some((each) => (topic ?? each.topic) === each.topic && (partition ?? each.partition) === each.partition)
}
