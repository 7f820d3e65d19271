/**
 * What was known of each key's log before a send began: the highest offset that an op had told which ended ok by then.
 * Ops are taken in the order of the history, which is real time.
 */
import type { HistoryIndex } from '../history-index.ts'
import { invoked, none, ok, otherKind, txnKind } from './codes.ts'
import { bytes, FloatColumn, floats } from './columns.ts'

/** The highest known offset of each key so far. */
export class KnownOffsets {
  readonly #byKey = new FloatColumn()

  /** By key code; -1 while none is known. */
  of(key: number): number {
    return key < this.#byKey.length ? this.#byKey.data[key]! : none
  }

  /** NaN raises nothing. */
  raise(key: number, offset: number): void {
    while (this.#byKey.length <= key) this.#byKey.push(none)
    if (offset > this.#byKey.data[key]!) this.#byKey.data[key] = offset
  }
}

type Input = Pick<HistoryIndex, 'table' | 'sends' | 'reads' | 'records' | 'writers'>

/** By send row: 1 when an ok poll returned its record at the very offset of its answer. */
function readWhereAnswered({ sends, reads, writers }: Input): Uint8Array {
  const confirmed = bytes(sends.size)
  for (let run = 0; run < reads.runs; run++) {
    if (!reads.isOk(run)) continue
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) {
      const row = writers[reads.record[read]!]!
      if (row !== none && sends.offset[row] === reads.offset[read]) confirmed[row] = 1
    }
  }
  return confirmed
}

class SureWalk {
  readonly before: Float64Array
  readonly #input: Input
  readonly #confirmed: Uint8Array
  readonly #known = new KnownOffsets()

  constructor(input: Input) {
    this.#input = input
    this.#confirmed = readWhereAnswered(input)
    this.before = floats(input.sends.size).fill(none)
  }

  /** The sends of the op invoked at a position, as it begins or once it has ended ok. */
  sends(invocation: number, begins: boolean): void {
    const { sends, records } = this.#input
    const first = invocation === none ? none : sends.firstOf(invocation)
    for (let row = first; row !== none && row < sends.size && sends.invocation[row] === invocation; row++) {
      const key = records.keyOf[sends.record[row]!]!
      if (begins) this.before[row] = this.#known.of(key)
      else if (this.#confirmed[row] === 1) this.#known.raise(key, sends.offset[row]!)
    }
  }

  /** What one poll of an ok op returned. */
  run(run: number): void {
    const { reads } = this.#input
    this.#known.raise(reads.runKey[run]!, reads.runTop[run]!)
  }
}

/**
 * By send row: the highest offset of its key that an op had told which ended ok before this one began, an answer counted
 * only when an ok poll, at any time, found its record there; -1 when none had.
 */
export function surelyKnownBefore(input: Input): Float64Array {
  const { table, reads } = input
  const walk = new SureWalk(input)
  let run = 0
  for (let at = 0; at < table.kind.length; at++) {
    const kind = table.kind[at]!
    if (kind === otherKind || kind > txnKind) continue
    const begins = table.type[at] === invoked
    const isOk = table.type[at] === ok
    if (begins || isOk) walk.sends(table.invocation[at]!, begins)
    for (; run < reads.runs && reads.runOp[run] === at; run++) if (isOk) walk.run(run)
  }
  return walk.before
}
