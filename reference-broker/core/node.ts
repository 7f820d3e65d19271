/** What the API handlers of one node have in common: its parts, by name. */
import type { Endpoint, BrokerConfig } from './config/broker-config.ts'
import type { InternalTopicCreation } from './coordinator/internal-topic-creation.ts'
import type { Controller } from './controller/controller.ts'
import type { Decisions } from './decisions.ts'
import type { GroupCoordinator } from './groups/group-coordinator.ts'
import type { DiskLoop } from '../../ports/loop.ts'
import type { Logger } from './logger.ts'
import type { ClusterImage } from './metadata/image.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { Raft } from './raft/raft.ts'
import type { TransactionMembership } from './transactions/membership.ts'
import type { TransactionCoordinator } from './transactions/transaction-coordinator.ts'
import type { Replicas } from './replication/replicas.ts'
import type { ControllerChannel } from './server/controller-channel.ts'

/** Every node: it has a copy of the metadata log, and a controller while it leads the quorum. */
export interface QuorumNode {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly loop: DiskLoop
  readonly logger: Logger
  readonly decisions: Decisions
  readonly raft: Raft
  readonly controller: () => Controller | undefined
  /** The cluster as this node knows it: what is committed, as of its last fetch. */
  readonly image: ClusterImage
}

/** A node with the broker role. */
export interface BrokerNode extends QuorumNode {
  readonly replicas: Replicas
  readonly channel: ControllerChannel
  readonly producerIds: ProducerIds
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  /** Of the coordinators of transactions, asked by leaders. */
  readonly membership: TransactionMembership
  readonly internalTopics: InternalTopicCreation
  /** Where clients of this listener find a broker; undefined when it has no such listener. */
  readonly endpointOf: (brokerId: number, listener: string) => Endpoint | undefined
}
