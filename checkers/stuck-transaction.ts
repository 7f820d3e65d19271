/**
 * Stuck transaction: faults were healed, the time after which a transaction of a vanished producer is aborted was given, and
 * time to recover with it, and still one stands in the way: leaders told one and the same last stable offset all the while,
 * below their high watermark; or a final reader of what is committed stood before the end of a key when its time was over,
 * where no committed record is known and a transaction that did not end well may lie.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import { readsCommitted } from './index/isolation.ts'
import { type Told, toldByKey } from './index/observations.ts'
import type { FinalReadOp } from './index/run-marks.ts'
import { toldStep } from './told-order.ts'
import { transactionBoundMs } from './transaction-bound.ts'
import type { Finding, WitnessStep } from './verdict.ts'
import { sendStep } from './witness.ts'

const name = 'stuck-transaction'
const guarantees: readonly string[] = ['TXN-5']
const tooSlow = 'the machine was too slow to say that a transaction is stuck'

const nanosecondsPerMs = 1e6

interface Circumstances {
  readonly healed: WitnessStep
  /** Nanoseconds of the run: healing, and the end of all patience. */
  readonly from: number
  readonly boundMs: number
}

function circumstancesOf(index: HistoryIndex): Circumstances | undefined {
  const { marks, ops, isolation } = index
  const heal = marks.phases.heal
  const healed = heal === none ? undefined : ops.at(heal)
  if (!isolation.hasTransactions || healed === undefined || healed.time === null) return undefined
  return { healed: { op: healed.index, shows: 'every fault was told to end' }, from: healed.time, boundMs: transactionBoundMs(index) }
}

/** The first word and the first one out of time of an offset at which a key stood still; undefined when none did. */
function stoodStill({ ops }: HistoryIndex, told: readonly Told[], { from, boundMs }: Circumstances): readonly [Told, Told] | undefined {
  let first: Told | undefined
  let epoch: number = none
  for (const one of told) {
    const { time } = ops.at(one.at)!
    if (!one.isLeader || one.leaderEpoch < epoch || one.lastStableOffset === undefined || time === null || time < from) continue
    epoch = one.leaderEpoch
    const isHeld = one.highWatermark !== undefined && one.lastStableOffset < one.highWatermark
    if (!isHeld) first = undefined
    else if (first === undefined || first.lastStableOffset !== one.lastStableOffset) first = one
    else if (time - ops.at(first.at)!.time! >= boundMs * nanosecondsPerMs) return [first, one]
  }
  return undefined
}

function standingFinding(index: HistoryIndex, [first, last]: readonly [Told, Told], { healed, boundMs }: Circumstances): Finding {
  const [stable, watermark] = [last.lastStableOffset!, last.highWatermark!]
  return {
    anomaly: name,
    guarantees,
    blame: 'broker',
    message: `${last.key}: ${boundMs} ms and more after healing the last stable offset still stood at ${stable}, below the high watermark of ${watermark}`,
    key: last.key,
    offsets: [stable, watermark],
    witness: [healed, toldStep(index, first, 'lastStableOffset'), toldStep(index, last, 'lastStableOffset')],
  }
}

/** Whether the log is known to hold a committed record at an offset: a reader there is held up by no transaction. */
function holdsCommitted({ log, writers, committed }: HistoryIndex, key: number, offset: number): boolean {
  const place = log.placeAt(key, offset)
  return place !== none && log.recordsAt(place).some(record => writers[record] === none || committed[writers[record]!] === 1)
}

/** A send of a transaction that did not end well, at or beyond an offset of a key, or at no known place; `none` without one. */
function holder(index: HistoryIndex, key: number, offset: number): number {
  const { sends, records } = index
  const { ofRow } = index.transactions()
  let found: number = none
  for (let row = 0; row < sends.size; row++) {
    if (ofRow[row] === none || sends.outcome[row] === ok || records.keyOf[sends.record[row]!] !== key) continue
    if (sends.offset[row] === offset) return row
    if (found === none && !(sends.offset[row]! < offset)) found = row
  }
  return found
}

function finalFinding(index: HistoryIndex, { at, value }: FinalReadOp, row: number, { healed, boundMs }: Circumstances): Finding {
  const { records, sends, table, ops } = index
  const key = records.keys[records.keyOf[sends.record[row]!]!]!
  const [reached, target] = [value.reached[String(key)] ?? 0, value.target[String(key)]!]
  const reader = table.actors[table.actor[at]!] ?? 'the final consumer'
  return {
    anomaly: name,
    guarantees,
    message: `${key}: ${boundMs} ms and more after healing ${reader} was still at offset ${reached} of ${target}`,
    key,
    offsets: [reached, target],
    witness: [sendStep(index, row), healed, { op: ops.at(at)!.index, shows: `was at offset ${reached} of ${target} when its time was over` }]
      .toSorted((a, b) => a.op - b.op),
  }
}

function addFinalReads(index: HistoryIndex, circumstances: Circumstances, found: FindingList): void {
  const { marks, ops, table, isolation, records } = index
  for (const final of marks.finalReads) {
    const { time } = ops.at(final.at)!
    const isDue = time !== null && time - circumstances.from >= circumstances.boundMs * nanosecondsPerMs
    if (final.value.complete || !isDue || !readsCommitted(isolation, table, final.at)) continue
    for (const key of final.value.keys) {
      const code = records.findKey(key)
      const reached = final.value.reached[String(key)] ?? 0
      if (code === none || !(reached < final.value.target[String(key)]!) || holdsCommitted(index, code, reached)) continue
      const row = holder(index, code, reached)
      if (row !== none) found.add(final.at, '', () => finalFinding(index, final, row, circumstances))
    }
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const circumstances = circumstancesOf(index)
  if (circumstances === undefined) return found.result()
  for (const told of toldByKey(index.observations).values()) {
    const still = stoodStill(index, told, circumstances)
    if (still !== undefined) found.add(still[1].at - still[0].at, '', () => standingFinding(index, still, circumstances))
  }
  addFinalReads(index, circumstances, found)
  const isStarved = index.marks.starved.some(at => at > index.marks.phases.heal)
  return isStarved && found.result().findings.length > 0 ? new FindingList().result([tooSlow]) : found.result()
}

export const stuckTransaction: Checker = {
  name,
  describes: 'Long after healing, and after any transaction had timed out, one still stands in the way of readers.',
  guarantees,
  check,
}
