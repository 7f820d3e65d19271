/**
 * The records of groups of the consumer protocol (KIP-848): key types as in Kafka, values our own, because nobody but coordinators
 * reads them. A group, its members' words, the target assignment and where each member stands on its way to it.
 */
import { decodeMessage, encodeMessage } from '../../../protocol/codec.ts'
import type { Decoded, Message } from '../../../protocol/message.ts'

const groupKey = { name: 'ConsumerGroupKey', versions: '0', flexible: 'none', fields: { group: { string: '0+' } } } as const
const memberKey = {
  name: 'ConsumerMemberKey',
  versions: '0',
  flexible: 'none',
  fields: { group: { string: '0+' }, memberId: { string: '0+' } },
} as const

const consumerGroup = {
  name: 'ConsumerGroupValue',
  versions: '0',
  flexible: '0+',
  fields: { epoch: { int32: '0+' }, metadataHash: { int32: '0+' } },
} as const

const consumerMember = {
  name: 'ConsumerMemberValue',
  versions: '0',
  flexible: '0+',
  fields: {
    instanceId: { string: '0+', nullable: '0+' },
    rackId: { string: '0+', nullable: '0+' },
    clientId: { string: '0+' },
    clientHost: { string: '0+' },
    subscribedTopicNames: { array: '0+', of: 'string' },
    subscribedTopicRegex: { string: '0+' },
    rebalanceTimeoutMs: { int32: '0+' },
    serverAssignor: { string: '0+', nullable: '0+' },
  },
} as const

const consumerTarget = {
  name: 'ConsumerTargetValue',
  versions: '0',
  flexible: '0+',
  fields: { assignmentEpoch: { int32: '0+' }, assignor: { string: '0+' } },
} as const

const consumerTargetMember = {
  name: 'ConsumerTargetMemberValue',
  versions: '0',
  flexible: '0+',
  fields: {
    topicPartitions: { array: '0+', of: { topicId: { uuid: '0+' }, partitions: { array: '0+', of: 'int32' } } },
  },
} as const

const consumerCurrent = {
  name: 'ConsumerCurrentValue',
  versions: '0',
  flexible: '0+',
  fields: {
    memberEpoch: { int32: '0+' },
    previousMemberEpoch: { int32: '0+' },
    state: { int8: '0+' },
    assigned: {
      array: '0+',
      of: {
        topicId: { uuid: '0+' },
        partitions: { array: '0+', of: 'int32' },
        /** Since which member epoch each is the member's own. */
        epochs: { array: '0+', of: 'int32' },
      },
    },
    pendingRevocation: { array: '0+', of: { topicId: { uuid: '0+' }, partitions: { array: '0+', of: 'int32' } } },
  },
} as const

export type TopicPartitions = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]
export type ConsumerMemberValue = Readonly<Decoded<typeof consumerMember>>
export type ConsumerCurrentValue = Readonly<Decoded<typeof consumerCurrent>>

interface OfGroup<Kind extends string, M extends Message> {
  readonly kind: Kind
  readonly group: string
  readonly value: Readonly<Decoded<M>> | null
}
interface OfMember<Kind extends string, M extends Message> extends OfGroup<Kind, M> {
  readonly memberId: string
}

export type ConsumerGroupRecord =
  | OfGroup<'consumer-group', typeof consumerGroup>
  | OfMember<'consumer-member', typeof consumerMember>
  | OfGroup<'consumer-target', typeof consumerTarget>
  | OfMember<'consumer-target-member', typeof consumerTargetMember>
  | OfMember<'consumer-current', typeof consumerCurrent>

interface Kind {
  readonly kind: ConsumerGroupRecord['kind']
  /** Kafka's. */
  readonly type: number
  readonly ofMember: boolean
  readonly value: Message
}

const kinds: readonly Kind[] = [
  { kind: 'consumer-group', type: 3, ofMember: false, value: consumerGroup },
  { kind: 'consumer-member', type: 5, ofMember: true, value: consumerMember },
  { kind: 'consumer-target', type: 6, ofMember: false, value: consumerTarget },
  { kind: 'consumer-target-member', type: 7, ofMember: true, value: consumerTargetMember },
  { kind: 'consumer-current', type: 8, ofMember: true, value: consumerCurrent },
]

/** Key type and key, value version 0 and value, both without the int16 in front. */
export function encodeConsumerRecord(record: ConsumerGroupRecord): { type: number; key: Uint8Array; value: Uint8Array | null } {
  const { type, value: schema } = kinds.find(({ kind }) => kind === record.kind)!
  const { group } = record
  const key = 'memberId' in record ? encodeMessage(memberKey, 0, { group, memberId: record.memberId }) : encodeMessage(groupKey, 0, { group })
  return { type, key, value: record.value === null ? null : encodeMessage(schema, 0, record.value as never) }
}

/** undefined: the type is none of these. */
export function decodeConsumerRecord(type: number, key: Uint8Array, value: Uint8Array | null): ConsumerGroupRecord | undefined {
  const found = kinds.find((each) => each.type === type)
  if (found === undefined) return undefined
  const decoded = value === null ? null : decodeMessage(found.value, 0, value)
  const named = found.ofMember ? decodeMessage(memberKey, 0, key) : decodeMessage(groupKey, 0, key)
  return { kind: found.kind, ...named, value: decoded } as ConsumerGroupRecord
}
