/**
 * What a broker is told before it starts, read from settings under Kafka's own names. Everything here is
 * data: the core never looks at a file or an environment, and two brokers with equal configs and ports behave
 * alike.
 */
import type { GroupConfig } from './group-settings.ts'
import { readBrokerConfig } from './read-broker-config.ts'
import type { TransactionConfig } from './transaction-settings.ts'
import { nearestName } from './nearest-name.ts'
import { parseSetting, type SettingValue } from './setting.ts'
import {
  brokerWideSettings,
  internalSegmentBytes,
  topicFieldByName,
  topicSettingByName,
} from './topic-names.ts'

export interface Endpoint {
  /** The listener's name, in capitals. */
  readonly name: string
  readonly host: string
  /** 0 asks for a free port; an advertised 0 stands for the port that was bound. */
  readonly port: number
}

export interface Voter {
  readonly id: number
  readonly host: string
  readonly port: number
}

export type ProcessRole = 'broker' | 'controller'

/** Who this process is and where it listens. */
export interface IdentityConfig {
  readonly nodeId: number
  readonly processRoles: readonly ProcessRole[]
  readonly listeners: readonly Endpoint[]
  /**
   * What Metadata tells clients: the listeners without those of the controller. Empty without the broker
   * role.
   */
  readonly advertisedListeners: readonly Endpoint[]
  /** The first is the one brokers speak to controllers on. */
  readonly controllerListenerNames: readonly string[]
  readonly interBrokerListenerName: string
  readonly quorumVoters: readonly Voter[]
  readonly logDir: string
  readonly rack: string | null
}

/** Settings that are one number or switch, named after Kafka's. Limits of 2^63-1 are the nearest double. */
export interface ScalarConfig extends GroupConfig, TransactionConfig {
  readonly numPartitions: number
  readonly defaultReplicationFactor: number
  readonly autoCreateTopicsEnable: boolean
  readonly deleteTopicEnable: boolean
  readonly replicaLagTimeMaxMs: number
  readonly replicaFetchMaxBytes: number
  readonly replicaFetchMinBytes: number
  readonly replicaFetchWaitMaxMs: number
  readonly replicaFetchResponseMaxBytes: number
  readonly replicaFetchBackoffMs: number
  /** How long a follower waits for the answer to a fetch before it gives the connection up. */
  readonly replicaSocketTimeoutMs: number
  /** The same for requests of a broker to the controller. */
  readonly controllerSocketTimeoutMs: number
  readonly fetchMaxBytes: number
  readonly requestTimeoutMs: number
  readonly socketRequestMaxBytes: number
  /** Negative: connections are never closed for being idle. */
  readonly connectionsMaxIdleMs: number
  readonly quorumElectionTimeoutMs: number
  readonly quorumFetchTimeoutMs: number
  readonly quorumElectionBackoffMaxMs: number
  readonly quorumRequestTimeoutMs: number
  readonly quorumRetryBackoffMs: number
  readonly quorumAppendLingerMs: number
  readonly quorumFetchSnapshotMaxBytes: number
  readonly metadataLogMaxRecordBytesBetweenSnapshots: number
  /** 0: time alone is no reason for a snapshot. */
  readonly metadataLogMaxSnapshotIntervalMs: number
  readonly brokerHeartbeatIntervalMs: number
  readonly brokerSessionTimeoutMs: number
  readonly initialBrokerRegistrationTimeoutMs: number
  /** 0: no no-op records. */
  readonly metadataMaxIdleIntervalMs: number
  readonly producerIdExpirationMs: number
  readonly leaderImbalanceCheckIntervalSeconds: number
  readonly autoLeaderRebalanceEnable: boolean
  readonly uncleanLeaderElectionIntervalMs: number
  readonly controlledShutdownEnable: boolean
}

export interface BrokerConfig extends IdentityConfig, ScalarConfig {
  readonly topicDefaults: TopicConfig
  /** The settings as they were given, by name: DescribeConfigs tells them from defaults. */
  readonly given: Readonly<Record<string, string>>
}

export type CompressionType = 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer'

/** The settings of one topic. Limits of 2^63-1 are the nearest double. */
export interface TopicConfig {
  /** Empty: nothing is ever deleted or compacted (Kafka 4.2). */
  readonly cleanupPolicy: readonly ('delete' | 'compact')[]
  readonly compressionType: CompressionType
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  /** 1: every batch is synced before it counts. */
  readonly flushMessages: number
  readonly flushMs: number
  readonly indexIntervalBytes: number
  readonly maxCompactionLagMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampAfterMaxMs: number
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly minInSyncReplicas: number
  /** Negative: without limit. */
  readonly retentionBytes: number
  /** -1: without limit. */
  readonly retentionMs: number
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly segmentMs: number
  readonly uncleanLeaderElectionEnable: boolean
}

/**
 * The config of a topic with these settings of its own. `error` is one sentence for INVALID_CONFIG: an
 * unknown name, a value out of range, or two settings that contradict each other. Settings of Kafka that this
 * broker does not act upon are checked and otherwise ignored.
 */
export function topicConfig(
  defaults: TopicConfig,
  overrides: Readonly<Record<string, string>>,
): { config: TopicConfig } | { error: string } {
  const changes: Record<string, SettingValue> = {}
  for (const [name, text] of Object.entries(overrides)) {
    const setting = topicSettingByName.get(name)
    if (setting === undefined) return { error: unknownTopicSetting(name) }
    const parsed = parseSetting(setting, text)
    if (!parsed.ok) return { error: parsed.problem }
    const field = topicFieldByName.get(name)
    if (field !== undefined && !(field === 'segmentBytes' && internalSegmentBytes.name in overrides)) {
      changes[field] = parsed.value
    } else if (setting === internalSegmentBytes) {
      changes['segmentBytes'] = parsed.value
    }
  }
  const config = { ...defaults, ...changes } as TopicConfig
  if (config.minCompactionLagMs > config.maxCompactionLagMs) {
    return { error: 'min.compaction.lag.ms must not be above max.compaction.lag.ms.' }
  }
  return { config }
}

function unknownTopicSetting(name: string): string {
  const wide = brokerWideSettings.find((setting) => setting.name === name)
  if (wide !== undefined) {
    return `${name} is the broker-wide name; the setting of a topic is called ${wide.topicSetting}.`
  }
  const nearest = nearestName(name, [...topicSettingByName.keys()])
  return `Unknown topic setting ${name}; the nearest real name is ${nearest}.`
}

/**
 * One process that is broker and controller at once, alone, on loopback: what tests and simulations start
 * from.
 */
const alone: Readonly<Record<string, string>> = {
  'node.id': '1',
  'process.roles': 'broker,controller',
  listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.voters': '1@127.0.0.1:9093',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
}

/**
 * For tests and simulations: Kafka's defaults, for a broker that is a cluster by itself, with these changes.
 * Throws.
 */
export function defaultBrokerConfig(overrides: Readonly<Record<string, string>> = {}): BrokerConfig {
  const result = readBrokerConfig({ ...alone, ...overrides })
  if ('errors' in result) throw new Error(result.errors.join(' '))
  return result.config
}
