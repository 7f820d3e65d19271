/**
 * Stale offset: a send was acknowledged at or below an offset of its key that an ok op had told before the send began.
 * What is appended later lies higher, whoever appends it, so either the answer names a wrong place or what was known is
 * gone. A retry that the broker recognises keeps the place of its first attempt, and that, too, was made after the send
 * began. Aspect `acknowledged`: only answers told the higher offset, and no poll found those records there, which is how
 * it looks when a leader is lost with what it alone had.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import { surelyKnownBefore } from './index/known-offsets.ts'
import type { Finding, WitnessStep } from './verdict.ts'
import { answeredBy, inOrder, keyName, readStep, sendStep, valueName } from './witness.ts'

const name = 'stale-offset-ack'
const guarantees: readonly string[] = ['ORD-1']

function staleRows({ sends, committed, ambiguous }: HistoryIndex): number[] {
  return sends.toldStale.filter((row) => committed[row] === 1 && !ambiguous.has(sends.record[row]!))
}

/** The last ok poll before a send that told an offset of its key at least as high, or `none`. */
function polledBefore({ reads, sends, records }: HistoryIndex, row: number): number {
  const key = records.keyOf[sends.record[row]!]!
  for (let run = reads.runs - 1; run >= 0; run--) {
    if (reads.runOp[run]! > sends.invocation[row]! || reads.runKey[run] !== key || !reads.isOk(run)) continue
    if (reads.runTop[run]! < sends.offset[row]!) continue
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) if (reads.offset[read] === reads.runTop[run]) return read
  }
  return none
}

/** The last send answered before this one that told an offset of its key at least as high, or `none`. */
function answeredBefore({ sends, records }: HistoryIndex, row: number): number {
  const key = records.keyOf[sends.record[row]!]!
  let last: number = none
  for (let other = 0; other < row; other++) {
    const told = sends.outcome[other] === ok && sends.offset[other]! >= sends.offset[row]!
    if (!told || records.keyOf[sends.record[other]!] !== key) continue
    const isBefore = sends.completion[other]! < sends.invocation[row]!
    if (isBefore && (last === none || sends.completion[other]! > sends.completion[last]!)) last = other
  }
  return last
}

/** Who told the higher offset: its offset, its value, and the step. */
function teller(index: HistoryIndex, row: number): readonly [offset: number, value: string, step: WitnessStep] {
  const { reads, sends } = index
  const answered = answeredBefore(index, row)
  if (answered !== none) {
    return [sends.offset[answered]!, valueName(index, sends.record[answered]!), sendStep(index, answered)]
  }
  const read = polledBefore(index, row)
  return [reads.offset[read]!, valueName(index, reads.record[read]!), readStep(index, read)]
}

function finding(index: HistoryIndex, row: number, aspect: string): Finding {
  const { sends, records, ops } = index
  const record = sends.record[row]!
  const offset = sends.offset[row]!
  const [known, value, step] = teller(index, row)
  const answered = `${keyName(index, record)}: ${valueName(index, record)} was acknowledged at offset ${offset}`
  const began: WitnessStep = { op: ops.at(sends.invocation[row]!)!.index, shows: `${valueName(index, record)} was not sent before` }
  return {
    anomaly: name,
    guarantees,
    ...(aspect !== '' && { aspect }),
    ...(answeredBy(index, row) && { blame: 'broker' }),
    message: `${answered}, though ${value} was known at offset ${known} before it was sent`,
    key: records.keys[records.keyOf[record]!]!,
    values: [records.values[record]!],
    offsets: known === offset ? [offset] : [offset, known],
    witness: inOrder([step, began, sendStep(index, row)]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const rows = staleRows(index)
  if (rows.length === 0) return found.result()
  const { sends } = index
  const sure = surelyKnownBefore(index)
  for (const row of rows) {
    const aspect = sends.offset[row]! <= sure[row]! ? '' : 'acknowledged'
    found.add(sends.completion[row]! - sends.invocation[row]!, aspect, () => finding(index, row, aspect))
  }
  return found.result()
}

export const staleOffsetAck: Checker = {
  name,
  describes: 'A record was acknowledged at or below an offset that was known before its send began.',
  guarantees,
  check,
}
