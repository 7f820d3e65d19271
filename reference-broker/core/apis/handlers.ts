/** What is served where. A listener advertises exactly its list, and nothing else is answered on it. */
import type { BrokerNode, QuorumNode } from '../node.ts'
import type { Handler } from '../server/server.ts'
import { produceHandler } from './00-produce.ts'
import { fetchMetadataHandler } from './01-fetch-metadata.ts'
import { fetchHandler } from './01-fetch.ts'
import { listOffsetsHandler } from './02-list-offsets.ts'
import { metadataHandler } from './03-metadata.ts'
import { createTopicsForwarded, createTopicsHandler } from './19-create-topics.ts'
import { deleteTopicsForwarded, deleteTopicsHandler } from './20-delete-topics.ts'
import { deleteRecordsHandler } from './21-delete-records.ts'
import { offsetForLeaderEpochHandler } from './23-offset-for-leader-epoch.ts'
import { describeConfigsHandler } from './32-describe-configs.ts'
import { alterConfigsForwarded, alterConfigsHandler } from './33-alter-configs.ts'
import { describeLogDirsHandler } from './35-describe-log-dirs.ts'
import { createPartitionsForwarded, createPartitionsHandler } from './37-create-partitions.ts'
import { electLeadersForwarded, electLeadersHandler } from './43-elect-leaders.ts'
import { incrementalAlterConfigsForwarded, incrementalAlterConfigsHandler } from './44-incremental-alter-configs.ts'
import { describeQuorumForwarded, describeQuorumHandler } from './55-describe-quorum.ts'
import { updateFeaturesForwarded, updateFeaturesHandler } from './57-update-features.ts'
import { fetchSnapshotHandler } from './59-fetch-snapshot.ts'
import { describeClusterHandler, describeControllersHandler } from './60-describe-cluster.ts'
import { listConfigResourcesHandler } from './74-list-config-resources.ts'
import { describeTopicPartitionsHandler } from './75-describe-topic-partitions.ts'
import { controllerHandlers } from './controller-handlers.ts'
import { groupHandlers } from './group-handlers.ts'
import { quorumHandlers } from './quorum-handlers.ts'
import { transactionHandlers } from './transaction-handlers.ts'

/** For clients and for the other brokers' fetchers. */
export function brokerHandlers(node: BrokerNode): readonly Handler[] {
  return [
    produceHandler(node),
    fetchHandler(node),
    listOffsetsHandler(node),
    metadataHandler(node),
    createTopicsForwarded(node),
    deleteTopicsForwarded(node),
    deleteRecordsHandler(node),
    offsetForLeaderEpochHandler(node),
    describeConfigsHandler(node),
    alterConfigsForwarded(node),
    describeLogDirsHandler(node),
    createPartitionsForwarded(node),
    electLeadersForwarded(node),
    incrementalAlterConfigsForwarded(node),
    describeQuorumForwarded(node),
    updateFeaturesForwarded(node),
    describeClusterHandler(node),
    listConfigResourcesHandler(node),
    describeTopicPartitionsHandler(node),
    ...groupHandlers(node),
    ...transactionHandlers(node),
  ]
}

/** For controllers and for brokers that speak to the active one. */
export function controllerListenerHandlers(node: QuorumNode): readonly Handler[] {
  return [
    fetchMetadataHandler(node),
    createTopicsHandler(node),
    deleteTopicsHandler(node),
    describeConfigsHandler(node),
    alterConfigsHandler(node),
    createPartitionsHandler(node),
    electLeadersHandler(node),
    incrementalAlterConfigsHandler(node),
    describeQuorumHandler(node),
    updateFeaturesHandler(node),
    fetchSnapshotHandler(node),
    describeControllersHandler(node),
    ...quorumHandlers(node),
    ...controllerHandlers(node),
  ]
}
