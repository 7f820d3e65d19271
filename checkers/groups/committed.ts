/**
 * Committed offsets as registers: what a read may tell, given all writes. A read below a commit that was acknowledged
 * before it was asked needs an explanation: a write of that offset or a lower one that may have come after. Such a write
 * overlaps the commit, or came later, or nobody knows when it took effect (but a later generation's commit shuts out what
 * another member had open). One that was asked for again took effect, and may do so once more: what was sent first can lie in a
 * connection that was cut, and arrive when all else has long been answered; a commit names no order. Offsets sent in transactions explain, and owe nothing: they show only when the markers are written.
 *
 * A read may be stale: no request to read offsets is fenced, so a coordinator that was deposed and has not heard of it tells
 * what it knew. That is so of a broker that did not acknowledge the commit itself, that has not coordinated since, and that may
 * have been deaf: a fault froze it or stood between it and others, and it cannot have heard everything again.
 */
import type { HistoryIndex } from '../history-index.ts'
import { failed, none, ok } from '../index/codes.ts'
import type { AnswerRow, Asked, JoinRow, ReadRow, WriteRow } from './group-ops.ts'
import { faultsOf, type Group, groupsOf, timeAt } from './groups.ts'

const nanosecondsPerMs = 1e6
const defaultRecoveryMs = 10_000
/** Of whom a fault did not hit, the news of it may have been late by so much. */
const newsMs = 5000
/** Who was dead knows nothing when it is back; clients and wall clocks do not keep brokers from hearing each other. */
const deafensNobody: ReadonlySet<string> = new Set([
  'kill', 'power-loss', 'cut-clients', 'clock-jump', 'clock-strobe', 'clock-drift',
])

export interface StepBack {
  readonly group: Group
  /** The acknowledged commit that is gone. */
  readonly write: WriteRow
  readonly read: ReadRow
  /** Another coordinator that answered for the group in between, if one did. */
  readonly coordinator: AnswerRow | undefined
  /** Who told it may have been deposed before the commit, and not know. */
  readonly isStale: boolean
}

/** The acknowledged write above what was read that began last before it. */
function overriding(writes: readonly WriteRow[], { asked, offset }: ReadRow): WriteRow | undefined {
  let latest: WriteRow | undefined
  for (const write of writes) {
    const isOwed = write.kind !== 'transaction' && write.outcome === ok && write.done < asked && write.offset > offset
    if (isOwed && (latest === undefined || write.asked > latest.asked)) latest = write
  }
  return latest
}

/** Whether a member is known to have been in a later generation, or to be none any more, before a position. */
function hasMovedOn({ grants, releases, writes }: Group, { memberId, generation }: WriteRow, before: number): boolean {
  return grants.some(({ at, value }) => at < before && value.memberId === memberId && value.generation > generation)
    || releases.some(({ at, memberId: gone, why }) => at < before && gone === memberId && why !== 'revoked' && why !== 'crashed')
    || [...writes.values()].some(all => all.some(row =>
      row.memberId === memberId && row.generation > generation && row.outcome === ok && row.done < before))
}

/** Whether a write may have taken effect after another that was acknowledged. */
export function mayFollow(write: WriteRow, latest: WriteRow): boolean {
  if (!mayBeOpen(write, latest)) return false
  const isOthers = write.memberId !== latest.memberId && write.era === latest.era
  return !isOthers || write.generation < 0 || write.generation >= latest.generation
}

/**
 * The same, where no generation of others is in its way: a member of KIP-848 keeps its epoch for as long as it has something left to
 * give up, whatever epoch the others are in.
 */
export function mayFollowInItsEpoch(group: Group, write: WriteRow, latest: WriteRow): boolean {
  return mayFollow(write, latest) || (group.config.protocol === 'consumer' && mayBeOpen(write, latest) && !hasMovedOn(group, write, latest.asked))
}

function mayBeOpen(write: WriteRow, latest: WriteRow): boolean {
  if (write.outcome === failed) return false
  if (write.outcome !== ok || write.kind === 'transaction') return true
  return write.done > latest.asked || write.isRepeated
}

/** The broker that answered a commit, and another's word for the group between it and the read. */
function coordinatorBetween({ answers }: Group, { done, node }: WriteRow, read: ReadRow): AnswerRow | undefined {
  if (node === undefined) return undefined
  return answers.find(answer => answer.at > done && answer.at <= read.at && answer.node !== node)
}

