/**
 * What a history tells of one group, as rows in the order of the history, by what it was: joins, marks, commits, fetches,
 * work. A row keeps positions of ops, never indexes or times; an op that never completed has `done` none.
 */
import type { Assigned, GroupConfig, GroupStateValue, Joined, LetterValue, ProcessValue } from '../../history/group-op.ts'
import type { Key } from '../../history/op.ts'

/** Code of a client, see OpTable.actor. */
export type Actor = number

/** What was asked at one position and answered at another. */
export interface Asked {
  readonly asked: number
  /** Position of the completion, or `none`. */
  done: number
  /** `ok`, `failed` or `unknown`. */
  outcome: number
  readonly actor: Actor
  /** The coordinator that answered. */
  node: string | undefined
}

export interface JoinRow extends Asked {
  value: Joined
  /** How often the group had begun its generations anew. */
  era: number
  /** Refused for good: another has its instance id, or the group will not have it as it is. */
  isRefused: boolean
}

/** A member was given keys, and when its fetch of their offsets had been asked for at the earliest. */
export interface GrantRow {
  readonly at: number
  readonly actor: Actor
  readonly era: number
  readonly value: Assigned
  /** The coordinator that told where to begin. */
  readonly node: string | undefined
  readonly askedStarts: number
}

/** A member gave keys up, or all of them. */
export interface ReleaseRow {
  readonly at: number
  readonly actor: Actor
  readonly memberId: string
  readonly why: 'revoked' | 'lost' | 'left' | 'crashed'
  readonly keys: readonly Key[]
}

export interface SubscriptionRow {
  readonly at: number
  readonly actor: Actor
  readonly topics: readonly string[]
}

/** Of what it owns a member reads all but these from here on. */
export interface PausedRow {
  readonly at: number
  readonly actor: Actor
  readonly keys: readonly Key[]
}

export interface HeardRow {
  readonly at: number
  readonly actor: Actor
  readonly memberId: string
  /** Nanoseconds of the run. */
  readonly sentAt: number
  /** The coordinator that answered. */
  readonly node: string | undefined
}

/** One offset written, or perhaps written. */
export interface WriteRow extends Asked {
  readonly kind: 'commit' | 'reset' | 'transaction'
  readonly key: Key
  readonly offset: number
  readonly memberId: string
  /** -1 of one who is no member. */
  readonly generation: number
  readonly era: number
  /** It was asked for more than once: what went without an answer may still come. */
  isRepeated: boolean
}

/** One offset read: fetched, or where a member began. */
export interface ReadRow {
  readonly kind: 'fetched' | 'start'
  /** Position of the op that tells it. */
  readonly at: number
  readonly asked: number
  readonly actor: Actor
  readonly key: Key
  readonly offset: number
  readonly node: string | undefined
}

export interface WorkRow extends Asked {
  value: ProcessValue
}

export interface StateRow {
  readonly at: number
  readonly value: GroupStateValue
}

export interface LetterRow {
  readonly at: number
  readonly actor: Actor
  readonly value: LetterValue
}

/** A coordinator answered, or spoke for the group. */
export interface AnswerRow {
  readonly at: number
  readonly node: string
}

export interface GroupOps {
  readonly name: string
  readonly config: GroupConfig
  readonly joins: readonly JoinRow[]
  readonly grants: readonly GrantRow[]
  readonly releases: readonly ReleaseRow[]
  readonly heards: readonly HeardRow[]
  readonly writes: ReadonlyMap<Key, readonly WriteRow[]>
  readonly reads: readonly ReadRow[]
  readonly work: ReadonlyMap<Key, readonly WorkRow[]>
  readonly states: readonly StateRow[]
  /** What members want that joined long ago. */
  readonly subscriptions: readonly SubscriptionRow[]
  readonly paused: readonly PausedRow[]
  /** Dead letters that its members read. */
  readonly letters: readonly LetterRow[]
  readonly answers: readonly AnswerRow[]
  /** By member id, the instance id of a static member. */
  readonly instances: ReadonlyMap<string, string>
}

/** Who a member is, whatever id it has now. */
export function identityOf({ instances }: Pick<GroupOps, 'instances'>, memberId: string): string {
  const instance = instances.get(memberId)
  return instance === undefined ? memberId : `instance ${instance}`
}

/** The topic of a key that is called `<topic>-<partition>`; of any other, the key itself. */
export function topicOf(key: Key): string {
  return /^(.+)-\d+$/.exec(String(key))?.[1] ?? String(key)
}
