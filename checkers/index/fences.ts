/**
 * Which ops began after their client had been fenced: another instance of its transactional id had been initialised since,
 * and told so. What an instance is and when, only answers say: one that may have been initialised again by an unknown
 * outcome is taken as not fenced.
 */
import type { HistoryIndex } from '../history-index.ts'
import { failed, invoked, none } from './codes.ts'
import type { Instance } from './transactions.ts'

export interface Fence {
  readonly older: Instance
  readonly newer: Instance
}

/** Surely initialised after `older`: begun after its answer, or given a greater epoch of the same producer id. */
function isNewer(newer: Instance, older: Instance): boolean {
  if (newer.invocation > older.completion) return true
  const sameId = newer.producerId !== undefined && newer.producerId === older.producerId
  return sameId && (newer.producerEpoch ?? none) > (older.producerEpoch ?? Number.POSITIVE_INFINITY)
}

/** By actor: positions of invocations of `init-transactions` that may have succeeded. */
function attempts({ ops, table }: HistoryIndex): Map<number, number[]> {
  const byActor = new Map<number, number[]>()
  for (const at of table.rest) {
    if (table.type[at] !== invoked || ops.at(at)!.f !== 'init-transactions') continue
    const done = table.completion[at]!
    if (done !== none && table.type[done] === failed) continue
    const known = byActor.get(table.actor[at]!)
    if (known === undefined) byActor.set(table.actor[at]!, [at])
    else known.push(at)
  }
  return byActor
}

export class Fences {
  /** By actor, its instances in order. */
  readonly #own: Map<number, Instance[]>
  readonly #byId: Map<string, Instance[]>
  readonly #attempts: Map<number, number[]>

  constructor(index: HistoryIndex) {
    const { instances } = index.transactions()
    this.#own = Map.groupBy(instances, ({ actor }) => actor)
    this.#byId = Map.groupBy(instances, ({ transactionalId }) => transactionalId)
    this.#attempts = instances.length === 0 ? new Map() : attempts(index)
  }

  get isEmpty(): boolean {
    return this.#own.size === 0
  }

  /** What fenced the client of an op that begins at a position; undefined when nothing surely had. */
  before(actor: number, position: number): Fence | undefined {
    const older = this.#own.get(actor)?.findLast(({ completion }) => completion < position)
    if (older === undefined) return undefined
    const again = this.#attempts.get(actor)?.some(at => at > older.invocation && at < position) ?? false
    if (again) return undefined
    const newer = this.#byId.get(older.transactionalId)!.find(other => {
      return other.actor !== actor && other.completion < position && isNewer(other, older)
    })
    return newer && { older, newer }
  }
}
