/**
 * Offsets of groups: who asked to commit which, within a transaction or not, and what was told of them when they were
 * fetched. From `offsets` among micro-ops, and from ops `commit`, `reset-offsets` and `offsets`.
 */
import type { Key } from '../../history/op.ts'
import type { HistoryIndex } from '../history-index.ts'
import { failed, none, ok, unknown } from './codes.ts'

export interface OffsetsAsked {
  readonly offset: number
  /** Positions; `completion` is `none` while it is open. */
  readonly invocation: number
  readonly completion: number
  /** `ok`, `failed` or `unknown`. */
  readonly outcome: number
  /** Its transaction, or `none`. */
  readonly txn: number
  readonly isReset: boolean
}

export interface OffsetsTold {
  /** -1 when none was committed. */
  readonly offset: number
  readonly invocation: number
  readonly completion: number
}

export interface GroupOffsets {
  readonly group: string
  readonly key: Key
  readonly asked: OffsetsAsked[]
  readonly told: OffsetsTold[]
}

interface GroupValue {
  readonly group?: unknown
  readonly offsets?: unknown
}

function pairsOf(value: unknown): readonly (readonly [Key, number])[] {
  const { offsets } = (value ?? {}) as GroupValue
  return Array.isArray(offsets) ? offsets.filter(entry => Array.isArray(entry) && typeof entry[1] === 'number') : []
}

class Collector {
  readonly all: GroupOffsets[] = []
  readonly #byName = new Map<string, GroupOffsets>()

  of(group: string, key: Key): GroupOffsets {
    const name = JSON.stringify([group, key])
    let known = this.#byName.get(name)
    if (known === undefined) {
      known = { group, key, asked: [], told: [] }
      this.#byName.set(name, known)
      this.all.push(known)
    }
    return known
  }
}

function addTransactions(index: HistoryIndex, to: Collector): void {
  const { invocation, completion, offsets } = index.transactions()
  for (const [txn, micros] of offsets) {
    const done = completion[txn]!
    const outcome = done === none ? unknown : index.table.type[done]!
    for (const { group, offsets } of micros) {
      for (const [key, offset] of offsets) {
        to.of(group, key).asked.push({ offset, invocation: invocation[txn]!, completion: done, outcome, txn, isReset: false })
      }
    }
  }
}

/** One op of a group that is an invocation, or a completion that has none. */
function addOp({ ops, table }: HistoryIndex, at: number, to: Collector): void {
  const { f } = ops.at(at)!
  const completion = table.invocation[at] === at ? table.completion[at]! : at
  const outcome = completion === none ? unknown : table.type[completion]!
  const value = ops.at(completion === none ? at : completion)!.value ?? ops.at(at)!.value
  const { group } = (value ?? {}) as GroupValue
  if (typeof group !== 'string') return
  for (const [key, offset] of pairsOf(value)) {
    const entry = { offset, invocation: at, completion }
    if (f !== 'offsets') to.of(group, key).asked.push({ ...entry, outcome, txn: none, isReset: f === 'reset-offsets' })
    else if (outcome === ok) to.of(group, key).told.push(entry)
  }
}

const groupOps: ReadonlySet<string> = new Set(['commit', 'reset-offsets', 'offsets'])

/** By group and key, in no order. */
export function groupOffsets(index: HistoryIndex): readonly GroupOffsets[] {
  const collector = new Collector()
  addTransactions(index, collector)
  for (const at of index.table.rest) {
    const begins = index.table.invocation[at] === at || index.table.invocation[at] === none
    if (begins && groupOps.has(index.ops.at(at)!.f)) addOp(index, at, collector)
  }
  return collector.all
}

/** Whether it may have taken effect after a position. */
export function mayComeAfter({ completion, outcome }: OffsetsAsked, position: number): boolean {
  if (outcome === failed) return false
  return outcome === unknown || completion === none || completion > position
}
