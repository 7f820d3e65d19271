/**
 * How long sending stood still, measured and never judged. A stall of a key begins when a send to it waits and none was
 * acknowledged since the last: at that acknowledgement if something was still open then, else at the next invocation; it
 * ends at the next acknowledgement, or where the traffic ends. A time in which nobody sent is no stall. `overall` is the
 * same for all keys as if they were one.
 */
import type { Faults } from './faults.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import { StallWatch, Stalls } from './index/stalls.ts'
import type { Availability, FaultAvailability, FaultRecord, KeyStall } from './verdict.ts'

const nanosecondsPerMs = 1e6
const keysListed = 10

function milliseconds(durationNs: number): number {
  return Math.round(durationNs / nanosecondsPerMs)
}

/** Where the traffic ends: the final phase, else the end of the history. */
function endOf({ ops, marks }: HistoryIndex): number {
  const { final, end } = marks.phases
  return [final, end].find(at => at > none) ?? ops.length
}

/** Longest first, not more than are listed; keys that never stood still are left out. */
function keyStalls({ records }: HistoryIndex, watch: StallWatch): KeyStall[] {
  return records.keys
    .map((key, code) => ({ key, stallMs: milliseconds(watch.longestOf(code)) }))
    .filter(({ stallMs }) => stallMs > 0)
    .sort((a, b) => b.stallMs - a.stallMs)
    .slice(0, keysListed)
}

function ofFault(index: HistoryIndex, fault: FaultRecord, watch: StallWatch): FaultAvailability {
  const { name, targets, startTime, endTime } = fault
  const { firstAcknowledged, recovered } = watch
  return {
    name,
    targets,
    startTime,
    endTime,
    longestStallMs: milliseconds(watch.longestOverall),
    keys: keyStalls(index, watch),
    nextAcknowledgedMs: firstAcknowledged === undefined ? null : milliseconds(firstAcknowledged - watch.from),
    recoveryMs: recovered === undefined || endTime === null ? null : milliseconds(recovered),
  }
}

/** Every send and every answer in order, for as long as the traffic lasts. False where a time is missing. */
function replay(index: HistoryIndex, stalls: Stalls): boolean {
  const { table, sends, records } = index
  const end = endOf(index)
  let last = 0
  for (let at = 0; at < end; at++) {
    const invocation = table.invocation[at]!
    const first = invocation === none ? none : sends.firstOf(invocation)
    if (first === none) continue
    const time = table.time[at]!
    if (Number.isNaN(time)) return false
    last = time
    for (let row = first; row < sends.size && sends.invocation[row] === invocation; row++) {
      const key = records.keyOf[sends.record[row]!]!
      if (invocation === at) stalls.sent(key, time)
      else stalls.answered(key, time, sends.outcome[row] === ok)
    }
  }
  stalls.end(index.ops.at(end)?.time ?? last)
  return true
}

/** Undefined for a history without times, or in which nothing was sent. */
export function availabilityOf(index: HistoryIndex, faults: Pick<Faults, 'records'>): Availability | undefined {
  const keyCount = index.records.keys.length
  const whole = new StallWatch({ keyCount, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY })
  const timed = faults.records.filter(({ startTime }) => startTime !== null)
  const watches = timed.map(({ startTime, endTime }) => {
    return new StallWatch({ keyCount, from: startTime!, to: endTime ?? Number.POSITIVE_INFINITY })
  })
  if (index.sends.size === 0 || !replay(index, new Stalls(keyCount, [whole, ...watches]))) return undefined
  const each = timed.map((fault, nth) => ofFault(index, fault, watches[nth]!))
  const recoveries = each.flatMap(({ recoveryMs }) => recoveryMs ?? [])
  return {
    longestStallMs: milliseconds(whole.longestOverall),
    keys: keyStalls(index, whole),
    recoveryMsMax: recoveries.length === 0 ? null : Math.max(...recoveries),
    faults: each,
  }
}
