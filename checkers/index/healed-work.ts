/**
 * What was tried and what succeeded after `heal`, for everything sent, for each key, and for each client:
 * the ground on which stuck.ts says that something never came back.
 *
 * Time to recover is given first. Only an attempt that began after it and still did not succeed, or one
 * that has been open for longer than it, is a late one. In a history without times every attempt after
 * `heal` counts as late.
 */
import type { HistoryIndex } from '../history-index.ts'
import { failed, invoked, none, ok, sendKind, txnKind, unknown } from './codes.ts'
import { isFinalClient } from './run-marks.ts'

/** What a profile of Kafka's defaults, shortened for trials, needs at most: its delivery timeout. */
export const defaultRecoveryMs = 10_000

const nanosecondsPerMs = 1e6

/**
 * Answers that say: not now. Any other definite refusal is an answer like another, and nobody is stuck on
 * it.
 */
const notNow: ReadonlySet<string> = new Set([
  'BROKER_NOT_AVAILABLE',
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'LEADER_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_LEADER_OR_FOLLOWER',
])

export class Attempts {
  tried = 0
  succeeded = 0
  /** Position of the invocation of the first late attempt that did not succeed, or `none`. */
  late: number = none
}

export interface HealedWork {
  readonly sends: Attempts
  /** By key code; only keys sent to. */
  readonly keys: ReadonlyMap<number, Attempts>
  /** By actor code; named clients, and processes whose op never ended. */
  readonly clients: ReadonlyMap<number, Attempts>
}

class HealedWorkBuilder {
  readonly sends: Attempts = new Attempts()
  readonly keys: Map<number, Attempts> = new Map()
  readonly clients: Map<number, Attempts> = new Map()
  readonly #index: HistoryIndex
  readonly #heal: number
  readonly #end: number

  constructor(index: HistoryIndex, end: number) {
    this.#index = index
    this.#heal = index.marks.phases.heal
    this.#end = end
  }

  /** An op invoked after `heal`. */
  op(at: number): void {
    const { table } = this.#index
    const actor = table.actor[at]!
    const answered = table.completion[at]!
    const named = typeof table.actors[actor] === 'string'
    if (isFinalClient(table.actors[actor]) || (!named && answered !== none)) return
    this.#count(attemptsOf(this.clients, actor), at, answered)
  }

  /** A send invoked after `heal`. */
  send(row: number): void {
    const { sends, records, table } = this.#index
    const at = sends.invocation[row]!
    const answered = table.completion[at]!
    this.#count(this.sends, at, answered)
    this.#count(attemptsOf(this.keys, records.keyOf[sends.record[row]!]!), at, answered)
  }

  /** An op invoked before `heal` that succeeded after it. */
  earlierOp(at: number): void {
    attemptsOf(this.clients, this.#index.table.actor[at]!).succeeded++
  }

  /** A send invoked before `heal` that succeeded after it. */
  earlierSend(row: number): void {
    const { sends, records } = this.#index
    this.sends.succeeded++
    attemptsOf(this.keys, records.keyOf[sends.record[row]!]!).succeeded++
  }

  #count(attempts: Attempts, at: number, answered: number): void {
    attempts.tried++
    if (answered !== none && this.#index.table.type[answered] === ok) attempts.succeeded++
    else if (attempts.late === none && this.#isLate(at, answered)) attempts.late = at
  }

  #isLate(at: number, answered: number): boolean {
    if (answered !== none && !this.#isUnserved(answered)) return false
    const { ops, marks } = this.#index
    const recovery = (marks.config?.recoveryMs ?? defaultRecoveryMs) * nanosecondsPerMs
    const began = ops.at(at)!.time
    const from = answered === none ? began : (ops.at(this.#heal)!.time ?? null)
    const to = answered === none ? (ops.at(Math.min(this.#end, ops.length - 1))!.time ?? null) : began
    return from === null || to === null || to - from >= recovery
  }

  /** True for an unknown outcome and for answers that say: not now. */
  #isUnserved(answered: number): boolean {
    const { table, ops } = this.#index
    if (table.type[answered] === unknown) return true
    return table.type[answered] === failed && notNow.has(ops.at(answered)!.error?.code ?? '')
  }
}

function attemptsOf(groups: Map<number, Attempts>, code: number): Attempts {
  let attempts = groups.get(code)
  if (attempts === undefined) groups.set(code, (attempts = new Attempts()))
  return attempts
}

/**
 * Work between `heal` and the `final` mark (or `end`, or the end of the history). There must be a `heal`
 * mark.
 */
export function healedWork(index: HistoryIndex): HealedWork {
  const { table, sends, marks, ops } = index
  const { heal, final, end } = marks.phases
  const stop = [final, end].find(at => at > heal) ?? ops.length
  const work = new HealedWorkBuilder(index, stop)
  for (let at = 0; at < stop; at++) {
    const judged = table.type[at] === invoked && table.kind[at]! >= sendKind && table.kind[at]! <= txnKind
    if (!judged || table.actor[at] === none) continue
    if (at > heal) work.op(at)
    else if (table.completion[at]! > heal && table.type[table.completion[at]!] === ok) work.earlierOp(at)
  }
  for (let row = 0; row < sends.size; row++) {
    const at = sends.invocation[row]!
    if (at > heal && at < stop) work.send(row)
    else if (at < heal && sends.outcome[row] === ok && sends.completion[row]! > heal) work.earlierSend(row)
  }
  return work
}
