/**
 * Values of the ops of consumer groups (docs/history.md, "Consumer groups"). A member is one `client`. What is asked and
 * answered are ops with invocation and completion; what a member learns or gives up are marks: `info` ops of a kind of
 * their own, which complete nothing.
 */
import type { Key } from './op.ts'

export type GroupProtocol = 'classic' | 'consumer'

/** What a member promises of each record: to work on it not more than once, not less than once, or exactly once. */
export type Delivery = 'at-most-once' | 'at-least-once' | 'exactly-once'

/** The next offset to read, by key; -1 for none. */
export type KeyOffset = readonly [key: Key, offset: number]

/** `join`, asked. */
export interface JoinAsked {
  readonly group: string
  readonly protocol: GroupProtocol
  /** `range`, `roundrobin`, `sticky`, `cooperative-sticky`, `uniform`. */
  readonly assignor: string
  readonly topics: readonly string[]
  /** Of a static member. */
  readonly instanceId?: string
}

/** `join`, ok. `generation` is the member epoch where the protocol is `consumer`. */
export interface Joined extends JoinAsked {
  readonly memberId: string
  readonly generation: number
}

/** Mark `assigned`: from here on the member owns `keys`, and when incremental also those it had. */
export interface Assigned {
  readonly group: string
  readonly memberId: string
  readonly generation: number
  readonly keys: readonly Key[]
  /** Where it reads from: the committed offset, or where the reset policy led; -1 when unknown. */
  readonly starts: readonly KeyOffset[]
  readonly incremental: boolean
  /** Index of the first op recorded after the committed offsets were asked for. */
  readonly since?: number
}

/** Mark `revoked`: the member has stopped working on `keys`, and has not told the broker yet. */
export interface Revoked {
  readonly group: string
  readonly memberId: string
  readonly generation: number
  readonly keys: readonly Key[]
}

/** Mark `lost`: the member learned that it is a member no more, and gives all up. */
export interface Lost {
  readonly group: string
  readonly memberId: string
  readonly keys: readonly Key[]
  readonly reason: string
}

/** Mark `heard`: a heartbeat was answered well, which was sent at `sentAt`, in nanoseconds of the run. */
export interface Heard {
  readonly group: string
  readonly memberId: string
  readonly sentAt: number
}

/**
 * `process`: work on the records polled between the two offsets, both included. `info` with `done`, the last one finished
 * (below the first: none); `fail` with `poison`, the one that cannot be processed, and all before it finished.
 */
export interface ProcessValue {
  readonly group: string
  readonly memberId: string
  readonly generation: number
  readonly key: Key
  readonly offsets: readonly [first: number, last: number]
  readonly done?: number
  readonly poison?: number
}

/**
 * Mark `letter`: a member read a dead letter, the record of `key` at `offset`, and this is what the letter itself says: of which
 * record it is (`of`), which key that had, and why it was put aside. What it does not say is missing.
 */
export interface LetterValue {
  readonly group: string
  readonly memberId: string
  readonly generation: number
  readonly key: Key
  readonly offset: number
  readonly of?: KeyOffset
  readonly recordKey?: string | null
  readonly cause?: string
}

/** Mark `paused`: of what the member owns it reads all but `keys` from here on. */
export interface Paused {
  readonly group: string
  readonly memberId: string
  readonly generation: number
  readonly keys: readonly Key[]
}

/** Mark `subscribed`: a member that is not asked to join anew (KIP-848) wants these topics from here on. */
export interface Subscribed {
  readonly group: string
  readonly memberId: string
  readonly generation: number
  readonly topics: readonly string[]
}

/** An element of `config.deadLetters`: where members of a group put aside what they cannot process. */
export interface DeadLetterConfig {
  readonly group: string
  readonly topic: string
  /** How long one such record may hold up its partition, in calm times, beyond what a rebalance may take. */
  readonly blocksForMs: number
}

/** `commit`; a memberId of '' and a generation below 0 for one who is no member. */
export interface CommitValue {
  readonly group: string
  readonly memberId: string
  readonly generation: number
  readonly offsets: readonly KeyOffset[]
}

/** `offsets`: what is committed. Asked with `keys`, or without for all; answered with `offsets`. */
export interface OffsetsValue {
  readonly group: string
  readonly keys?: readonly Key[]
  readonly offsets?: readonly KeyOffset[]
}

/** `reset-offsets`: committed offsets set on purpose, forward or back. */
export interface ResetOffsetsValue {
  readonly group: string
  readonly offsets: readonly KeyOffset[]
}

export interface LeaveValue {
  readonly group: string
  readonly memberId: string
}

/** `f:"group-state"` of the observer, only when changed: what the coordinator says of a group. */
export interface GroupStateValue {
  readonly group: string
  /** As DescribeGroups or ConsumerGroupDescribe spell it: `Stable`, `PreparingRebalance`, `Reconciling`, … */
  readonly state: string
  /** The group epoch where the protocol is `consumer`, -1 when unknown. */
  readonly generation: number
  readonly members: readonly { readonly memberId: string; readonly client?: string; readonly keys: readonly Key[] }[]
}

/** An element of `config.groups`. */
export interface GroupConfig {
  readonly group: string
  readonly protocol?: GroupProtocol
  readonly assignor?: string
  readonly topics?: readonly string[]
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly delivery?: Delivery
  /** Where its members begin without a committed offset. */
  readonly resetPolicy?: 'earliest' | 'latest' | 'none'
  /** What a member's poll takes at most. */
  readonly maxPollRecords?: number
  /** Members keep what does not move while they rebalance. */
  readonly cooperative?: boolean
}

/** Kinds of op with which histories of groups begin; one without any of them has none. */
export const groupMarks = ['assigned', 'revoked', 'lost', 'heard', 'letter', 'paused', 'subscribed'] as const
export const groupRequests = ['join', 'process', 'commit', 'offsets', 'reset-offsets', 'leave'] as const

export type GroupMark = (typeof groupMarks)[number]
export type GroupRequest = (typeof groupRequests)[number]
