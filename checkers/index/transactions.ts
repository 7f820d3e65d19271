/**
 * The transactions of a history: which sends and which offsets of groups belong together, how each ended, and which
 * instance of a producer made it. Made only when a checker asks, and of no size where there are none.
 */
import type { MicroOp, OffsetsMicroOp, Ops } from '../../history/op.ts'
import { invoked, none, ok, txnKind } from './codes.ts'
import { ints, IntColumn } from './columns.ts'
import { isAtomic, type Isolation } from './isolation.ts'
import type { OpTable } from './op-table.ts'
import type { SendTable } from './send-table.ts'

/** One `init-transactions` that succeeded: from then on its client is an instance of that transactional id. */
export interface Instance {
  readonly transactionalId: string
  readonly actor: number
  /** Positions; of the completion where a foreign history has no invocation. */
  readonly invocation: number
  readonly completion: number
  readonly producerId: number | undefined
  readonly producerEpoch: number | undefined
}

export interface Transactions {
  readonly size: number
  /** By transaction: position of the invocation; of the completion where there is none. */
  readonly invocation: Int32Array
  /** By transaction: position of the completion, or `none`. */
  readonly completion: Int32Array
  /** By transaction: its first entry in `rows`; one more at the end. */
  readonly start: Int32Array
  /** Send rows, by transaction. */
  readonly rows: Int32Array
  /** By send row: its transaction, or `none` for a plain send. */
  readonly ofRow: Int32Array
  /** Offsets of groups, as asked, by transaction; only of those that have any. */
  readonly offsets: ReadonlyMap<number, readonly OffsetsMicroOp[]>
  /** In the order of their completion. */
  readonly instances: readonly Instance[]
}

export interface TransactionsInput {
  readonly ops: Ops
  readonly table: OpTable
  readonly sends: SendTable
  readonly isolation: Isolation
  readonly withOffsets: readonly number[]
}

/** Sends that only a completion tells of belong to its invocation. */
function opOfRow({ table, sends }: TransactionsInput, row: number): number {
  const op = sends.invocation[row]!
  const invocation = table.invocation[op]!
  return invocation === none ? op : invocation
}

export class TransactionsReader {
  readonly #input: TransactionsInput
  readonly #invocation = new IntColumn()
  #made: Transactions | undefined

  constructor(input: TransactionsInput) {
    this.#input = input
  }

  read(): Transactions {
    return (this.#made ??= this.#make())
  }

  #make(): Transactions {
    const { table } = this.#input
    const byOp = this.#number()
    const ofRow = this.#rowsOf(byOp)
    const size = this.#invocation.length
    const invocation = this.#invocation.data.subarray(0, size)
    const completion = ints(size)
    for (let txn = 0; txn < size; txn++) {
      const at = invocation[txn]!
      completion[txn] = table.type[at] === invoked ? table.completion[at]! : at
    }
    return { size, invocation, completion, ofRow, ...this.#grouped(ofRow, size), offsets: this.#offsets(byOp), instances: this.#instances() }
  }

  /** By position of an op: the number of the transaction that it begins, or `none`. */
  #number(): Int32Array {
    const { table, isolation } = this.#input
    const byOp = ints(isolation.hasTransactions ? table.type.length : 0).fill(none)
    if (!isolation.hasTransactions) return byOp
    for (let at = 0; at < byOp.length; at++) {
      const begins = table.type[at] === invoked || table.invocation[at] === none
      if (begins && table.kind[at] === txnKind) byOp[at] = this.#invocation.push(at)
    }
    return byOp
  }

  #rowsOf(byOp: Int32Array): Int32Array {
    const { sends, table, isolation } = this.#input
    const ofRow = ints(sends.size).fill(none)
    if (!isolation.hasTransactions) return ofRow
    for (let row = 0; row < sends.size; row++) {
      if (!isAtomic(isolation, table, sends, row)) continue
      const op = opOfRow(this.#input, row)
      if (byOp[op] === none) byOp[op] = this.#invocation.push(op)
      ofRow[row] = byOp[op]!
    }
    return ofRow
  }

  #grouped(ofRow: Int32Array, size: number): Pick<Transactions, 'start' | 'rows'> {
    const start = ints(size + 1)
    let count = 0
    for (const txn of ofRow) {
      if (txn === none) continue
      start[txn + 1]!++
      count++
    }
    for (let txn = 0; txn < size; txn++) start[txn + 1]! += start[txn]!
    const rows = ints(count)
    const next = start.slice()
    for (let row = 0; row < ofRow.length; row++) if (ofRow[row] !== none) rows[next[ofRow[row]!]!++] = row
    return { start, rows }
  }

  /** The completion says which were sent; without one, the invocation what was asked. */
  #offsets(byOp: Int32Array): Map<number, readonly OffsetsMicroOp[]> {
    const { ops, table, withOffsets } = this.#input
    const offsets = new Map<number, readonly OffsetsMicroOp[]>()
    for (const at of withOffsets) {
      const begun = table.invocation[at] === none ? at : table.invocation[at]!
      const txn = byOp[begun] ?? none
      if (txn === none) continue
      const micros = ops.at(at)!.value as readonly MicroOp[]
      offsets.set(txn, micros.filter((micro): micro is OffsetsMicroOp => micro.f === 'offsets'))
    }
    return offsets
  }

  #instances(): Instance[] {
    const { ops, table } = this.#input
    const instances: Instance[] = []
    for (const at of table.rest) {
      if (table.type[at] !== ok || ops.at(at)!.f !== 'init-transactions') continue
      const { transactionalId, producerId, producerEpoch } = (ops.at(at)!.value ?? {}) as Partial<Instance>
      if (typeof transactionalId !== 'string') continue
      const invocation = table.invocation[at] === none ? at : table.invocation[at]!
      instances.push({ transactionalId, producerId, producerEpoch, actor: table.actor[at]!, invocation, completion: at })
    }
    return instances
  }
}
