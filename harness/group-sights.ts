/** What of consumer groups was gone through, counted from the ops. */
import type { CommitValue, Joined, Paused } from '../history/group-op.ts'
import type { NewOp, OpError } from '../history/op.ts'

export type GroupCounts = Record<
  | 'rebalances' | 'coordinatorChanges' | 'zombieCommits' | 'lostMemberships' | 'memberCrashes' | 'partitionsAdded'
  | 'offsetResets' | 'offsetJumps' | 'startlessMembers' | 'deadLetters' | 'pausedPartitions'
  | (typeof boundaries)[keyof typeof boundaries],
  number
>

/** Where a member can die between two steps. */
const boundaries = {
  polled: 'diedPolled',
  processing: 'diedProcessing',
  processed: 'diedProcessed',
  committing: 'diedCommitting',
  committed: 'diedCommitted',
} as const

/** Marks that are counted as they come. */
const counted = { 'grow': 'partitionsAdded', 'lost': 'lostMemberships', 'offset-reset': 'offsetJumps', 'letter': 'deadLetters' } as const

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
    if (type === 'info') this.#marked(f, value, client)
    else if (f === 'reset-offsets' && type === 'ok') this.#counts.offsetResets++
    else if (f === 'commit' && type === 'fail' && fenced.has(error?.code ?? '')) this.#counts.zombieCommits++
    if (f === 'join') this.#members.add(client)
    if ((f === 'commit' || f === 'join') && type === 'ok') this.#answered(value as CommitValue | Joined, node)
  }

  #marked(f: string, value: unknown, client: string | undefined): void {
    if (f in counted) this.#counts[counted[f as keyof typeof counted]]++
    else if (f === 'paused' && (value as Paused).keys.length > 0) this.#counts.pausedPartitions++
    else if (f === 'member-error' && (value as { readonly error: OpError }).error.code === 'NO_OFFSET') this.#counts.startlessMembers++
    else if (f === 'crash' && this.#members.has(client)) this.#died((value as { readonly at?: keyof typeof boundaries } | null)?.at)
  }

  #died(at: keyof typeof boundaries | undefined): void {
    this.#counts.memberCrashes++
    if (at !== undefined) this.#counts[boundaries[at]]++
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
