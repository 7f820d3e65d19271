/** What a group coordinator decides and a bug could get wrong: pure functions, part of the table in decisions.ts. */
import type { ErrorName } from '../../../protocol/errors.ts'
import { soundConsumerDecisions, type ConsumerDecisions } from './consumer-decisions.ts'

export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

export interface CommitView {
  readonly state: ClassicState
  /** Negative: the commit is of nobody's generation. */
  readonly generationId: number
  /** Whether it names a member or an instance. */
  readonly namesMember: boolean
  readonly currentGenerationId: number
  /** Why this member is none of the group's, or 'NONE'. */
  readonly memberError: ErrorName
  readonly isTransactional: boolean
}

export interface JoinPhaseView {
  readonly members: number
  /** Of them, those that wait for the next generation. */
  readonly joined: number
  /** Those that were told to come back with the id they were given. */
  readonly pending: number
}

export interface TakeOverView {
  readonly state: ClassicState
  /** The group would choose the protocol it has once more. */
  readonly keepsProtocol: boolean
}

export interface ExpiryView {
  readonly nowMs: number
  /** -1: the commit has no expiry of its own. */
  readonly expireTimestamp: number
  /** Since when nobody needs it. */
  readonly sinceMs: number
  readonly retentionMs: number
}

export interface GroupDecisions extends ConsumerDecisions {
  /** Does the request speak of the generation the group is in? */
  isCurrentGeneration(view: { readonly asked: number; readonly current: number }): boolean
  /** Has another member taken over this instance id (KIP-345)? */
  isFencedInstance(view: { readonly memberId: string; readonly ownerId: string }): boolean
  nextGeneration(current: number): number
  /** May the next generation begin without waiting longer? */
  joinIsComplete(view: JoinPhaseView): boolean
  /** May a static member that came back take over the place of its former self, with nobody else noticing (KIP-345)? */
  mayTakeOver(view: TakeOverView): boolean
  /** Members that did not come back to the rebalance: does this one stay? */
  staysWithoutRejoining(view: { readonly isStatic: boolean }): boolean
  /** The one most members put first among those that all know; undefined when there is none. */
  chooseProtocol(preferences: readonly (readonly string[])[]): string | undefined
  /** May this member commit offsets to a classic group? */
  mayCommit(view: CommitView): ErrorName
  /** A member has not been heard of for its session timeout: is it dead? */
  sessionIsOver(view: { readonly heardOf: boolean }): boolean
  /** Of two commits the later in the log counts, whenever it came to count. */
  replacesCommit(view: { readonly known: number; readonly coming: number }): boolean
  /** Under which name the offsets of a group are kept: its own. */
  offsetsName(group: string): string
  /** What an offset query is told: what was committed. */
  toldOffset(committed: bigint): bigint
  /** Do offsets of a transaction count only when it commits? */
  offsetsWaitForTransaction(): boolean
  /** Is the answer to an offset query to wait for a transaction? */
  isUnstable(view: { readonly requireStable: boolean; readonly pending: boolean }): boolean
  offsetIsExpired(view: ExpiryView): boolean
}

function chooseProtocol(preferences: readonly (readonly string[])[]): string | undefined {
  const [first = [], ...others] = preferences
  const candidates = new Set(first.filter((name) => others.every((names) => names.includes(name))))
  const votes = new Map<string, number>()
  for (const names of preferences) {
    const vote = names.find((name) => candidates.has(name))
    if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1)
  }
  let best: string | undefined
  for (const [name, count] of votes) if (best === undefined || count > votes.get(best)!) best = name
  return best
}

/**
 * A member commits in its own generation; whoever has no generation (a simple consumer, an administrator) only while the group
 * has no members. Between two generations nobody does: what a member read is no longer, or not yet, its own.
 */
function mayCommit(view: CommitView): ErrorName {
  const { state, generationId, namesMember, isTransactional } = view
  if (state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
  if (generationId < 0 && state === 'Empty') return 'NONE'
  if (generationId >= 0 || namesMember) {
    if (view.memberError !== 'NONE') return view.memberError
    if (generationId !== view.currentGenerationId) return 'ILLEGAL_GENERATION'
  } else if (!isTransactional && state !== 'Empty') {
    return 'UNKNOWN_MEMBER_ID'
  }
  return !isTransactional && state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

function offsetIsExpired({ nowMs, expireTimestamp, sinceMs, retentionMs }: ExpiryView): boolean {
  return expireTimestamp >= 0 ? nowMs >= expireTimestamp : nowMs - sinceMs >= retentionMs
}

export const soundGroupDecisions: GroupDecisions = {
  isCurrentGeneration: ({ asked, current }) => asked === current,
  isFencedInstance: ({ memberId, ownerId }) => memberId !== ownerId,
  nextGeneration: (current) => current + 1,
  joinIsComplete: ({ members, joined, pending }) => joined === members && pending === 0,
  mayTakeOver: ({ state, keepsProtocol }) => state === 'Stable' && keepsProtocol,
  staysWithoutRejoining: ({ isStatic }) => isStatic,
  chooseProtocol,
  mayCommit,
  sessionIsOver: ({ heardOf }) => !heardOf,
  replacesCommit: ({ known, coming }) => coming > known,
  offsetsName: (group) => group,
  toldOffset: (committed) => committed,
  offsetsWaitForTransaction: () => true,
  isUnstable: ({ requireStable, pending }) => requireStable && pending,
  offsetIsExpired,
  ...soundConsumerDecisions,
}