/**
 * Whether an accepted join shows that its broker came to coordinate after the one that acknowledged a commit. A generation of the
 * classic protocol is written when it is shared out; an epoch of KIP-848 is written, and not the same for all members.
 */
function isLaterReign({ grants }: Group, join: JoinRow, { write, read }: { readonly write: WriteRow; readonly read: ReadRow }): boolean {
  const { protocol, generation, memberId } = join.value
  if (protocol === 'consumer') return join.asked > write.done
  if (write.generation < 0 || join.era !== write.era || generation <= write.generation) return false
  return grants.some(({ at, actor, value }) =>
    actor === join.actor && at > join.done && at <= read.at && value.generation === generation && value.memberId === memberId)
}

/** Whether the broker that told an offset has coordinated since another acknowledged a commit, or knew of it already. */
function hasCoordinatedSince(group: Group, write: WriteRow, read: ReadRow): boolean {
  const isSince = ({ node, asked, done }: Pick<WriteRow, 'node' | 'asked' | 'done'>): boolean =>
    node === read.node && asked > write.done && done !== none && done < read.asked
  for (const writes of group.writes.values()) {
    if (writes.some(each => each.kind !== 'transaction' && each.outcome === ok && isSince(each))) return true
  }
  const knew = group.reads.some(({ key, node, asked, at, offset }) =>
    key === read.key && offset >= write.offset && isSince({ node, asked, done: at }))
  return knew || group.joins.some(join =>
    join.outcome === ok && join.node === read.node && join.done <= read.asked && isLaterReign(group, join, { write, read }))
}

/**
 * Whether a broker, or any where none is named, may have heard nothing from an acknowledgement of another on until it was asked, at
 * these positions. Where no fault is told of, all hear everything.
 */
export function mayHaveBeenDeaf(index: HistoryIndex, node: string | undefined, { done, asked }: Pick<Asked, 'done' | 'asked'>): boolean {
  const { records, unreadable } = faultsOf(index)
  const [from, to] = [timeAt(index, done), timeAt(index, asked)]
  const { recoveryMs = defaultRecoveryMs } = index.marks.config ?? {}
  return unreadable || records.some(({ name, targets, startTime, endTime }) => {
    const isOwn = node === undefined || targets.some(target => String(target) === node)
    const hearsAfterMs = isOwn ? recoveryMs : newsMs
    const isLater = (startTime ?? Number.NEGATIVE_INFINITY) > from
    const isOver = (endTime ?? Number.POSITIVE_INFINITY) + hearsAfterMs * nanosecondsPerMs < to
    return !deafensNobody.has(name) && !isLater && !isOver
  })
}

/** Whether who told an offset may have been deposed before another acknowledged a commit, and not know. */
export function mayBeStale(index: HistoryIndex, group: Group, { write, read }: { readonly write: WriteRow; readonly read: ReadRow }): boolean {
  if (read.node === undefined || write.node === undefined || read.node === write.node) return false
  return mayHaveBeenDeaf(index, read.node, { done: write.done, asked: read.asked }) && !hasCoordinatedSince(group, write, read)
}

const known = new WeakMap<HistoryIndex, readonly StepBack[]>()

function stepsBackOf(index: HistoryIndex, group: Group): StepBack[] {
  const steps: StepBack[] = []
  for (const read of group.reads) {
    const writes = group.writes.get(read.key) ?? []
    const write = overriding(writes, read)
    if (write === undefined) continue
    const isExplained = writes.some(other => other.asked < read.at && other.offset <= read.offset
      && (other.offset === read.offset ? mayFollowInItsEpoch(group, other, write) : mayFollow(other, write)))
    if (isExplained) continue
    steps.push({ group, write, read, coordinator: coordinatorBetween(group, write, read), isStale: mayBeStale(index, group, { write, read }) })
  }
  return steps
}

/** Every read of a committed offset that nothing explains. */
export function stepsBack(index: HistoryIndex): readonly StepBack[] {
  let steps = known.get(index)
  if (steps === undefined) known.set(index, (steps = groupsOf(index).flatMap(group => stepsBackOf(index, group))))
  return steps
}

/** How far apart commit and read are. */
export function distance({ write, read }: StepBack): number {
  return read.at - (write.done === none ? write.asked : write.done)
}
