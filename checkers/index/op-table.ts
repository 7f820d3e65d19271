/**
 * One row per op, at its position in the history: its type and kind as small integers, which invocation and
 * completion belong together, and its actor (the client, or the process where no client is named).
 */
import { isMark } from '../../history/open-ops.ts'
import type { Key, Op, Ops } from '../../history/op.ts'
import {
  assignKind, crashKind, failed, invoked, none, ok, otherKind, pollKind, sendKind, subscribeKind, txnKind, unknown,
} from './codes.ts'
import { bytes, floats, ints } from './columns.ts'
import { type ProcessSlot, ProcessSlots } from './process-slots.ts'

export interface OpTable {
  /** `invoked`, `ok`, `failed` or `unknown`. */
  readonly type: Uint8Array
  readonly kind: Uint8Array
  /** Of sends and transactions: nanoseconds of the run, NaN when unknown. */
  readonly time: Float64Array
  /** Position of the invocation (its own for an invocation), or `none`. */
  readonly invocation: Int32Array
  /** For an invocation: position of its completion, or `none`. */
  readonly completion: Int32Array
  /** Code of the client or process; `none` for nemesis, observer and harness. */
  readonly actor: Int32Array
  /** Per actor code: the client's name, or the process number. */
  readonly actors: readonly (string | number)[]
  /** Positions of what nemesis, observer and harness wrote. */
  readonly others: readonly number[]
  /** Positions of what clients did beside sending and polling. */
  readonly rest: readonly number[]
  /** By position of an op: the keys whose ownership changed while it ran. */
  readonly rebalanced: ReadonlyMap<number, readonly Key[]>
  /** How many ops of clients there are, by four times their kind plus their type. */
  readonly counts: Uint32Array
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

export class OpTableBuilder {
  readonly table: OpTable
  readonly #ops: Ops
  readonly #actors: (string | number)[] = []
  readonly #others: number[] = []
  readonly #rest: number[] = []
  readonly #rebalanced = new Map<number, readonly Key[]>()
  readonly #clients = new Map<string, number>()
  readonly #slots = new ProcessSlots()

  constructor(ops: Ops) {
    this.#ops = ops
    this.table = {
      type: bytes(ops.length),
      kind: bytes(ops.length),
      time: floats(ops.length),
      invocation: ints(ops.length).fill(none),
      completion: ints(ops.length).fill(none),
      actor: ints(ops.length).fill(none),
      actors: this.#actors,
      others: this.#others,
      rest: this.#rest,
      rebalanced: this.#rebalanced,
      counts: new Uint32Array(4 * (crashKind + 1)),
    }
  }

  /** Takes the op at position `at`; all must be given, in order. Returns its kind. */
  add(op: Op, at: number): number {
    const { table } = this
    const type = typeCode(op)
    const kind = kindCode(op.f)
    table.type[at] = type
    table.kind[at] = kind
    if (kind === sendKind || kind === txnKind) table.time[at] = op.time ?? Number.NaN
    if (op.rebalanced !== undefined) this.#rebalanced.set(at, op.rebalanced)
    if (typeof op.process !== 'number') this.#others.push(at)
    else {
      if (kind === otherKind || kind > txnKind) this.#rest.push(at)
      table.counts[4 * kind + type]!++
      this.#addOf(op, op.process, at)
    }
    return kind
  }

  #addOf(op: Op, process: number, at: number): void {
    const { table } = this
    const slot = this.#slots.of(process)
    const open = slot.open
    if (op.type === 'invoke') {
      slot.open = at
      table.invocation[at] = at
    } else if (open !== none && this.#completes(op, at, open)) {
      slot.open = none
      table.invocation[at] = open
      table.completion[open] = at
    }
    const invocation = table.invocation[at]!
    const inherits = op.client === undefined && invocation !== none && invocation !== at
    table.actor[at] = inherits ? table.actor[invocation]! : this.#actorOf(op, process, slot)
  }

  #completes(op: Op, at: number, open: number): boolean {
    const kind = this.table.kind[at]!
    if (kind !== otherKind && kind === this.table.kind[open]) return true
    return !isMark(op, this.#ops.at(open)!.f)
  }

  /** The slot remembers the client its process last acted for, which hardly ever changes. */
  #actorOf({ client }: Op, process: number, slot: ProcessSlot): number {
    if (client === undefined) {
      if (slot.own === none) slot.own = this.#actors.push(process) - 1
      return slot.own
    }
    if (client === slot.client) return slot.actor
    let actor = this.#clients.get(client)
    if (actor === undefined) {
      actor = this.#actors.push(client) - 1
      this.#clients.set(client, actor)
    }
    slot.client = client
    slot.actor = actor
    return actor
  }
}
