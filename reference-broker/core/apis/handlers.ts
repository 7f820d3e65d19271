/** What is served where. A listener advertises exactly its list, and nothing else is answered on it. */
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import type { Handler } from '../server/server.ts'
import { produceHandler } from './00-produce.ts'
import { fetchMetadataHandler } from './01-fetch-metadata.ts'
import { fetchHandler } from './01-fetch.ts'
import { listOffsetsHandler } from './02-list-offsets.ts'
import { metadataHandler } from './03-metadata.ts'
import { createTopicsForwarded, createTopicsHandler } from './19-create-topics.ts'
import { deleteTopicsForwarded, deleteTopicsHandler } from './20-delete-topics.ts'
import { initProducerIdHandler } from './22-init-producer-id.ts'
import { offsetForLeaderEpochHandler } from './23-offset-for-leader-epoch.ts'
import { controllerHandlers } from './controller-handlers.ts'
import { forwardedHandler } from './forwarded.ts'
import { quorumHandlers } from './quorum-handlers.ts'

/** For clients and for the other brokers' fetchers. */
export function brokerHandlers(node: BrokerNode): readonly Handler[] {
  return [
    produceHandler(node),
    fetchHandler(node),
    listOffsetsHandler(node),
    metadataHandler(node),
    createTopicsForwarded(node),
    deleteTopicsForwarded(node),
    initProducerIdHandler(node),
    offsetForLeaderEpochHandler(node),
    forwardedHandler(node, {
      api: apis.DescribeQuorum,
      timeoutMs: () => node.config.requestTimeoutMs,
      wasNotController: ({ topics }) => topics[0]?.partitions[0]?.errorCode === errorCode.NOT_LEADER_OR_FOLLOWER,
      failed: (_request, error) => ({ errorCode: error, topics: [], nodes: [] }),
    }),
  ]
}

/** For controllers and for brokers that speak to the active one. */
export function controllerListenerHandlers(node: QuorumNode): readonly Handler[] {
  return [
    fetchMetadataHandler(node),
    createTopicsHandler(node),
    deleteTopicsHandler(node),
    ...quorumHandlers(node),
    ...controllerHandlers(node),
  ]
}
