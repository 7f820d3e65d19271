/**
 * One member's next step towards its target assignment (KIP-848): first it gives up what is not its own any more and stays in its
 * epoch until it has; then it comes to the target's epoch and is granted what its former owners have released; the rest follows
 * as it is released. Pure.
 */
import type { ConsumerDecisions } from './consumer-decisions.ts'
import type { ConsumerMember, PartitionKey } from './consumer-group.ts'

export interface ReconcileView {
  readonly member: ConsumerMember
  readonly targetEpoch: number
  readonly target: ReadonlySet<PartitionKey>
  /** What the member says it owns; null: it does not say. */
  readonly owned: ReadonlySet<PartitionKey> | null
  /** Whose own a partition is. */
  readonly ownerOf: (key: PartitionKey) => string | undefined
}

/** The member itself when there is nothing to do. */
export function reconcile(view: ReconcileView, decisions: ConsumerDecisions): ConsumerMember {
  const { member, targetEpoch, owned } = view
  switch (member.state) {
    case 'STABLE':
      return member.memberEpoch === targetEpoch ? member : nextStep(view, decisions)
    case 'UNREVOKED_PARTITIONS':
      return decisions.hasGivenUp({ owned, pending: member.pendingRevocation }) ? nextStep(view, decisions) : member
    case 'UNRELEASED_PARTITIONS':
      return nextStep(view, decisions)
  }
}

function nextStep(view: ReconcileView, decisions: ConsumerDecisions): ConsumerMember {
  const { member, target, owned, ownerOf, targetEpoch } = view
  const kept = new Map([...member.assigned].filter(([key]) => target.has(key)))
  const revoked = new Set([...member.assigned.keys()].filter((key) => !target.has(key)))
  if (revoked.size > 0 && !decisions.hasGivenUp({ owned, pending: revoked })) {
    return { ...member, state: 'UNREVOKED_PARTITIONS', assigned: kept, pendingRevocation: revoked }
  }
  const { memberId } = member
  const isGranted = (key: PartitionKey): boolean => {
    const owner = ownerOf(key)
    return decisions.mayGrant({ memberId, ownerId: owner === memberId ? undefined : owner })
  }
  const wanted = [...target].filter((key) => !kept.has(key))
  const granted = wanted.filter(isGranted)
  const assigned = new Map([...kept, ...granted.map((key) => [key, targetEpoch] as const)])
  const state = granted.length < wanted.length ? 'UNRELEASED_PARTITIONS' : 'STABLE'
  const moved = member.memberEpoch !== targetEpoch
  if (!moved && state === member.state && granted.length === 0 && revoked.size === 0) return member
  const previousMemberEpoch = moved ? member.memberEpoch : member.previousMemberEpoch
  return { ...member, state, assigned, pendingRevocation: new Set(), memberEpoch: targetEpoch, previousMemberEpoch }
}
