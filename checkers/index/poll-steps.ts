/**
 * Where consumers stepped otherwise than to the next record. One walk over all reads; in a good history
 * almost nothing is kept. A consumer is a client, or a process where no client is named.
 *
 * Between ops (Jepsen's rules): the expected position of a key is the last record of the consumer's last ok
 * op that read it; fail and info ops are compared with it but do not move it. assign and subscribe, once ok
 * or info, keep the positions of the keys they name and forget the others; a crash forgets all. The marks of a
 * group member (`assigned`, `revoked`, `lost`) forget the keys that came or went. Reads of
 * unknown place, ops of one consumer that overlap, and keys rebalanced during the op are not compared. Who reads nothing
 * uncommitted rightly passes over what others saw of transactions that are not known to be committed.
 */
import type { Key, Ops } from '../../history/op.ts'
import { IntColumn } from './columns.ts'
import { assignKind, crashKind, invoked, failed, none, otherKind, subscribeKind } from './codes.ts'
import type { OpTable } from './op-table.ts'
import type { ReadTable } from './read-table.ts'
import type { RecordDictionary } from './record-dictionary.ts'

/** What one consumer knows of one key. */
interface Position {
  /** The op that read it last. */
  op: number
  lastRead: number
  /** Last read of the last ok op, `none` when nothing is expected; and that op. */
  expected: number
  expectedOp: number
  /** The op that read it last had begun before the one before it was done. */
  overlapping: boolean
}

interface Consumer {
  readonly positions: Map<number, Position>
  subscribed: boolean
}

export class PollSteps {
  /** By step: the read it went from and the read it went to; their places do not differ by exactly 1. */
  readonly from: IntColumn = new IntColumn()
  readonly to: IntColumn = new IntColumn()
  /** By step: place of `to` less place of `from`. */
  readonly delta: IntColumn = new IntColumn()
  /** By step: 1 inside one op, 0 between two. */
  readonly internal: IntColumn = new IntColumn()
  /** By step: 1 when the consumer's keys came from a subscription. */
  readonly subscribed: IntColumn = new IntColumn()

  get size(): number {
    return this.from.length
  }
}

export interface PollStepsInput {
  readonly ops: Ops
  readonly table: OpTable
  readonly records: RecordDictionary
  readonly reads: ReadTable
  /** By read: its place in the log, or `none`. */
  readonly readPlace: Int32Array
  /** Whether the reads of an op may pass over all that the log holds between two places. */
  readonly mayPass: (op: number, from: number, to: number) => boolean
}

class PollWalk {
  readonly steps: PollSteps = new PollSteps()
  readonly #input: PollStepsInput
  readonly #consumers: (Consumer | undefined)[] = []
  /** The op whose reads are looked at. */
  #op: number = none

  constructor(input: PollStepsInput) {
    this.#input = input
  }

  /** An assign, a subscribe or a crash at position `at`. */
  changePositions(at: number): void {
    const { table, ops } = this.#input
    if (table.actor[at] === none || table.type[at] === failed) return
    const consumer = this.#consumer(at)
    if (table.kind[at] === crashKind) {
      consumer.positions.clear()
      return
    }
    consumer.subscribed = table.kind[at] === subscribeKind
    const kept = this.#keptKeys(ops.at(at)!.value)
    for (const key of consumer.positions.keys()) if (!kept.has(key)) consumer.positions.delete(key)
  }

  /** A mark of a group member at position `at`, if it is one. */
  forgetMoved(at: number): void {
    const { table, ops, records } = this.#input
    const { f, value } = ops.at(at)!
    if (!movingMarks.has(f)) return
    const { keys } = (value ?? {}) as { readonly keys?: readonly Key[] }
    const { positions } = this.#consumer(at)
    if (f === 'lost') positions.clear()
    else if (Array.isArray(keys) && table.actor[at] !== none) for (const key of keys) positions.delete(records.findKey(key))
  }

  run(run: number): void {
    const { reads, table, records } = this.#input
    const start = reads.runStart(run)
    const end = reads.runStart(run + 1)
    if (start === end) return
    const op = reads.runOp[run]!
    this.#op = op
    const consumer = this.#consumer(op)
    const key = reads.runKey[run]!
    const position = this.#position(consumer, key)
    const rebalanced = table.rebalanced.get(op)
    if (rebalanced === undefined || !rebalanced.includes(records.keys[key]!)) {
      this.#enter(position, op, start, consumer)
      for (let at = start + 1; at < end; at++) this.#compare(at - 1, at, 1, consumer)
    } else if (position.op !== op) position.overlapping = this.#overlaps(position, op)
    position.op = op
    position.lastRead = end - 1
    if (!reads.isOk(run)) return
    position.expected = position.overlapping ? none : end - 1
    position.expectedOp = op
  }

  /**
   * The first record of a run: against the same op's run before it, or against what the consumer expects.
   */
  #enter(position: Position, op: number, start: number, consumer: Consumer): void {
    if (position.op === op) {
      this.#compare(position.lastRead, start, 1, consumer)
      return
    }
    position.overlapping = this.#overlaps(position, op)
    if (position.expected !== none && !position.overlapping) this.#compare(position.expected, start, 0, consumer)
  }

  #overlaps(position: Position, op: number): boolean {
    const invocation = this.#input.table.invocation[op]!
    return invocation !== none && invocation < position.expectedOp
  }

  #compare(from: number, to: number, internal: 0 | 1, consumer: Consumer): void {
    const before = this.#input.readPlace[from]!
    const after = this.#input.readPlace[to]!
    if (after - before === 1 || before === none || after === none) return
    if (after > before && this.#input.mayPass(this.#op, before, after)) return
    this.steps.from.push(from)
    this.steps.to.push(to)
    this.steps.delta.push(after - before)
    this.steps.internal.push(internal)
    this.steps.subscribed.push(consumer.subscribed ? 1 : 0)
  }

  #consumer(op: number): Consumer {
    const actor = this.#input.table.actor[op]!
    return (this.#consumers[actor] ??= { positions: new Map(), subscribed: false })
  }

  #position(consumer: Consumer, key: number): Position {
    let position = consumer.positions.get(key)
    if (position === undefined) {
      position = { op: none, lastRead: none, expected: none, expectedOp: none, overlapping: false }
      consumer.positions.set(key, position)
    }
    return position
  }

  /** Codes of the keys whose position survives: those that are named; none when the consumer seeks. */
  #keptKeys(value: unknown): Set<number> {
    const keys = Array.isArray(value) ? (value as readonly Key[]) : keysWithoutSeek(value)
    return new Set(keys.map(key => this.#input.records.findKey(key)))
  }
}

const movingMarks: ReadonlySet<string> = new Set(['assigned', 'revoked', 'lost'])

function keysWithoutSeek(value: unknown): readonly Key[] {
  const { keys, seek } = (value ?? {}) as { readonly keys?: readonly Key[]; readonly seek?: unknown }
  return Array.isArray(keys) && seek === undefined ? keys : []
}

export function walkPolls(input: PollStepsInput): PollSteps {
  const { table, reads } = input
  const walk = new PollWalk(input)
  let run = 0
  for (let at = 0, rest = 0; at < table.kind.length; at++) {
    if (table.kind[at]! >= assignKind && table.type[at] !== invoked) walk.changePositions(at)
    else if (at === table.rest[rest] && table.kind[at] === otherKind) walk.forgetMoved(at)
    if (at === table.rest[rest]) rest++
    for (; run < reads.runs && reads.runOp[run] === at; run++) walk.run(run)
  }
  return walk.steps
}
