/**
 * What the metadata log holds. The records are ours (Kafka's stay private to it too), written in the protocol's
 * notation: one byte for the kind, then the message. A record states the new value of what it names, never a change to
 * it, so folding the same record twice is harmless.
 */
import { decodeMessage, encodeMessage } from '../../../protocol/codec.ts'
import type { Decoded, Message } from '../../../protocol/message.ts'

const brokerRegistered = {
  name: 'BrokerRegisteredRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    brokerId: { int32: '0+' },
    incarnationId: { uuid: '0+' },
    /** Epoch of its clean stop, or -1: what it held before may be incomplete (KIP-966). */
    previousBrokerEpoch: { int64: '0+' },
    rack: { string: '0+', nullable: '0+' },
    listeners: {
      array: '0+',
      of: { name: { string: '0+' }, host: { string: '0+' }, port: { int32: '0+' } },
    },
  },
} as const

const brokerState = {
  name: 'BrokerStateRecord',
  versions: '0',
  flexible: '0+',
  fields: { brokerId: { int32: '0+' }, fenced: { bool: '0+' }, inControlledShutdown: { bool: '0+' } },
} as const

const topicCreated = {
  name: 'TopicCreatedRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    name: { string: '0+' },
    topicId: { uuid: '0+' },
    configs: { array: '0+', of: { name: { string: '0+' }, value: { string: '0+' } } },
  },
} as const

const topicRemoved = {
  name: 'TopicRemovedRecord',
  versions: '0',
  flexible: '0+',
  fields: { topicId: { uuid: '0+' } },
} as const

const partition = {
  name: 'PartitionRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    topicId: { uuid: '0+' },
    partitionIndex: { int32: '0+' },
    replicas: { array: '0+', of: 'int32' },
    inSyncReplicas: { array: '0+', of: 'int32' },
    leader: { int32: '0+' },
    leaderEpoch: { int32: '0+' },
    partitionEpoch: { int32: '0+' },
    eligibleLeaderReplicas: { array: '0+', of: 'int32' },
    lastKnownLeader: { int32: '0+' },
  },
} as const

const producerIds = {
  name: 'ProducerIdsRecord',
  versions: '0',
  flexible: '0+',
  fields: { nextProducerId: { int64: '0+' } },
} as const

/** All settings of its own that a topic has from now on. */
const topicConfigs = {
  name: 'TopicConfigsRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    topicId: { uuid: '0+' },
    configs: { array: '0+', of: { name: { string: '0+' }, value: { string: '0+' } } },
  },
} as const

/** All defaults of topics that hold for the whole cluster from now on, by their broker-wide names. */
const clusterConfigs = {
  name: 'ClusterConfigsRecord',
  versions: '0',
  flexible: '0+',
  fields: { configs: { array: '0+', of: { name: { string: '0+' }, value: { string: '0+' } } } },
} as const

/** Only in snapshots: all that a broker's registration, and what was said of it since, have come to. Fields as in BrokerImage. */
const broker = {
  name: 'BrokerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    brokerId: { int32: '0+' },
    brokerEpoch: { int64: '0+' },
    incarnationId: { uuid: '0+' },
    rack: { string: '0+', nullable: '0+' },
    listeners: {
      array: '0+',
      of: { name: { string: '0+' }, host: { string: '0+' }, port: { int32: '0+' } },
    },
    fenced: { bool: '0+' },
    inControlledShutdown: { bool: '0+' },
    intactSince: { int64: '0+' },
  },
} as const

/** The finalized level of a feature from now on. */
const featureLevel = {
  name: 'FeatureLevelRecord',
  versions: '0',
  flexible: '0+',
  fields: { name: { string: '0+' }, level: { int16: '0+' } },
} as const

type Of<Kind extends string, M extends Message> = { readonly kind: Kind } & Readonly<Decoded<M>>

export type PartitionRecord = Of<'partition', typeof partition>
export type MetadataRecord =
  | Of<'broker-registered', typeof brokerRegistered>
  | Of<'broker-state', typeof brokerState>
  | Of<'topic-created', typeof topicCreated>
  | Of<'topic-removed', typeof topicRemoved>
  | PartitionRecord
  | Of<'producer-ids', typeof producerIds>
  | Of<'topic-configs', typeof topicConfigs>
  | Of<'cluster-configs', typeof clusterConfigs>
  | Of<'broker', typeof broker>
  | Of<'feature-level', typeof featureLevel>

/** The place in this list is the byte on disk: add at the end, never reorder. */
const kinds: readonly { readonly kind: MetadataRecord['kind']; readonly message: Message }[] = [
  { kind: 'broker-registered', message: brokerRegistered },
  { kind: 'broker-state', message: brokerState },
  { kind: 'topic-created', message: topicCreated },
  { kind: 'topic-removed', message: topicRemoved },
  { kind: 'partition', message: partition },
  { kind: 'producer-ids', message: producerIds },
  { kind: 'topic-configs', message: topicConfigs },
  { kind: 'cluster-configs', message: clusterConfigs },
  { kind: 'broker', message: broker },
  { kind: 'feature-level', message: featureLevel },
]

export function encodeMetadataRecord(record: MetadataRecord): Uint8Array {
  const { kind, ...body } = record
  const index = kinds.findIndex((each) => each.kind === kind)
  const message = encodeMessage(kinds[index]!.message, 0, body as never)
  const bytes = new Uint8Array(1 + message.length)
  bytes[0] = index
  bytes.set(message, 1)
  return bytes
}

/** Throws on a kind this version does not know: going on without it would be another cluster. */
export function decodeMetadataRecord(bytes: Uint8Array): MetadataRecord {
  const found = kinds[bytes[0] ?? -1]
  if (found === undefined) throw new Error(`metadata record of unknown kind ${bytes[0]}`)
  return { kind: found.kind, ...decodeMessage(found.message, 0, bytes.subarray(1)) } as MetadataRecord
}
