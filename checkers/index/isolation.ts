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
  /** By actor: 1 for a client that reads what is uncommitted, `changing` for one that does not always; undefined when none does that matters. */
  readonly uncommitted: Uint8Array | undefined
  /** By actor of those that change, what they are from which position on, in order. */
  readonly changes: ReadonlyMap<number, readonly Assigned[]>
  /** True when every ok read is of an uncommitted reader. */
  readonly onlyUncommitted: boolean
}

interface Assigned {
  /** Position of the op. */
  readonly at: number
  readonly isUncommitted: boolean
}

const changing = 2

/** By actor, what its assignments say. */
function assignments(ops: Ops, table: OpTable): Map<number, Assigned[]> {
  const byActor = new Map<number, Assigned[]>()
  for (const at of table.rest) {
    if (table.kind[at] !== assignKind) continue
    const isolation = (ops.at(at)!.value as { readonly isolation?: unknown } | null)?.isolation
    if (isolation !== 'read_uncommitted' && isolation !== 'read_committed') continue
    const known = byActor.get(table.actor[at]!)
    const one = { at, isUncommitted: isolation === 'read_uncommitted' }
    if (known === undefined) byActor.set(table.actor[at]!, [one])
    else known.push(one)
  }
  return byActor
}

function readersOf(ops: Ops, table: OpTable, config: RunConfig | undefined): Required<Pick<Isolation, 'uncommitted' | 'changes'>> {
  const isByDefault = config?.isolation === 'read_uncommitted'
  const uncommitted = bytes(table.actors.length).fill(isByDefault ? 1 : 0)
  const changes = new Map<number, Assigned[]>()
  for (const [actor, all] of assignments(ops, table)) {
    const { isUncommitted } = all[0]!
    const isChanging = all.some(each => each.isUncommitted !== isUncommitted)
    if (isChanging) changes.set(actor, all)
    uncommitted[actor] = isChanging ? changing : Number(isUncommitted)
  }
  return { uncommitted, changes }
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
  const none: Isolation = { hasTransactions, sendsAreTransactions, uncommitted: undefined, changes: new Map(), onlyUncommitted: false }
  if (!hasTransactions) return none
  const isolation = { ...none, ...readersOf(ops, table, config) }
  if (isolation.uncommitted?.some(each => each > 0) !== true) return none
  for (let run = 0; run < reads.runs; run++) {
    const op = reads.runOp[run]!
    if (table.type[op] === ok && readsCommitted(isolation, table, op)) return isolation
  }
  return { ...isolation, onlyUncommitted: true }
}

/** Whether the op at a position reads only what is committed. */
export function readsCommitted({ uncommitted, changes }: Isolation, table: OpTable, op: number): boolean {
  const actor = table.actor[op]!
  if (uncommitted?.[actor] !== changing) return uncommitted === undefined || uncommitted[actor] === 0
  const all = changes.get(actor)!
  return !(all.findLast(({ at }) => at < op) ?? all[0]!).isUncommitted
}

/** Whether a send row is part of a transaction. */
export function isAtomic({ sendsAreTransactions }: Isolation, table: OpTable, sends: SendTable, row: number): boolean {
  return sendsAreTransactions || table.kind[sends.invocation[row]!] === txnKind
}
