/**
 * Who reads what is uncommitted, too, and what that means for sends: that such a reader saw a record of a transaction
 * proves neither that it was committed nor that others may see it. A client says so when it is assigned
 * (`"isolation"`); of those that do not, the configuration says it.
 */
import type { Ops, RunConfig } from '../../history/op.ts'
import { assignKind, ok, sendKind, txnKind, unknown } from './codes.ts'
import { bytes } from './columns.ts'
import type { OpTable } from './op-table.ts'
import type { ReadTable } from './read-table.ts'
import type { SendTable } from './send-table.ts'

export interface Isolation {
  /** There are transactions: `txn` ops, or sends that the configuration calls so. */
  readonly hasTransactions: boolean
  /** `send` ops are transactions too. */
  readonly sendsAreTransactions: boolean
  /** By actor: 1 for a client that reads what is uncommitted; undefined when none does that matters. */
  readonly uncommitted: Uint8Array | undefined
  /** True when every ok read is of an uncommitted reader. */
  readonly onlyUncommitted: boolean
}

/** By actor: 1 when it was ever assigned to read what is uncommitted. */
function assigned(ops: Ops, table: OpTable, config: RunConfig | undefined): Uint8Array {
  const uncommitted = bytes(table.actors.length).fill(config?.isolation === 'read_uncommitted' ? 1 : 0)
  for (const at of table.rest) {
    if (table.kind[at] !== assignKind) continue
    const isolation = (ops.at(at)!.value as { readonly isolation?: unknown } | null)?.isolation
    if (isolation === 'read_uncommitted') uncommitted[table.actor[at]!] = 1
    if (isolation === 'read_committed') uncommitted[table.actor[at]!] = 0
  }
  return uncommitted
}

export interface IsolationInput {
  readonly ops: Ops
  readonly table: OpTable
  readonly reads: ReadTable
  readonly config: RunConfig | undefined
}

export function readIsolation({ ops, table, reads, config }: IsolationInput): Isolation {
  const sendsAreTransactions = config?.transactional === true
  const txns = table.counts.subarray(4 * txnKind, 4 * txnKind + unknown + 1).some(count => count > 0)
  const hasTransactions = txns || (sendsAreTransactions && table.counts[4 * sendKind]! > 0)
  const all = { hasTransactions, sendsAreTransactions }
  const uncommitted = hasTransactions ? assigned(ops, table, config) : undefined
  if (uncommitted === undefined || !uncommitted.includes(1)) return { ...all, uncommitted: undefined, onlyUncommitted: false }
  for (let run = 0; run < reads.runs; run++) {
    const op = reads.runOp[run]!
    if (table.type[op] === ok && uncommitted[table.actor[op]!] === 0) return { ...all, uncommitted, onlyUncommitted: false }
  }
  return { ...all, uncommitted, onlyUncommitted: true }
}

/** Whether the op at a position reads only what is committed. */
export function readsCommitted({ uncommitted }: Isolation, table: OpTable, op: number): boolean {
  return uncommitted === undefined || uncommitted[table.actor[op]!] === 0
}

/** Whether a send row is part of a transaction. */
export function isAtomic({ sendsAreTransactions }: Isolation, table: OpTable, sends: SendTable, row: number): boolean {
  return sendsAreTransactions || table.kind[sends.invocation[row]!] === txnKind
}
