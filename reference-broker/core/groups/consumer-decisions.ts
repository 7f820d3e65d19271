/** What the coordinator of a consumer group decides and a bug could get wrong: pure functions, part of the table in decisions.ts. */
import type { ErrorName } from '../../../protocol/errors.ts'

export interface MemberEpochView {
  readonly asked: number
  readonly current: number
  readonly previous: number
  /** What the member says it owns is within what it was granted; false when it does not say. */
  readonly ownsOnlyGranted: boolean
}

export interface MemberCommitView {
  readonly asked: number
  readonly current: number
  /** Since which epoch each partition of the commit is the member's own; undefined for one that is not. */
  readonly grantedAt: readonly (number | undefined)[]
}

export interface ConsumerDecisions {
  nextGroupEpoch(current: number): number
  /** May a member in this epoch be heard? */
  memberEpochError(view: MemberEpochView): ErrorName
  /** Has a member given up what it was told to? It has when it says what it owns and these are not among it. */
  hasGivenUp(view: { readonly owned: ReadonlySet<string> | null; readonly pending: ReadonlySet<string> }): boolean
  /** May a partition be granted that, perhaps, is another's own? */
  mayGrant(view: { readonly memberId: string; readonly ownerId: string | undefined }): boolean
  /** Is a partition to go from one member to another, for they have so many? */
  isUneven(view: { readonly rich: number; readonly poor: number }): boolean
  /** May a member in this epoch commit offsets of these partitions? */
  memberCommitError(view: MemberCommitView): ErrorName
}

/** The epoch before is heard once more when the answer that told of the new one may have been lost. */
function memberEpochError({ asked, current, previous, ownsOnlyGranted }: MemberEpochView): ErrorName {
  if (asked === current) return 'NONE'
  return asked < current && asked === previous && ownsOnlyGranted ? 'NONE' : 'FENCED_MEMBER_EPOCH'
}

/** An older epoch may still commit what has been the member's own since then or longer (KIP-1251). */
function memberCommitError({ asked, current, grantedAt }: MemberCommitView): ErrorName {
  if (asked === current) return 'NONE'
  if (asked > current || asked < 0) return 'STALE_MEMBER_EPOCH'
  return grantedAt.every((epoch) => epoch !== undefined && epoch <= asked) ? 'NONE' : 'STALE_MEMBER_EPOCH'
}

export const soundConsumerDecisions: ConsumerDecisions = {
  nextGroupEpoch: (current) => current + 1,
  memberEpochError,
  hasGivenUp: ({ owned, pending }) => owned !== null && [...pending].every((key) => !owned.has(key)),
  mayGrant: ({ ownerId }) => ownerId === undefined,
  isUneven: ({ rich, poor }) => rich - poor >= 2,
  memberCommitError,
}
