/**
 * The settings of a broker or controller that this broker acts upon, under Kafka 4.3's names, with its
 * defaults and limits. Those of topics with a broker-wide default are in topic-settings.ts; names Kafka knows
 * and this broker does not act upon are in known-names.ts.
 * Source: Kafka's documentation, "Broker Configs" (4.3).
 */
import type { ScalarConfig } from './broker-config.ts'
import { groupSettings } from './group-settings.ts'
import { transactionSettings } from './transaction-settings.ts'
import type { Setting } from './setting.ts'

/** Settings that are one number or switch, by the field of BrokerConfig they fill. */
export const brokerSettings: { readonly [Field in keyof ScalarConfig]: Setting } = {
  numPartitions: { name: 'num.partitions', type: 'int', default: '1', min: 1 },
  defaultReplicationFactor: { name: 'default.replication.factor', type: 'int', default: '1', min: 1 },
  autoCreateTopicsEnable: { name: 'auto.create.topics.enable', type: 'boolean', default: 'true' },
  deleteTopicEnable: { name: 'delete.topic.enable', type: 'boolean', default: 'true' },
  replicaLagTimeMaxMs: { name: 'replica.lag.time.max.ms', type: 'long', default: '30000', min: 1 },
  replicaFetchMaxBytes: { name: 'replica.fetch.max.bytes', type: 'int', default: '1048576', min: 0 },
  replicaFetchMinBytes: { name: 'replica.fetch.min.bytes', type: 'int', default: '1', min: 0 },
  replicaFetchWaitMaxMs: { name: 'replica.fetch.wait.max.ms', type: 'int', default: '500', min: 0 },
  replicaFetchResponseMaxBytes: {
    name: 'replica.fetch.response.max.bytes',
    type: 'int',
    default: '10485760',
    min: 0,
  },
  replicaFetchBackoffMs: { name: 'replica.fetch.backoff.ms', type: 'int', default: '1000', min: 0 },
  replicaSocketTimeoutMs: { name: 'replica.socket.timeout.ms', type: 'int', default: '30000', min: 1 },
  controllerSocketTimeoutMs: { name: 'controller.socket.timeout.ms', type: 'int', default: '30000', min: 1 },
  fetchMaxBytes: { name: 'fetch.max.bytes', type: 'int', default: '57671680', min: 1024 },
  requestTimeoutMs: { name: 'request.timeout.ms', type: 'int', default: '30000', min: 1 },
  socketRequestMaxBytes: { name: 'socket.request.max.bytes', type: 'int', default: '104857600', min: 1 },
  connectionsMaxIdleMs: { name: 'connections.max.idle.ms', type: 'long', default: '600000' },
  quorumElectionTimeoutMs: {
    name: 'controller.quorum.election.timeout.ms',
    type: 'int',
    default: '1000',
    min: 1,
  },
  quorumFetchTimeoutMs: { name: 'controller.quorum.fetch.timeout.ms', type: 'int', default: '2000', min: 1 },
  quorumElectionBackoffMaxMs: {
    name: 'controller.quorum.election.backoff.max.ms',
    type: 'int',
    default: '1000',
    min: 0,
  },
  quorumRequestTimeoutMs: {
    name: 'controller.quorum.request.timeout.ms',
    type: 'int',
    default: '2000',
    min: 1,
  },
  quorumRetryBackoffMs: { name: 'controller.quorum.retry.backoff.ms', type: 'int', default: '20', min: 0 },
  quorumAppendLingerMs: { name: 'controller.quorum.append.linger.ms', type: 'int', default: '25', min: 0 },
  quorumFetchSnapshotMaxBytes: {
    name: 'controller.quorum.fetch.snapshot.max.bytes',
    type: 'int',
    default: '1048576',
    min: 1,
  },
  metadataLogMaxRecordBytesBetweenSnapshots: {
    name: 'metadata.log.max.record.bytes.between.snapshots',
    type: 'long',
    default: '20971520',
    min: 1,
  },
  metadataLogMaxSnapshotIntervalMs: {
    name: 'metadata.log.max.snapshot.interval.ms',
    type: 'long',
    default: '3600000',
    min: 0,
  },
  brokerHeartbeatIntervalMs: { name: 'broker.heartbeat.interval.ms', type: 'int', default: '2000', min: 1 },
  brokerSessionTimeoutMs: { name: 'broker.session.timeout.ms', type: 'int', default: '9000', min: 1 },
  initialBrokerRegistrationTimeoutMs: {
    name: 'initial.broker.registration.timeout.ms',
    type: 'int',
    default: '60000',
    min: 1,
  },
  metadataMaxIdleIntervalMs: { name: 'metadata.max.idle.interval.ms', type: 'int', default: '500', min: 0 },
  producerIdExpirationMs: { name: 'producer.id.expiration.ms', type: 'int', default: '86400000', min: 1 },
  leaderImbalanceCheckIntervalSeconds: {
    name: 'leader.imbalance.check.interval.seconds',
    type: 'long',
    default: '300',
    min: 1,
  },
  autoLeaderRebalanceEnable: { name: 'auto.leader.rebalance.enable', type: 'boolean', default: 'true' },
  uncleanLeaderElectionIntervalMs: {
    name: 'unclean.leader.election.interval.ms',
    type: 'long',
    default: '300000',
    min: 1,
  },
  controlledShutdownEnable: { name: 'controlled.shutdown.enable', type: 'boolean', default: 'true' },
  ...groupSettings,
  ...transactionSettings,
}

export type IdentityKey =
  | 'nodeId'
  | 'brokerId'
  | 'processRoles'
  | 'listeners'
  | 'advertisedListeners'
  | 'controllerListenerNames'
  | 'interBrokerListenerName'
  | 'securityInterBrokerProtocol'
  | 'listenerSecurityProtocolMap'
  | 'quorumVoters'
  | 'logDir'
  | 'logDirs'
  | 'rack'

/** Settings that say who this process is and where it listens; identity.ts reads them together. */
export const identitySettings: Readonly<Record<IdentityKey, Setting>> = {
  nodeId: { name: 'node.id', type: 'int', default: null, min: 0 },
  brokerId: { name: 'broker.id', type: 'int', default: null, min: -1 },
  processRoles: { name: 'process.roles', type: 'list', default: null, oneOf: ['broker', 'controller'] },
  listeners: { name: 'listeners', type: 'list', default: 'PLAINTEXT://:9092' },
  advertisedListeners: { name: 'advertised.listeners', type: 'list', default: null },
  controllerListenerNames: { name: 'controller.listener.names', type: 'list', default: null },
  interBrokerListenerName: { name: 'inter.broker.listener.name', type: 'string', default: null },
  securityInterBrokerProtocol: {
    name: 'security.inter.broker.protocol',
    type: 'string',
    default: 'PLAINTEXT',
  },
  listenerSecurityProtocolMap: {
    name: 'listener.security.protocol.map',
    type: 'list',
    default: 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
  },
  quorumVoters: { name: 'controller.quorum.voters', type: 'list', default: '' },
  logDir: { name: 'log.dir', type: 'list', default: '/tmp/kafka-logs' },
  logDirs: { name: 'log.dirs', type: 'list', default: null },
  rack: { name: 'broker.rack', type: 'string', default: null },
}
