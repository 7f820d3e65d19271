/** What of consumer groups was gone through, counted from the ops. */
import type { CommitValue, Joined } from '../history/group-op.ts'
import type { NewOp } from '../history/op.ts'

export type GroupCounts = Record<
  'rebalances' | 'coordinatorChanges' | 'zombieCommits' | 'lostMemberships' | 'memberCrashes' | 'partitionsAdded',
  number
>

/** What a coordinator says to one who is no member of this generation. */
const fenced: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID', 'FENCED_MEMBER_EPOCH', 'STALE_MEMBER_EPOCH',
])

export class GroupSights {
  readonly #counts: GroupCounts
  readonly #coordinators = new Map<string, number | string>()
  readonly #generations = new Map<string, number>()
  readonly #members = new Set<string | undefined>()

  constructor(counts: GroupCounts) {
    this.#counts = counts
  }

  see({ f, type, value, node, error, client }: NewOp): void {
    const marks = type === 'info'
    if (f === 'lost' && marks) this.#counts.lostMemberships++
    else if (f === 'crash' && marks && this.#members.has(client)) this.#counts.memberCrashes++
    else if (f === 'grow' && marks) this.#counts.partitionsAdded++
    else if (f === 'commit' && type === 'fail' && fenced.has(error?.code ?? '')) this.#counts.zombieCommits++
    if (f === 'join') this.#members.add(client)
    if ((f === 'commit' || f === 'join') && type === 'ok') this.#answered(value as CommitValue | Joined, node)
  }

  #answered({ group, generation }: CommitValue | Joined, node: number | string | undefined): void {
    const before = this.#generations.get(group) ?? generation
    if (generation > before) this.#counts.rebalances++
    this.#generations.set(group, Math.max(before, generation))
    if (node === undefined) return
    if ((this.#coordinators.get(group) ?? node) !== node) this.#counts.coordinatorChanges++
    this.#coordinators.set(group, node)
  }
}
