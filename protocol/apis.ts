/** Every API this protocol speaks, by name and by key. The folder `apis/` is the list; a test keeps the two the same. */
import type { AnyApi } from './api.ts'
import { produce } from './apis/00-produce.ts'
import { fetch } from './apis/01-fetch.ts'
import { listOffsets } from './apis/02-list-offsets.ts'
import { metadata } from './apis/03-metadata.ts'
import { offsetCommit } from './apis/08-offset-commit.ts'
import { offsetFetch } from './apis/09-offset-fetch.ts'
import { findCoordinator } from './apis/10-find-coordinator.ts'
import { joinGroup } from './apis/11-join-group.ts'
import { heartbeat } from './apis/12-heartbeat.ts'
import { leaveGroup } from './apis/13-leave-group.ts'
import { syncGroup } from './apis/14-sync-group.ts'
import { describeGroups } from './apis/15-describe-groups.ts'
import { listGroups } from './apis/16-list-groups.ts'
import { saslHandshake } from './apis/17-sasl-handshake.ts'
import { apiVersions } from './apis/18-api-versions.ts'
import { createTopics } from './apis/19-create-topics.ts'
import { deleteTopics } from './apis/20-delete-topics.ts'
import { deleteRecords } from './apis/21-delete-records.ts'
import { initProducerId } from './apis/22-init-producer-id.ts'
import { offsetForLeaderEpoch } from './apis/23-offset-for-leader-epoch.ts'
import { addPartitionsToTxn } from './apis/24-add-partitions-to-txn.ts'
import { addOffsetsToTxn } from './apis/25-add-offsets-to-txn.ts'
import { endTxn } from './apis/26-end-txn.ts'
import { writeTxnMarkers } from './apis/27-write-txn-markers.ts'
import { txnOffsetCommit } from './apis/28-txn-offset-commit.ts'
import { describeConfigs } from './apis/32-describe-configs.ts'
import { alterConfigs } from './apis/33-alter-configs.ts'
import { describeLogDirs } from './apis/35-describe-log-dirs.ts'
import { saslAuthenticate } from './apis/36-sasl-authenticate.ts'
import { createPartitions } from './apis/37-create-partitions.ts'
import { deleteGroups } from './apis/42-delete-groups.ts'
import { electLeaders } from './apis/43-elect-leaders.ts'
import { incrementalAlterConfigs } from './apis/44-incremental-alter-configs.ts'
import { offsetDelete } from './apis/47-offset-delete.ts'
import { vote } from './apis/52-vote.ts'
import { beginQuorumEpoch } from './apis/53-begin-quorum-epoch.ts'
import { endQuorumEpoch } from './apis/54-end-quorum-epoch.ts'
import { describeQuorum } from './apis/55-describe-quorum.ts'
import { alterPartition } from './apis/56-alter-partition.ts'
import { updateFeatures } from './apis/57-update-features.ts'
import { fetchSnapshot } from './apis/59-fetch-snapshot.ts'
import { describeCluster } from './apis/60-describe-cluster.ts'
import { describeProducers } from './apis/61-describe-producers.ts'
import { brokerRegistration } from './apis/62-broker-registration.ts'
import { brokerHeartbeat } from './apis/63-broker-heartbeat.ts'
import { describeTransactions } from './apis/65-describe-transactions.ts'
import { listTransactions } from './apis/66-list-transactions.ts'
import { allocateProducerIds } from './apis/67-allocate-producer-ids.ts'
import { consumerGroupHeartbeat } from './apis/68-consumer-group-heartbeat.ts'
import { consumerGroupDescribe } from './apis/69-consumer-group-describe.ts'
import { listConfigResources } from './apis/74-list-config-resources.ts'
import { describeTopicPartitions } from './apis/75-describe-topic-partitions.ts'

export type { AnyApi, Api, Listener } from './api.ts'

