/**
 * The settings of groups and their offsets that this broker acts upon, under Kafka 4.3's names, with its defaults and limits.
 * Source: Kafka's documentation, "Broker Configs" (4.3).
 */
import type { Setting } from './setting.ts'

export interface GroupConfig {
  /** How long the first rebalance of an empty group waits for more members. */
  readonly groupInitialRebalanceDelayMs: number
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupMaxSize: number
  readonly groupConsumerSessionTimeoutMs: number
  readonly groupConsumerHeartbeatIntervalMs: number
  readonly groupConsumerMaxSize: number
  /** The first is the one of groups that name none. */
  readonly groupConsumerAssignors: readonly string[]
  /** A target assignment lives at least this long. */
  readonly groupConsumerAssignmentIntervalMs: number
  readonly offsetsTopicNumPartitions: number
  readonly offsetsTopicReplicationFactor: number
  readonly offsetsTopicSegmentBytes: number
  readonly offsetsRetentionMinutes: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetsCommitTimeoutMs: number
  readonly offsetMetadataMaxBytes: number
}

const unlimited = '2147483647'

export const groupSettings: { readonly [Field in keyof GroupConfig]: Setting } = {
  groupInitialRebalanceDelayMs: { name: 'group.initial.rebalance.delay.ms', type: 'int', default: '3000', min: 0 },
  groupMinSessionTimeoutMs: { name: 'group.min.session.timeout.ms', type: 'int', default: '6000', min: 1 },
  groupMaxSessionTimeoutMs: { name: 'group.max.session.timeout.ms', type: 'int', default: '1800000', min: 1 },
  groupMaxSize: { name: 'group.max.size', type: 'int', default: unlimited, min: 1 },
  groupConsumerSessionTimeoutMs: { name: 'group.consumer.session.timeout.ms', type: 'int', default: '45000', min: 1 },
  groupConsumerHeartbeatIntervalMs: { name: 'group.consumer.heartbeat.interval.ms', type: 'int', default: '5000', min: 1 },
  groupConsumerMaxSize: { name: 'group.consumer.max.size', type: 'int', default: unlimited, min: 1 },
  groupConsumerAssignors: { name: 'group.consumer.assignors', type: 'list', default: 'uniform,range', oneOf: ['uniform', 'range'] },
  groupConsumerAssignmentIntervalMs: { name: 'group.consumer.assignment.interval.ms', type: 'int', default: '1000', min: 0 },
  offsetsTopicNumPartitions: { name: 'offsets.topic.num.partitions', type: 'int', default: '50', min: 1 },
  offsetsTopicReplicationFactor: { name: 'offsets.topic.replication.factor', type: 'int', default: '3', min: 1 },
  offsetsTopicSegmentBytes: { name: 'offsets.topic.segment.bytes', type: 'int', default: '104857600', min: 1_048_576 },
  offsetsRetentionMinutes: { name: 'offsets.retention.minutes', type: 'int', default: '10080', min: 1 },
  offsetsRetentionCheckIntervalMs: { name: 'offsets.retention.check.interval.ms', type: 'long', default: '600000', min: 1 },
  offsetsCommitTimeoutMs: { name: 'offsets.commit.timeout.ms', type: 'int', default: '5000', min: 1 },
  offsetMetadataMaxBytes: { name: 'offset.metadata.max.bytes', type: 'int', default: '4096', min: 0 },
}

/** Kafka's rules between these settings, each as one sentence when it is broken. */
export function groupSettingErrors(config: GroupConfig): string[] {
  const errors: string[] = []
  if (config.groupMinSessionTimeoutMs > config.groupMaxSessionTimeoutMs) {
    errors.push('group.min.session.timeout.ms must not be above group.max.session.timeout.ms.')
  }
  if (config.groupConsumerHeartbeatIntervalMs >= config.groupConsumerSessionTimeoutMs) {
    errors.push('group.consumer.heartbeat.interval.ms must be below group.consumer.session.timeout.ms.')
  }
  if (config.groupConsumerAssignors.length === 0) errors.push('group.consumer.assignors must name one.')
  return errors
}
