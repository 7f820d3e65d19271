/**
 * Which records a group has worked on, by the `process` ops of its members. Finished work counts for a second time; work
 * with an open end may have been done, so that nothing it covers counts as skipped.
 */
import type { Delivery } from '../../history/group-op.ts'
import type { Key } from '../../history/op.ts'
import { failed, ok, unknown } from '../index/codes.ts'
import type { WorkRow, WriteRow } from './group-ops.ts'
import type { Group } from './groups.ts'

/** Offsets from `first` to `last`, both included. */
export interface Span {
  readonly first: number
  readonly last: number
  readonly work: WorkRow
}

function lastFinished({ outcome, value }: WorkRow): number | undefined {
  const [first, last] = value.offsets
  if (outcome === ok) return last
  if (outcome === failed) return value.poison === undefined ? first - 1 : value.poison - 1
  return value.done === undefined ? undefined : Math.min(last, value.done)
}

function lastTouched(row: WorkRow): number {
  const { outcome, value } = row
  if (outcome === unknown && value.done === undefined) return value.offsets[1]
  return outcome === failed && value.poison !== undefined ? value.poison : lastFinished(row)!
}

function spans(rows: readonly WorkRow[], lastOf: (row: WorkRow) => number | undefined): Span[] {
  return rows.flatMap(work => {
    const [first] = work.value.offsets
    const last = lastOf(work)
    return last === undefined || last < first ? [] : [{ first, last, work }]
  })
}

/** Work that was finished, in the order it was asked. */
export function finished(rows: readonly WorkRow[]): Span[] {
  return spans(rows, lastFinished)
}

/** Work that was or may have been done, and poison that was put aside; by offset. */
export function touched(rows: readonly WorkRow[]): Span[] {
  return spans(rows, lastTouched).sort((a, b) => a.first - b.first)
}

/** Whether work that was or may have been done covers a record. */
export function isFinished(rows: readonly WorkRow[], offset: number): boolean {
  return rows.some(row => {
    const last = row.outcome === unknown && row.value.done === undefined ? row.value.offsets[1] : lastFinished(row)
    return last !== undefined && row.value.offsets[0] <= offset && offset <= last
  })
}

/**
 * Where a group's work on a key begins: where its first member did, or the last place it was led to on purpose. Without a
 * committed offset every owner begins at the end anew where that is the policy, and what came between two of them is nobody's.
 */
export function began({ config, reads, writes, work }: Group, key: Key): number {
  const asked = writes.get(key) ?? []
  const committedAt = asked.find(({ outcome }) => outcome === ok)?.done ?? Number.POSITIVE_INFINITY
  const starts = reads.filter(read => read.kind === 'start' && read.key === key)
  const fresh = config.resetPolicy === 'latest' ? starts.filter(read => read.asked < committedAt) : starts.slice(0, 1)
  const first = fresh.length > 0 ? fresh.map(({ offset }) => offset) : [touched(work.get(key) ?? [])[0]?.first ?? 0]
  const resets = asked.filter(({ kind, outcome }) => kind === 'reset' && outcome !== failed)
  return Math.max(...first, ...resets.map(({ offset }) => offset))
}

/** The acknowledged commit that went furthest. */
export function furthest(writes: readonly WriteRow[]): WriteRow | undefined {
  let commit: WriteRow | undefined
  for (const write of writes) {
    if (write.kind === 'commit' && write.outcome === ok && write.offset > (commit?.offset ?? 0)) commit = write
  }
  return commit
}

/** At its strictest when the configuration does not say. */
export function deliveryOf({ config }: Group): Delivery {
  return config.delivery ?? 'exactly-once'
}

/** Whether the committed offset of a key was set on purpose between two positions, to `offset` or below. */
export function wasReset({ writes }: Group, key: Key, { from, to, offset }: { from: number; to: number; offset: number }): boolean {
  return (writes.get(key) ?? []).some(write => {
    const mayCount = write.kind === 'reset' && write.outcome !== failed && write.offset <= offset
    return mayCount && write.asked < to && (write.outcome === unknown || write.done > from)
  })
}

/** Whether a commit of `offset` or below may have come late, between two positions or before: open, or asked for more than once. */
export function mayHaveBeenSetBack({ writes }: Group, key: Key, { to, offset }: { to: number; offset: number }): boolean {
  return (writes.get(key) ?? []).some(write => {
    const mayComeLate = write.outcome === unknown || (write.outcome === ok && write.isRepeated)
    return write.kind === 'commit' && mayComeLate && write.offset <= offset && write.asked < to
  })
}
