/**
 * Histories a person can write and read: one op a line (or several, parted by `; `). For tests and
 * documents.
 *
 *     config {"acks":1}                     phase heal            # marks of the harness; # begins a comment
 *     p0 send x v1 -> ok @0                 an op from invocation to completion; @? when no offset is known
 *     p0 send x v1                          only its invocation, when something happens in between
 *     p0 -> info TIMED_OUT                  its completion, with an error
 *     p1 poll -> ok x[0:v1 1:v2] y[?:v9]    what was polled, per key OFFSET:VALUE
 *     p1 poll -> ok x@5[0:v1@4 1:v2@5/bob]  the same under leaderEpoch 5: OFFSET:VALUE@leaderEpoch/RECORDKEY
 *     p2/c1 send x v3, y v4 -> ok @2, @0    process 2 acting for client c1; several records
 *     p3 txn send x v5, poll -> ok @3, x[0:v1]
 *     p3 txn send x v6, offsets g y:7 z:2 -> ok @8      with offsets of group g: KEY:OFFSET
 *     p1 assign x y -> ok                   p1 assign x from beginning -> ok; other values as JSON
 *     p9/final-1 final-read -> ok x:4/4     per key REACHED/TARGET
 *     nemesis kill {"action":"start","id":1}
 *     harness starved                       an op of the harness, or of the observer, with JSON or without
 *     observe 2 x leader 2 leaderEpoch 5    what broker 2 said of key x; see `Observation` for more names
 *     observe 2 [{"key":"x",…}]            the same as JSON
 *     12.5s p0 send x v6 -> ok @4           at a time, which later lines keep; null before
 *
 * Ops of consumer groups (`join`, `assigned`, `commit`, …) are written as notation-groups.ts says.
 *
 * Keys and values of digits are numbers, others strings; after `->`, words in capitals are error codes.
 */
import { HistoryError } from './history-error.ts'
import { type OpenOps, readNotationLine } from './notation-line.ts'
import type { Op } from './op.ts'

const secondsNs = 1e9
const millisecondsNs = 1e6

function readTime(amount: string, unit: string): number {
  return Math.round(Number(amount) * (unit === 's' ? secondsNs : millisecondsNs))
}

/** Throws HistoryError with the line and one sentence. */
export function parseNotation(text: string): Op[] {
  const ops: Op[] = []
  const open: OpenOps = new Map()
  let time: number | null = null
  for (const [at, raw] of text.split('\n').entries()) {
    for (const statement of raw.replace(/(^|\s)#.*$/, '').split(/;(?:\s|$)/)) {
      const timed = /^\s*(\d+(?:\.\d+)?)(m?s)\s+(.*)$/.exec(statement)
      if (timed !== null) {
        const before: number = time ?? 0
        time = readTime(timed[1]!, timed[2]!)
        if (time < before) throw new HistoryError(at + 1, 'time goes backwards')
      }
      const line = (timed?.[3] ?? statement).trim()
      if (line === '') continue
      const next = ops.length
      for (const op of readNotationLine(line, open, { line: at + 1, next })) ops.push({ index: ops.length, time, ...op })
    }
  }
  return ops
}
