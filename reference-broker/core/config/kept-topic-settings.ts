/**
 * Settings of a topic that are checked and kept, but not acted upon: Kafka Streams and Kafka Connect read
 * back the topics they created, so these must not be lost; and what a topic may not be promised must be
 * refused.
 * Source: Kafka's documentation, "Topic Configs" (4.3).
 */
import { hours, wide, type TopicSetting } from './topic-settings.ts'

const throttledReplicas = {
  type: 'list',
  default: '',
  shape: { pattern: /^$|^\*$|^\d+:\d+(\s*,\s*\d+:\d+)*$/, words: '* or a list of partition:broker' },
  brokerWide: [],
} as const

/** Checked and kept, but not acted upon. */
export const keptTopicSettings: readonly TopicSetting[] = [
  {
    name: 'compression.gzip.level',
    type: 'int',
    default: '-1',
    shape: { pattern: /^(-1|[1-9])$/, words: '-1 or between 1 and 9' },
    brokerWide: wide('compression.gzip.level'),
  },
  {
    name: 'compression.lz4.level',
    type: 'int',
    default: '9',
    min: 1,
    max: 17,
    brokerWide: wide('compression.lz4.level'),
  },
  {
    name: 'compression.zstd.level',
    type: 'int',
    default: '3',
    min: -131_072,
    max: 22,
    brokerWide: wide('compression.zstd.level'),
  },
  { name: 'follower.replication.throttled.replicas', ...throttledReplicas },
  { name: 'leader.replication.throttled.replicas', ...throttledReplicas },
  {
    name: 'local.retention.bytes',
    type: 'long',
    default: '-2',
    min: -2,
    brokerWide: wide('log.local.retention.bytes'),
  },
  {
    name: 'local.retention.ms',
    type: 'long',
    default: '-2',
    min: -2,
    brokerWide: wide('log.local.retention.ms'),
  },
  { name: 'preallocate', type: 'boolean', default: 'false', brokerWide: wide('log.preallocate') },
  { name: 'remote.log.copy.disable', type: 'boolean', default: 'false', brokerWide: [] },
  { name: 'remote.log.delete.on.disable', type: 'boolean', default: 'false', brokerWide: [] },
  {
    name: 'remote.storage.enable',
    type: 'boolean',
    default: 'false',
    shape: { pattern: /^(?!true$)/i, words: 'false: this broker has no tiered storage' },
    brokerWide: [],
  },
  {
    name: 'segment.jitter.ms',
    type: 'long',
    default: '0',
    min: 0,
    brokerWide: [
      { name: 'log.roll.jitter.ms', scale: 1 },
      { name: 'log.roll.jitter.hours', scale: hours },
    ],
  },
]
