/**
 * `sticky` and `cooperative-sticky`: as even as can be, and then moving as little as that allows. Everybody first keeps what
 * it had; what is free goes to whoever has least; then whoever has most gives to whoever has at least two less. Of two members
 * that claim one partition the one of the newer generation had it; in one generation neither is believed.
 *
 * Cooperative members keep reading meanwhile, so a partition that moves is assigned to nobody until its owner, told by its
 * absence, has given it up and asked for another round (KIP-429).
 */
import type { TopicPartition } from '../../client.ts'
import { inOrder, partitionsOf, topicsRead, type AssignedMember, type Assignment, type ClassicAssignor, type PartitionCounts } from './assignor.ts'

interface Share {
  readonly member: AssignedMember
  readonly partitions: TopicPartition[]
}

interface Claim {
  readonly share: Share
  readonly generation: number
  isContested: boolean
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** By partition, who may be believed to have it. */
function ownersOf(shares: readonly Share[]): Map<string, Share> {
  const claims = new Map<string, Claim>()
  for (const share of shares) {
    const { owned, generation } = share.member
    for (const partition of owned) {
      const key = keyOf(partition)
      const known = claims.get(key)
      if (known === undefined || generation > known.generation) claims.set(key, { share, generation, isContested: false })
      else if (generation === known.generation && known.share !== share) known.isContested = true
    }
  }
  return new Map([...claims].flatMap(([key, { share, isContested }]) => (isContested ? [] : [[key, share] as const])))
}

function poorest(shares: readonly Share[], topic: string): Share {
  const readers = shares.filter(({ member }) => member.topics.includes(topic))
  return readers.reduce((best, share) => (share.partitions.length < best.partitions.length ? share : best))
}

/** Moves one partition to a member that has at least two less. false: there is none. */
function levelOut(shares: readonly Share[]): boolean {
  for (const rich of shares.toSorted((a, b) => b.partitions.length - a.partitions.length)) {
    for (let at = rich.partitions.length - 1; at >= 0; at--) {
      const partition = rich.partitions[at]!
      const poor = poorest(shares, partition.topic)
      if (rich.partitions.length - poor.partitions.length < 2) continue
      rich.partitions.splice(at, 1)
      poor.partitions.push(partition)
      return true
    }
  }
  return false
}

function assignSticky(members: readonly AssignedMember[], counts: PartitionCounts): Share[] {
  const shares: Share[] = inOrder(members).map((member) => ({ member, partitions: [] }))
  const owners = ownersOf(shares)
  const free: TopicPartition[] = []
  for (const partition of topicsRead(members, counts).flatMap((topic) => partitionsOf(topic, counts))) {
    const owner = owners.get(keyOf(partition))
    if (owner?.member.topics.includes(partition.topic) === true) owner.partitions.push(partition)
    else free.push(partition)
  }
  for (const partition of free) poorest(shares, partition.topic).partitions.push(partition)
  while (levelOut(shares)) continue
  return shares
}

function assignmentOf(shares: readonly Share[]): Assignment {
  return new Map(shares.map(({ member, partitions }) => [member.memberId, partitions]))
}

export const stickyAssignor: ClassicAssignor = {
  name: 'sticky',
  isCooperative: false,
  assign: (members, counts) => assignmentOf(assignSticky(members, counts)),
}

export const cooperativeStickyAssignor: ClassicAssignor = {
  name: 'cooperative-sticky',
  isCooperative: true,
  assign(members, counts) {
    const claimants = new Map<string, Set<string>>()
    for (const { memberId, owned } of members) {
      for (const partition of owned) {
        const key = keyOf(partition)
        claimants.set(key, (claimants.get(key) ?? new Set()).add(memberId))
      }
    }
    const isFreeFor = (memberId: string, partition: TopicPartition): boolean => {
      const all = claimants.get(keyOf(partition))
      return all === undefined || (all.size === 1 && all.has(memberId))
    }
    const shares = assignSticky(members, counts)
    return new Map(shares.map(({ member: { memberId }, partitions }) =>
      [memberId, partitions.filter((partition) => isFreeFor(memberId, partition))]))
  },
}
