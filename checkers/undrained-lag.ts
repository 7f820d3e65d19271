/**
 * Undrained lag: producers had stopped, the group was at rest, a member owned the partition, and still the committed offset stood
 * below an acknowledged record, the same at two looks that lie further apart than the bound. A group that gets on, however slowly,
 * is not judged, nor one that records no work, nor a partition of which something could not be processed; while its member has
 * paused it, or a transaction may hold back who reads what is committed, nobody counts the time. Where a commit beyond the record
 * was acknowledged before the last look, the group was set back behind it, which is for lost-commit to judge; and a group that
 * begins at the end (`resetPolicy` latest) owes no commit before its first.
 */
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { boundMs, tooSlow } from './groups/calm.ts'
import type { Actor, ReadRow, WriteRow } from './groups/group-ops.ts'
import { type Group, timeAt } from './groups/groups.ts'
import { type Rest, restsOf } from './groups/rests.ts'
import { readStep } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { failed, none, ok } from './index/codes.ts'
import { isAtomic } from './index/isolation.ts'
import { transactionBoundMs } from './transaction-bound.ts'
import type { Finding } from './verdict.ts'
import { inOrder, sendStep, valueName } from './witness.ts'

const name = 'undrained-lag'
const guarantees: readonly string[] = ['GRP-9']

const nanosecondsPerMs = 1e6

/** How long the members that owned a key had paused it, between two positions. */
function pausedNs(index: HistoryIndex, { paused }: Group, { actor, key, from, to }: { readonly actor: Actor; readonly key: Key; readonly from: number; readonly to: number }): number {
  let sum = 0
  let since: number | undefined
  const end = (at: number): void => {
    if (since !== undefined) sum += Math.max(0, timeAt(index, at) - Math.max(since, timeAt(index, from)))
    since = undefined
  }
  for (const row of paused) {
    if (row.actor !== actor || row.at >= to) continue
    end(row.at)
    if (row.keys.includes(key)) since = timeAt(index, row.at)
  }
  end(to)
  return sum
}

interface Standstill {
  readonly rest: Rest
  readonly key: Key
  readonly first: ReadRow
  readonly last: ReadRow
  /** Send row of the record furthest behind the committed offset. */
  readonly row: number
}

/** By key: the send row of the last acknowledged record, and when anything was last sent there. */
interface Sent {
  row: number
  /** Position of the last op of a send; of one without an end, never. */
  until: number
  /** When the last transaction that is not known as committed was over at the latest. */
  freeNs: number
}

function sentByKey(index: HistoryIndex): ReadonlyMap<Key, Sent> {
  const { sends, records, isolation, table } = index
  const openNs = transactionBoundMs(index) * nanosecondsPerMs
  const byKey = new Map<Key, Sent>()
  for (let row = 0; row < sends.size; row++) {
    const key = records.keys[records.keyOf[sends.record[row]!]!]!
    const sent = byKey.get(key) ?? { row: none, until: none, freeNs: Number.NEGATIVE_INFINITY }
    byKey.set(key, sent)
    const end = sends.completion[row]!
    sent.until = Math.max(sent.until, sends.invocation[row]!, end)
    if (sends.outcome[row] !== ok && isAtomic(isolation, table, sends, row)) {
      sent.freeNs = Math.max(sent.freeNs, timeAt(index, sends.invocation[row]!) + openNs)
    }
    const isFurther = sent.row === none || sends.offset[row]! > sends.offset[sent.row]!
    if (sends.outcome[row] === ok && isFurther) sent.row = row
  }
  return byKey
}

function isHeldUp({ work }: Group, key: Key): boolean {
  return (work.get(key) ?? []).some(({ outcome }) => outcome === failed)
}

function standstill(index: HistoryIndex, rest: Rest, key: Key, sent: Sent): Standstill | undefined {
  const { group, stretch } = rest
  const reads = group.reads.filter(read =>
    read.kind === 'fetched' && read.key === key && read.asked > sent.until && read.at > rest.after &&
    timeAt(index, read.asked) >= Math.max(stretch.from, sent.freeNs) && timeAt(index, read.at) <= stretch.to)
  const [first] = reads
  const last = reads.at(-1)
  if (first === undefined || last === undefined || last.offset !== first.offset) return undefined
  const startsAtTheEnd = last.offset < 0 && group.config.resetPolicy === 'latest'
  if (startsAtTheEnd) return undefined
  const end = index.sends.offset[sent.row]!
  const isBeyond = ({ outcome, offset, done }: WriteRow): boolean => outcome === ok && offset > end && done < last.asked
  if (group.writes.get(key)?.some(isBeyond) === true) return undefined
  const restedNs = Math.max(...rest.owners.get(key)!.map(({ actor }) => pausedNs(index, group, { actor, key, from: first.at, to: last.asked })))
  const isLong = timeAt(index, last.asked) - timeAt(index, first.at) - restedNs > boundMs(index, group) * nanosecondsPerMs
  return isLong && end >= Math.max(0, last.offset) ? { rest, key, first, last, row: sent.row } : undefined
}

function finding(index: HistoryIndex, { rest, key, first, last, row }: Standstill): Finding {
  const { name: group } = rest.group
  const value = valueName(index, index.sends.record[row]!)
  const offset = index.sends.offset[row]!
  const took = Math.round((timeAt(index, last.at) - timeAt(index, first.at)) / nanosecondsPerMs)
  return {
    anomaly: name,
    guarantees,
    message: `${key}: the committed offset of group ${group} stood at ${last.offset} for ${took} ms of calm, and ${value} lies at ${offset}`,
    key,
    offsets: [last.offset, offset],
    witness: inOrder([sendStep(index, row), readStep(index, first), readStep(index, last)]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  let unjudged = false
  const rests = restsOf(index).filter(({ group, awake }) => awake && group.work.size > 0)
  const sent = rests.length === 0 ? undefined : sentByKey(index)
  for (const rest of rests) {
    for (const [key, owners] of rest.owners) {
      const of = sent!.get(key)
      if (of === undefined || of.row === none || owners.length === 0 || isHeldUp(rest.group, key)) continue
      const still = standstill(index, rest, key, of)
      if (still === undefined) continue
      if (rest.starved) unjudged = true
      else found.add(still.last.at - still.first.at, '', () => finding(index, still))
    }
  }
  return found.result(unjudged ? [tooSlow] : [])
}

export const undrainedLag: Checker = {
  name,
  describes: 'Producers had stopped, and the committed offset of a group at rest stood still below the end of the log.',
  guarantees,
  check,
}
