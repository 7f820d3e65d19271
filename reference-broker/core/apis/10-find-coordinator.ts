/**
 * FindCoordinator v0-6: the leader of the internal topic's partition that the key falls on. The first question makes the topic;
 * until it is there and led by a live broker the answer is COORDINATOR_NOT_AVAILABLE, and clients ask again. Kinds of keys nobody
 * here coordinates are INVALID_REQUEST.
 * Version notes: v0 groups only; v4 a list of keys with one answer each, the single fields unused.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { partitionOfKey } from '../coordinator/key-partition.ts'
import { offsetsTopic, transactionsTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler, type RequestContext } from '../server/server.ts'

export const coordinatorKeyType = { group: 0, transaction: 1, share: 2 } as const
/** In which topic a kind of keys lives. */
/** Of share groups (KIP-932), which nobody coordinates here; Kafka says as little of a key that names no partition. */
const shareKeyType = 2
const topicOfKeyType: ReadonlyMap<number, string> = new Map([
  [coordinatorKeyType.group, offsetsTopic],
  [coordinatorKeyType.transaction, transactionsTopic],
])
const batchedSinceVersion = 4

interface Found {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export function findCoordinatorHandler(node: BrokerNode): Handler {
  return handler(apis.FindCoordinator, (context, request, respond) => {
    const { keyType } = request
    if (context.apiVersion >= batchedSinceVersion) {
      const coordinators = request.coordinatorKeys.map((key) => ({ key, ...find(node, context, { key, keyType }) }))
      return respond({ coordinators })
    }
    const found = find(node, context, { key: request.key, keyType })
    const name = found.errorCode === errorCode.NONE ? 'NONE' : found.errorMessage
    return respond({ ...found, errorMessage: name })
  })
}

function find(node: BrokerNode, context: RequestContext, asked: { readonly key: string; readonly keyType: number }): Found {
  const topic = topicOfKeyType.get(asked.keyType)
  if (asked.keyType === shareKeyType) return { ...refused('INVALID_REQUEST'), errorMessage: '' }
  if (topic === undefined) return { ...refused('INVALID_REQUEST'), errorMessage: `No coordinator is for keys of type ${asked.keyType}.` }
  const image = node.image.topicsByName.get(topic)
  if (image === undefined || image.partitions.length === 0) {
    node.internalTopics.create(topic)
    return refused('COORDINATOR_NOT_AVAILABLE')
  }
  const { leader } = image.partitions[partitionOfKey(asked.key, image.partitions.length)]!
  const endpoint = node.image.isLive(leader) ? node.endpointOf(leader, context.listener) : undefined
  if (endpoint === undefined) return refused('COORDINATOR_NOT_AVAILABLE')
  return { errorCode: errorCode.NONE, errorMessage: '', nodeId: leader, host: endpoint.host, port: endpoint.port }
}

function refused(error: ErrorName): Found {
  return { errorCode: errorCode[error], errorMessage: `${error}: nobody coordinates this key now.`, nodeId: -1, host: '', port: -1 }
}
