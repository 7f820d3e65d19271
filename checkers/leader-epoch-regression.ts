/**
 * Leader epoch regression: along a key's log the leaderEpoch of records, which the leader that appends stamps on them,
 * never goes down, and a record keeps the one it has. Over all polls of all readers: either one offset was read with two
 * leaderEpochs, or a lower one lies behind a higher one.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import { ints } from './index/columns.ts'
import type { Finding } from './verdict.ts'
import { inOrder, keyName, opOfRead, readStep } from './witness.ts'

const name = 'leader-epoch-regression'
const guarantees: readonly string[] = ['ORD-4', 'DUR-6']

function finding(index: HistoryIndex, one: number, other: number): Finding {
  const { reads, records } = index
  const [first, second] = [reads.offset[one]!, reads.offset[other]!]
  const [before, after] = [reads.epoch[one]!, reads.epoch[other]!]
  const key = keyName(index, reads.record[one]!)
  const message = first === second
    ? `${key}: offset ${first} was read with leaderEpoch ${before} and with ${after}`
    : `${key}: offset ${first} has leaderEpoch ${before}, and offset ${second} behind it has ${after}`
  const step = (read: number) => {
    const { op, shows } = readStep(index, read)
    return { op, shows: `${shows} with leaderEpoch ${reads.epoch[read]!}` }
  }
  return {
    anomaly: name,
    guarantees,
    message,
    key: records.keys[records.keyOf[reads.record[one]!]!]!,
    values: [...new Set([one, other].map(read => records.values[reads.record[read]!]!))],
    offsets: [...new Set([first, second])],
    witness: inOrder([step(one), step(other)]),
  }
}

/** By place: the read that first told its leaderEpoch, or `none`. What disagrees with it is found. */
function firstTold(index: HistoryIndex, found: FindingList): Int32Array {
  const { reads, readPlace, log } = index
  const teller = ints(log.offset.length).fill(none)
  for (let read = 0; read < reads.size; read++) {
    const place = readPlace[read]!
    if (reads.epoch[read] === none || place === none || Number.isNaN(reads.offset[read]!)) continue
    const first = teller[place]!
    if (first === none) teller[place] = read
    else if (reads.epoch[first] !== reads.epoch[read]) {
      found.add(opOfRead(index, read) - opOfRead(index, first), '', () => finding(index, first, read))
    }
  }
  return teller
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { reads, log } = index
  if (!reads.hasEpochs) return found.result()
  const teller = firstTold(index, found)
  for (let key = 0; key + 1 < log.start.length; key++) {
    let highest: number = none
    for (let place = log.start[key]!; place < log.start[key + 1]!; place++) {
      const read = teller[place]!
      if (read === none) continue
      const before = highest
      if (before === none || reads.epoch[read]! >= reads.epoch[before]!) highest = read
      else found.add(log.offset[place]! - reads.offset[before]!, '', () => finding(index, before, read))
    }
  }
  return found.result()
}

export const leaderEpochRegression: Checker = {
  name,
  describes: 'Along a key the leaderEpoch of records goes down, or one offset was read with two of them.',
  guarantees,
  check,
}
