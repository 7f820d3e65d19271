/**
 * Skipped record: an acknowledged record, read by somebody where it was written, lies behind the committed offset of a group
 * that never worked on it. From where the group began, or was set to on purpose. Its aspect is the delivery the group has
 * chosen: at most once allows it, and the policy table says so. A group that records no work is not judged.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { began, deliveryOf, furthest, type Span, touched } from './groups/deliveries.ts'
import type { WriteRow } from './groups/group-ops.ts'
import { type Group, groupsOf } from './groups/groups.ts'
import { writeStep } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import type { Finding } from './verdict.ts'
import { inOrder, sendStep, valueName } from './witness.ts'

const name = 'skipped-record'
const guarantees: readonly string[] = ['GRP-7', 'GRP-11']

interface Judged {
  readonly group: Group
  /** From here on every record has to be worked on. */
  readonly from: number
  /** The commit that went furthest. */
  readonly commit: WriteRow
  readonly work: readonly Span[]
}

/** By key code: what is to be judged of a group that records its work. */
function judgedKeys({ records }: HistoryIndex, group: Group): Map<number, Judged> {
  const judged = new Map<number, Judged>()
  if (group.work.size === 0) return judged
  for (const [key, writes] of group.writes) {
    const commit = furthest(writes)
    const code = records.findKey(key)
    if (commit === undefined || code === none) continue
    const work = touched(group.work.get(key) ?? [])
    judged.set(code, { group, from: began(group, key), commit, work })
  }
  return judged
}

function isTouched(work: readonly Span[], reach: Float64Array, offset: number): boolean {
  let low = 0
  let high = work.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (work[middle]!.first <= offset) low = middle + 1
    else high = middle
  }
  return low > 0 && reach[low - 1]! >= offset
}

/** By place in the list: how far work that begins up to there reaches. */
function reachOf(work: readonly Span[]): Float64Array {
  const reach = new Float64Array(work.length)
  let furthest = none
  for (const [at, { last }] of work.entries()) reach[at] = furthest = Math.max(furthest, last)
  return reach
}

function finding(index: HistoryIndex, { group, commit }: Judged, row: number): Finding {
  const record = index.sends.record[row]!
  const offset = index.sends.offset[row]!
  const value = valueName(index, record)
  return {
    anomaly: name,
    guarantees,
    aspect: deliveryOf(group),
    message: `${commit.key}: group ${group.name} committed ${commit.offset} and never worked on ${value} at offset ${offset}`,
    key: commit.key,
    values: [index.records.values[record]!],
    offsets: [offset],
    witness: inOrder([sendStep(index, row), writeStep(index, commit)]),
  }
}

function checkGroup(index: HistoryIndex, group: Group, found: FindingList): void {
  const { sends, records, okRead } = index
  const judged = judgedKeys(index, group)
  if (judged.size === 0) return
  const reaches = new Map([...judged].map(([code, { work }]) => [code, reachOf(work)]))
  for (let row = 0; row < sends.size; row++) {
    const record = sends.record[row]!
    const code = records.keyOf[record]!
    const of = judged.get(code)
    const offset = sends.offset[row]!
    if (of === undefined || sends.outcome[row] !== ok || okRead[record] !== 1) continue
    if (!(offset >= of.from) || offset >= of.commit.offset || isTouched(of.work, reaches.get(code)!, offset)) continue
    found.add(Math.abs(of.commit.done - sends.completion[row]!), deliveryOf(group), () => finding(index, of, row))
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const group of groupsOf(index)) checkGroup(index, group, found)
  return found.result()
}

export const skippedRecord: Checker = {
  name,
  describes: 'A group committed past an acknowledged record that it never worked on.',
  guarantees,
  check,
}
