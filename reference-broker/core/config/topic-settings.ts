/**
 * The settings of a topic that this broker acts upon, under Kafka 4.3's names, with its defaults and limits,
 * and the broker-wide names that give the default for all topics. Those it only keeps are in
 * kept-topic-settings.ts.
 * Source: Kafka's documentation, "Topic Configs" (4.3).
 */
import type { TopicConfig } from './broker-config.ts'
import type { Setting } from './setting.ts'

/** Where the broker-wide default comes from: the first of these that is set. */
export interface BrokerWideName {
  readonly name: string
  /** Milliseconds in one unit of the setting; 1 when it has the topic setting's own unit. */
  readonly scale: number
}

export interface TopicSetting extends Setting {
  readonly brokerWide: readonly BrokerWideName[]
}

const unlimited = '9223372036854775807'
const minutes = 60_000
/** Milliseconds in an hour. */
export const hours = 3_600_000

/** The usual case: one broker-wide name in the same unit. */
export function wide(...names: string[]): readonly BrokerWideName[] {
  return names.map((name) => ({ name, scale: 1 }))
}

/** Settings the broker acts upon, by the field of TopicConfig they fill. */
export const topicSettings: { readonly [Field in keyof TopicConfig]: TopicSetting } = {
  cleanupPolicy: {
    name: 'cleanup.policy',
    type: 'list',
    default: 'delete',
    oneOf: ['compact', 'delete'],
    brokerWide: wide('log.cleanup.policy'),
  },
  compressionType: {
    name: 'compression.type',
    type: 'string',
    default: 'producer',
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    brokerWide: wide('compression.type'),
  },
  deleteRetentionMs: {
    name: 'delete.retention.ms',
    type: 'long',
    default: '86400000',
    min: 0,
    brokerWide: wide('log.cleaner.delete.retention.ms'),
  },
  fileDeleteDelayMs: {
    name: 'file.delete.delay.ms',
    type: 'long',
    default: '60000',
    min: 0,
    brokerWide: wide('log.segment.delete.delay.ms'),
  },
  flushMessages: {
    name: 'flush.messages',
    type: 'long',
    default: unlimited,
    min: 1,
    brokerWide: wide('log.flush.interval.messages'),
  },
  flushMs: {
    name: 'flush.ms',
    type: 'long',
    default: unlimited,
    min: 0,
    brokerWide: wide('log.flush.interval.ms', 'log.flush.scheduler.interval.ms'),
  },
  indexIntervalBytes: {
    name: 'index.interval.bytes',
    type: 'int',
    default: '4096',
    min: 0,
    brokerWide: wide('log.index.interval.bytes'),
  },
  maxCompactionLagMs: {
    name: 'max.compaction.lag.ms',
    type: 'long',
    default: unlimited,
    min: 1,
    brokerWide: wide('log.cleaner.max.compaction.lag.ms'),
  },
  maxMessageBytes: {
    name: 'max.message.bytes',
    type: 'int',
    default: '1048588',
    min: 0,
    brokerWide: wide('message.max.bytes'),
  },
  messageTimestampAfterMaxMs: {
    name: 'message.timestamp.after.max.ms',
    type: 'long',
    default: '3600000',
    min: 0,
    brokerWide: wide('log.message.timestamp.after.max.ms'),
  },
  messageTimestampBeforeMaxMs: {
    name: 'message.timestamp.before.max.ms',
    type: 'long',
    default: unlimited,
    min: 0,
    brokerWide: wide('log.message.timestamp.before.max.ms'),
  },
  messageTimestampType: {
    name: 'message.timestamp.type',
    type: 'string',
    default: 'CreateTime',
    oneOf: ['CreateTime', 'LogAppendTime'],
    brokerWide: wide('log.message.timestamp.type'),
  },
  minCleanableDirtyRatio: {
    name: 'min.cleanable.dirty.ratio',
    type: 'double',
    default: '0.5',
    min: 0,
    max: 1,
    brokerWide: wide('log.cleaner.min.cleanable.ratio'),
  },
  minCompactionLagMs: {
    name: 'min.compaction.lag.ms',
    type: 'long',
    default: '0',
    min: 0,
    brokerWide: wide('log.cleaner.min.compaction.lag.ms'),
  },
  minInSyncReplicas: {
    name: 'min.insync.replicas',
    type: 'int',
    default: '1',
    min: 1,
    brokerWide: wide('min.insync.replicas'),
  },
  retentionBytes: {
    name: 'retention.bytes',
    type: 'long',
    default: '-1',
    brokerWide: wide('log.retention.bytes'),
  },
  retentionMs: {
    name: 'retention.ms',
    type: 'long',
    default: '604800000',
    min: -1,
    brokerWide: [
      { name: 'log.retention.ms', scale: 1 },
      { name: 'log.retention.minutes', scale: minutes },
      { name: 'log.retention.hours', scale: hours },
    ],
  },
  segmentBytes: {
    name: 'segment.bytes',
    type: 'int',
    default: '1073741824',
    min: 1_048_576,
    brokerWide: wide('log.segment.bytes'),
  },
  segmentIndexBytes: {
    name: 'segment.index.bytes',
    type: 'int',
    default: '10485760',
    min: 4,
    brokerWide: wide('log.index.size.max.bytes'),
  },
  segmentMs: {
    name: 'segment.ms',
    type: 'long',
    default: '604800000',
    min: 1,
    brokerWide: [
      { name: 'log.roll.ms', scale: 1 },
      { name: 'log.roll.hours', scale: hours },
    ],
  },
  uncleanLeaderElectionEnable: {
    name: 'unclean.leader.election.enable',
    type: 'boolean',
    default: 'false',
    brokerWide: wide('unclean.leader.election.enable'),
  },
}
