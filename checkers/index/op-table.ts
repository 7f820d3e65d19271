/**
 * One row per op, at its position in the history: its type and kind as small integers, which invocation and
 * completion belong together, and its actor (the client, or the process where no client is named).
 */
import { isMark } from '../../history/open-ops.ts'
import type { Op } from '../../history/op.ts'

export const invoked = 0
export const ok = 1
export const failed = 2
/** Also the outcome of an op that was never completed. */
export const unknown = 3

export const otherKind = 0
export const sendKind = 1
export const pollKind = 2
export const txnKind = 3
export const assignKind = 4
export const subscribeKind = 5
export const crashKind = 6

export const none = -1

export interface OpTable {
  /** `invoked`, `ok`, `failed` or `unknown`. */
  readonly type: Uint8Array
  readonly kind: Uint8Array
  /** Position of the invocation (its own for an invocation), or `none`. */
  readonly invocation: Int32Array
  /** For an invocation: position of its completion, or `none`. */
  readonly completion: Int32Array
  /** Code of the client or process; `none` for nemesis, observer and harness. */
  readonly actor: Int32Array
  /** Per actor code: the client's name, or the process number. */
  readonly actors: readonly (string | number)[]
}

function typeCode(op: Op): number {
  switch (op.type) {
    case 'invoke':
      return invoked
    case 'ok':
      return ok
    case 'fail':
      return failed
    default:
      return unknown
  }
}

function kindCode(f: string): number {
  switch (f) {
    case 'send':
      return sendKind
    case 'poll':
      return pollKind
    case 'txn':
      return txnKind
    case 'assign':
      return assignKind
    case 'subscribe':
      return subscribeKind
    case 'crash':
      return crashKind
    default:
      return otherKind
  }
}

class OpTableBuilder {
  readonly table: OpTable
  readonly #ops: readonly Op[]
  readonly #actors: (string | number)[] = []
  readonly #clients = new Map<string, number>()
  readonly #processes = new Map<number, number>()
  readonly #open = new Map<number, number>()

  constructor(ops: readonly Op[]) {
    this.#ops = ops
    this.table = {
      type: new Uint8Array(ops.length),
      kind: new Uint8Array(ops.length),
      invocation: new Int32Array(ops.length).fill(none),
      completion: new Int32Array(ops.length).fill(none),
      actor: new Int32Array(ops.length).fill(none),
      actors: this.#actors,
    }
  }

  add(op: Op, at: number): void {
    const { table } = this
    table.type[at] = typeCode(op)
    table.kind[at] = kindCode(op.f)
    if (typeof op.process !== 'number') return
    if (op.type === 'invoke') {
      this.#open.set(op.process, at)
      table.invocation[at] = at
    } else this.#complete(op, op.process, at)
    table.actor[at] = this.#actorOf(op, op.process, table.invocation[at]!)
  }

  #complete(op: Op, process: number, at: number): void {
    const open = this.#open.get(process)
    if (isMark(op, open === undefined ? undefined : this.#ops[open]!.f) || open === undefined) return
    this.#open.delete(process)
    this.table.invocation[at] = open
    this.table.completion[open] = at
  }

  #actorOf(op: Op, process: number, invocation: number): number {
    const inherits = op.client === undefined && invocation !== none && op.type !== 'invoke'
    if (inherits) return this.table.actor[invocation]!
    const known = op.client === undefined ? this.#processes.get(process) : this.#clients.get(op.client)
    if (known !== undefined) return known
    const code = this.#actors.push(op.client ?? process) - 1
    if (op.client === undefined) this.#processes.set(process, code)
    else this.#clients.set(op.client, code)
    return code
  }
}

export function buildOpTable(ops: readonly Op[]): OpTable {
  const builder = new OpTableBuilder(ops)
  for (let at = 0; at < ops.length; at++) builder.add(ops[at]!, at)
  return builder.table
}
