/**
 * What the rule proxy does to single requests and answers, as data: which one is meant, and what becomes of it. A trigger is
 * a count, never a time, so the same requests always meet the same fate.
 */
import type { ApiName } from '../../protocol/apis.ts'
import type { ErrorName } from '../../protocol/errors.ts'

/** Every field that is given must fit. */
export interface WireMatch {
  readonly api: ApiName
  /** Answers are found by what was asked. */
  readonly of?: 'request' | 'answer'
  /** Its client.id. */
  readonly client?: string
  /** Whom it is for. */
  readonly node?: number
  readonly transactionalId?: string
  readonly topic?: string
  readonly partition?: number
  /** An answer that carries this error. */
  readonly error?: ErrorName
}

export type WireAct =
  /**
   * Kept; what follows on its connection waits behind it. `release` sends a request to its node on a connection of its own
   * and swallows the answer; `resume` lets a request or an answer go on where it was.
   */
  | { readonly do: 'hold' }
  /** Never arrives, nor does what follows on its connection. */
  | { readonly do: 'drop' }
  /** Of a request: passes, and a second time at once, on a connection of its own, whose answer is swallowed. */
  | { readonly do: 'duplicate' }
  /** Of a request: passes, and every `release` sends it once more, as `duplicate` does. */
  | { readonly do: 'capture' }
  | { readonly do: 'delay'; readonly delayMs: number }
  /** Of a request: waits until one that matches this was answered, which must come on another connection. */
  | { readonly do: 'reorder'; readonly after: WireMatch }
  /** Of a request: passes, and when it was answered the connection breaks instead. Of an answer: it breaks at once. */
  | { readonly do: 'cut' }
  /** Who asked is told this error. A request does not pass; of an answer, the request had passed. */
  | { readonly do: 'answer'; readonly error: ErrorName }

export interface WireRule {
  readonly name: string
  readonly match: WireMatch
  /** The first of those that match to which it happens, counted from 1; 1 when missing. */
  readonly nth?: number
  /** To how many from there on; 1 when missing. */
  readonly times?: number
  readonly act: WireAct
}

export type Deed =
  | 'forwarded' | 'answered' | 'held' | 'dropped' | 'duplicated' | 'captured' | 'delayed' | 'reordered' | 'cut' | 'refused' | 'replaced'
  /** By `release`: it went out again, and its answer came and went no further. */
  | 'released' | 'swallowed'

/** One line of the wire record, in the order it happened. */
export interface WireEvent {
  readonly timeMs: number
  readonly did: Deed
  readonly rule?: string
  readonly api: string
  readonly version: number
  readonly client: string
  readonly node: number
  readonly correlationId: number
  readonly transactionalIds?: readonly string[]
  /** As `orders-3`. */
  readonly partitions?: readonly string[]
  /** Of an answer: each error in it once, NONE among them. */
  readonly errors?: readonly string[]
}
