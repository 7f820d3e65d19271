/**
 * A classic group and its members: data, and questions about it that change nothing. What it does is in the files beside.
 * States are Kafka's, and so are their names, which go on the wire.
 */
import type { TimerId } from '../../../ports/events.ts'
import { decodeMessage } from '../../../protocol/codec.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import type { ClassicState, GroupDecisions } from './group-decisions.ts'

export interface NamedProtocol {
  readonly name: string
  /** The client's, never read but for the topics of consumers. */
  readonly metadata: Uint8Array
}

export interface JoinAnswer {
  readonly error: ErrorName
  readonly memberId: string
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  /** The leader is to leave the assignment as it is (KIP-814). */
  readonly skipAssignment: boolean
  /** Told to the leader only. */
  readonly members: readonly { readonly memberId: string; readonly groupInstanceId: string | null; readonly metadata: Uint8Array }[]
}

export interface SyncAnswer {
  readonly error: ErrorName
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export interface ClassicMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly NamedProtocol[]
  assignment: Uint8Array
  /** Waits for the next generation. */
  awaitingJoin: ((answer: JoinAnswer) => void) | undefined
  /** Waits for the leader's assignment. */
  awaitingSync: ((answer: SyncAnswer) => void) | undefined
  /** Has not been told its member id yet, so it cannot send heartbeats. */
  isNew: boolean
  session: TimerId | undefined
}

export const noBytes: Uint8Array = new Uint8Array(0)
export const consumerProtocolType = 'consumer'

const subscriptionSchema = {
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  fields: { topics: { array: '0+', of: 'string' } },
} as const

export class ClassicGroup {
  readonly kind = 'classic'
  readonly groupId: string
  state: ClassicState = 'Empty'
  previousState: ClassicState = 'Empty'
  /** Wall clock, for the expiry of offsets. */
  stateSinceMs: number
  generationId = 0
  /** null: a group of offsets only. */
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  readonly members: Map<string, ClassicMember> = new Map()
  /** Member ids by instance id. */
  readonly instances: Map<string, string> = new Map()
  /** Ids given out, not yet come back with. */
  readonly pendingJoins: Map<string, TimerId> = new Map()
  readonly pendingSyncs: Set<string> = new Set()
  /** Somebody joined since the first rebalance was last extended. */
  newMemberAdded = false
  /** Of the join or the sync phase. */
  rebalanceTimer: TimerId | undefined

  constructor(groupId: string, stateSinceMs: number) {
    this.groupId = groupId
    this.stateSinceMs = stateSinceMs
  }

  moveTo(state: ClassicState, wallNowMs: number): void {
    this.previousState = this.state
    this.state = state
    this.stateSinceMs = wallNowMs
  }

  add(member: ClassicMember, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    if (member.groupInstanceId !== null) this.instances.set(member.groupInstanceId, member.memberId)
  }

  /** Another member leads when the leader goes. */
  remove(memberId: string): ClassicMember | undefined {
    const member = this.members.get(memberId)
    if (member === undefined) return undefined
    this.members.delete(memberId)
    this.pendingSyncs.delete(memberId)
    const instance = member.groupInstanceId
    if (instance !== null && this.instances.get(instance) === memberId) this.instances.delete(instance)
    if (this.leaderId === memberId) this.leaderId = [...this.members.keys()][0] ?? null
    return member
  }

  get joined(): number {
    let count = 0
    for (const { awaitingJoin } of this.members.values()) if (awaitingJoin !== undefined) count++
    return count
  }

  /** The longest that any member wants to be waited for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  /** Why a request of this member cannot be of this group: unknown, or fenced by another with its instance id. */
  memberError(memberId: string, groupInstanceId: string | null, decisions: GroupDecisions): ErrorName {
    if (groupInstanceId !== null) {
      const ownerId = this.instances.get(groupInstanceId)
      if (ownerId === undefined) return 'UNKNOWN_MEMBER_ID'
      if (decisions.isFencedInstance({ memberId, ownerId })) return 'FENCED_INSTANCE_ID'
    }
    return this.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID'
  }

  /** Whether a member with these protocols can be one with the others. */
  supports(protocolType: string, protocols: readonly NamedProtocol[]): boolean {
    if (protocols.length === 0 || protocolType === '') return false
    if (this.members.size === 0) return true
    if (protocolType !== this.protocolType) return false
    const known = [...this.members.values()].map((member) => member.protocols)
    return protocols.some(({ name }) => known.every((theirs) => theirs.some((each) => each.name === name)))
  }

  preferences(): string[][] {
    return [...this.members.values()].map(({ protocols }) => protocols.map(({ name }) => name))
  }

  /** What a member says under the chosen protocol. */
  metadataOf(member: ClassicMember): Uint8Array {
    return member.protocols.find(({ name }) => name === this.protocolName)?.metadata ?? noBytes
  }

  /** undefined when that cannot be told: a group of no consumers, between generations, or of a format of its own. */
  subscribedTopics(): ReadonlySet<string> | undefined {
    if (this.protocolType !== consumerProtocolType || this.protocolName === null) return undefined
    const topics = new Set<string>()
    for (const member of this.members.values()) {
      const read = readTopics(this.metadataOf(member))
      if (read === undefined) return undefined
      for (const topic of read) topics.add(topic)
    }
    return topics
  }
}

/** The subscription begins with its version and its topics; what follows does not matter here. */
export function readTopics(metadata: Uint8Array): readonly string[] | undefined {
  try {
    const end = topicsEnd(metadata)
    return decodeMessage(subscriptionSchema, 0, metadata.subarray(2, end)).topics
  } catch (error) {
    if (error instanceof MalformedMessage || error instanceof RangeError) return undefined
    throw error
  }
}

function topicsEnd(metadata: Uint8Array): number {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength)
  if (view.getInt16(0) < 0) throw new MalformedMessage('a subscription of a negative version')
  let at = 6
  for (let left = view.getInt32(2); left > 0; left--) at += 2 + Math.max(0, view.getInt16(at))
  return at
}

export function sameProtocols(a: readonly NamedProtocol[], b: readonly NamedProtocol[]): boolean {
  return a.length === b.length && a.every((each, i) => each.name === b[i]!.name && sameBytes(each.metadata, b[i]!.metadata))
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