export const apis: {
  readonly Produce: typeof produce
  readonly Fetch: typeof fetch
  readonly ListOffsets: typeof listOffsets
  readonly Metadata: typeof metadata
  readonly OffsetCommit: typeof offsetCommit
  readonly OffsetFetch: typeof offsetFetch
  readonly FindCoordinator: typeof findCoordinator
  readonly JoinGroup: typeof joinGroup
  readonly Heartbeat: typeof heartbeat
  readonly LeaveGroup: typeof leaveGroup
  readonly SyncGroup: typeof syncGroup
  readonly DescribeGroups: typeof describeGroups
  readonly ListGroups: typeof listGroups
  readonly SaslHandshake: typeof saslHandshake
  readonly ApiVersions: typeof apiVersions
  readonly CreateTopics: typeof createTopics
  readonly DeleteTopics: typeof deleteTopics
  readonly DeleteRecords: typeof deleteRecords
  readonly InitProducerId: typeof initProducerId
  readonly OffsetForLeaderEpoch: typeof offsetForLeaderEpoch
  readonly AddPartitionsToTxn: typeof addPartitionsToTxn
  readonly AddOffsetsToTxn: typeof addOffsetsToTxn
  readonly EndTxn: typeof endTxn
  readonly WriteTxnMarkers: typeof writeTxnMarkers
  readonly TxnOffsetCommit: typeof txnOffsetCommit
  readonly DescribeConfigs: typeof describeConfigs
  readonly AlterConfigs: typeof alterConfigs
  readonly DescribeLogDirs: typeof describeLogDirs
  readonly SaslAuthenticate: typeof saslAuthenticate
  readonly CreatePartitions: typeof createPartitions
  readonly DeleteGroups: typeof deleteGroups
  readonly ElectLeaders: typeof electLeaders
  readonly IncrementalAlterConfigs: typeof incrementalAlterConfigs
  readonly OffsetDelete: typeof offsetDelete
  readonly Vote: typeof vote
  readonly BeginQuorumEpoch: typeof beginQuorumEpoch
  readonly EndQuorumEpoch: typeof endQuorumEpoch
  readonly DescribeQuorum: typeof describeQuorum
  readonly AlterPartition: typeof alterPartition
  readonly UpdateFeatures: typeof updateFeatures
  readonly FetchSnapshot: typeof fetchSnapshot
  readonly DescribeCluster: typeof describeCluster
  readonly DescribeProducers: typeof describeProducers
  readonly BrokerRegistration: typeof brokerRegistration
  readonly BrokerHeartbeat: typeof brokerHeartbeat
  readonly DescribeTransactions: typeof describeTransactions
  readonly ListTransactions: typeof listTransactions
  readonly AllocateProducerIds: typeof allocateProducerIds
  readonly ConsumerGroupHeartbeat: typeof consumerGroupHeartbeat
  readonly ConsumerGroupDescribe: typeof consumerGroupDescribe
  readonly ListConfigResources: typeof listConfigResources
  readonly DescribeTopicPartitions: typeof describeTopicPartitions
} = {
  Produce: produce,
  Fetch: fetch,
  ListOffsets: listOffsets,
  Metadata: metadata,
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  FindCoordinator: findCoordinator,
  JoinGroup: joinGroup,
  Heartbeat: heartbeat,
  LeaveGroup: leaveGroup,
  SyncGroup: syncGroup,
  DescribeGroups: describeGroups,
  ListGroups: listGroups,
  SaslHandshake: saslHandshake,
  ApiVersions: apiVersions,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  DeleteRecords: deleteRecords,
  InitProducerId: initProducerId,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  AddPartitionsToTxn: addPartitionsToTxn,
  AddOffsetsToTxn: addOffsetsToTxn,
  EndTxn: endTxn,
  WriteTxnMarkers: writeTxnMarkers,
  TxnOffsetCommit: txnOffsetCommit,
  DescribeConfigs: describeConfigs,
  AlterConfigs: alterConfigs,
  DescribeLogDirs: describeLogDirs,
  SaslAuthenticate: saslAuthenticate,
  CreatePartitions: createPartitions,
  DeleteGroups: deleteGroups,
  ElectLeaders: electLeaders,
  IncrementalAlterConfigs: incrementalAlterConfigs,
  OffsetDelete: offsetDelete,
  Vote: vote,
  BeginQuorumEpoch: beginQuorumEpoch,
  EndQuorumEpoch: endQuorumEpoch,
  DescribeQuorum: describeQuorum,
  AlterPartition: alterPartition,
  UpdateFeatures: updateFeatures,
  FetchSnapshot: fetchSnapshot,
  DescribeCluster: describeCluster,
  DescribeProducers: describeProducers,
  BrokerRegistration: brokerRegistration,
  BrokerHeartbeat: brokerHeartbeat,
  DescribeTransactions: describeTransactions,
  ListTransactions: listTransactions,
  AllocateProducerIds: allocateProducerIds,
  ConsumerGroupHeartbeat: consumerGroupHeartbeat,
  ConsumerGroupDescribe: consumerGroupDescribe,
  ListConfigResources: listConfigResources,
  DescribeTopicPartitions: describeTopicPartitions,
}

export type ApiName = keyof typeof apis

const byKey = new Map<number, AnyApi>(Object.values(apis).map((api: AnyApi) => [api.key, api]))

export function apiByKey(key: number): AnyApi | undefined {
  return byKey.get(key)
}
