/**
 * Steps of the stories that findings tell, and the sentences' common pieces. Called for kept findings only.
 */
import type { HistoryIndex } from './history-index.ts'
import { failed, none, ok } from './index/codes.ts'
import { isAtomic, readsCommitted } from './index/isolation.ts'
import type { WitnessStep } from './verdict.ts'

const shownAtMost = 5

/** The key of a record, as text. */
export function keyName(index: HistoryIndex, record: number): string {
  return String(index.records.keys[index.records.keyOf[record]!]!)
}

export function valueName(index: HistoryIndex, record: number): string {
  return String(index.records.values[record]!)
}

function offsetName(offset: number): string {
  return Number.isNaN(offset) ? 'an unknown offset' : `offset ${offset}`
}

/** `v1, v2 and 3 more` */
export function listed(names: readonly (string | number)[], count: number = names.length): string {
  const shown = names.slice(0, shownAtMost).join(', ')
  return count > shownAtMost ? `${shown} and ${count - shownAtMost} more` : shown
}

/** A send, at its completion where there is one. */
export function sendStep(index: HistoryIndex, row: number): WitnessStep {
  const { sends, ops } = index
  const record = sends.record[row]!
  const completion = sends.completion[row]!
  const what = `${valueName(index, record)} to ${keyName(index, record)}`
  const at = ops.at(completion === none ? sends.invocation[row]! : completion)!.index
  if (sends.outcome[row] === ok) {
    const offset = sends.offset[row]!
    const where = Number.isNaN(offset) ? '' : ` at ${offsetName(offset)}`
    return { op: at, shows: `acknowledged ${what}${where}` }
  }
  const isAborted = sends.outcome[row] === failed && isAtomic(index.isolation, index.table, sends, row)
  if (isAborted) return { op: at, shows: `aborted, with ${what} sent` }
  if (sends.outcome[row] === failed) return { op: at, shows: `failed to send ${what}` }
  return { op: at, shows: `sent ${what}, outcome unknown` }
}

/** True when the history shows that a broker answered a send, so that what the answer says is the broker's word. */
export function answeredBy({ sends, ops }: HistoryIndex, row: number): boolean {
  return sends.outcome[row] === ok && ops.at(sends.completion[row]!)!.node !== undefined
}

/** Position of the op of a read. */
export function opOfRead(index: HistoryIndex, read: number): number {
  return index.reads.runOp[index.reads.runOf(read)]!
}

export function readStep(index: HistoryIndex, read: number): WitnessStep {
  const record = index.reads.record[read]!
  const where = offsetName(index.reads.offset[read]!)
  return {
    op: index.ops.at(opOfRead(index, read))!.index,
    shows: `polled ${valueName(index, record)} of ${keyName(index, record)} at ${where}`,
  }
}

/** The first read of a record, at the given offset if one is given, or `none`. */
export function firstReadOf(index: HistoryIndex, record: number, offset?: number): number {
  const { reads } = index
  for (let read = 0; read < reads.size; read++) {
    if (reads.record[read] === record && (offset === undefined || reads.offset[read] === offset)) return read
  }
  return none
}

/** The first read of a record by an ok op, or `none`; if asked so, where there is one, by one that reads only what is committed. */
export function firstOkReadOf(index: HistoryIndex, record: number, preferCommitted: boolean = false): number {
  const { reads, table, isolation } = index
  let first: number = none
  for (let read = 0; read < reads.size; read++) {
    if (reads.record[read] !== record) continue
    const op = opOfRead(index, read)
    if (table.type[op] !== ok) continue
    if (!preferCommitted || readsCommitted(isolation, table, op)) return read
    if (first === none) first = read
  }
  return first
}

/** The send whose answer put a record at an offset, or `none`. */
function ackOf(index: HistoryIndex, record: number, offset: number): number {
  const { sends, committed } = index
  for (let row = 0; row < sends.size; row++) {
    if (sends.record[row] === record && sends.offset[row] === offset && committed[row] === 1) return row
  }
  return none
}

/**
 * What shows that the log holds a record at a place: an answer, or else the first poll that returned it
 * there.
 */
export function placeStep(index: HistoryIndex, record: number, place: number): WitnessStep {
  const offset = index.log.offset[place]!
  const row = ackOf(index, record, offset)
  return row === none ? readStep(index, firstReadOf(index, record, offset)) : sendStep(index, row)
}

/** Steps in the order of the history, each op and what it shows once. */
export function inOrder(steps: readonly WitnessStep[]): WitnessStep[] {
  const sorted = steps.toSorted((a, b) => a.op - b.op)
  return sorted.filter((step, at) => {
    const before = sorted[at - 1]
    return step.op !== before?.op || step.shows !== before.shows
  })
}
