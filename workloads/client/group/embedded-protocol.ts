/**
 * What members of a classic group tell one another through their coordinator, which only carries it: subscriptions to the
 * leader, assignments back. Kafka's ConsumerProtocol, versions 0 to 3, with the user data of its sticky assignors.
 */
import { decodeMessage, encodeMessage } from '../../../protocol/codec.ts'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import type { Decoded } from '../../../protocol/message.ts'
import type { TopicPartition } from '../client.ts'
import type { AssignedMember } from './assignors/assignor.ts'

const subscriptionSchema = {
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  fields: {
    topics: { array: '0+', of: 'string' },
    userData: { bytes: '0+', nullable: '0+', default: null },
    ownedPartitions: {
      array: '1+', ignorable: true,
      of: { topic: { string: '1+' }, partitions: { array: '1+', of: 'int32' } },
    },
    generationId: { int32: '2+', default: -1, ignorable: true },
    rackId: { string: '3+', nullable: '3+', default: null, ignorable: true },
  },
} as const

const assignmentSchema = {
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  fields: {
    assignedPartitions: {
      array: '0+',
      of: { topic: { string: '0+' }, partitions: { array: '0+', of: 'int32' } },
    },
    userData: { bytes: '0+', nullable: '0+', default: null },
  },
} as const

/** StickyAssignor's, second version; eager members have given everything up, so it says what they had. */
const stickySchema = {
  name: 'StickyAssignorUserData',
  versions: '1',
  flexible: 'none',
  fields: {
    previousAssignment: {
      array: '1+',
      of: { topic: { string: '1+' }, partitions: { array: '1+', of: 'int32' } },
    },
    generation: { int32: '1+' },
  },
} as const

const latestVersion = 3

export interface Subscription {
  readonly topics: readonly string[]
  /** What the member has, or had last. */
  readonly owned: readonly TopicPartition[]
  readonly generation: number
}

function grouped(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}

function flat(topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}

function versioned(version: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + body.length)
  new DataView(bytes.buffer).setInt16(0, version)
  bytes.set(body, 2)
  return bytes
}

function versionOf(bytes: Uint8Array): number {
  if (bytes.length < 2) throw new MalformedMessage('no version')
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt16(0)
}

export function encodeSubscription(assignor: string, { topics, owned, generation }: Subscription): Uint8Array {
  const isEager = assignor !== 'cooperative-sticky'
  const userData = assignor === 'sticky' ? encodeMessage(stickySchema, 1, { previousAssignment: grouped(owned), generation }) : null
  const body = { topics, userData, ownedPartitions: isEager ? [] : grouped(owned), generationId: generation }
  return versioned(latestVersion, encodeMessage(subscriptionSchema, latestVersion, body))
}

/** Of any version, later ones by what they begin with. MalformedMessage when it is none. */
export function decodeSubscription(bytes: Uint8Array): Omit<AssignedMember, 'memberId' | 'instanceId'> {
  const version = Math.min(versionOf(bytes), latestVersion)
  const { topics, userData, ownedPartitions, generationId } = decodeMessage(subscriptionSchema, version, bytes.subarray(2))
  const had = userData === null || userData.length === 0 || ownedPartitions.length > 0 ? undefined : readSticky(userData)
  return had === undefined
    ? { topics, owned: flat(ownedPartitions), generation: generationId }
    : { topics, owned: flat(had.previousAssignment), generation: had.generation }
}

/** undefined when it is another assignor's. */
function readSticky(userData: Uint8Array): Decoded<typeof stickySchema> | undefined {
  try {
    return decodeMessage(stickySchema, 1, userData)
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined
    throw error
  }
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Uint8Array {
  return versioned(0, encodeMessage(assignmentSchema, 0, { assignedPartitions: grouped(partitions), userData: null }))
}

/** Nothing at all is an assignment of nothing. MalformedMessage when it is none. */
export function decodeAssignment(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length === 0) return []
  const version = Math.min(versionOf(bytes), latestVersion)
  return flat(decodeMessage(assignmentSchema, version, bytes.subarray(2)).assignedPartitions)
}
