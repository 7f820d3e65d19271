/**
 * Who owned what, as the members themselves say: a tenure begins with the mark `assigned` and ends with `revoked`, `lost`,
 * leaving or a crash, or with the member's next full assignment. The tenures of a key are in the order of their beginnings.
 * A member that was paused believes in a tenure that is over; who judges must ask what the broker did for it since.
 */
import type { Key } from '../../history/op.ts'
import { none } from '../index/codes.ts'
import { type Actor, type GrantRow, type GroupOps, identityOf, type ReleaseRow } from './group-ops.ts'

export interface Tenure {
  readonly key: Key
  readonly actor: Actor
  readonly memberId: string
  /** The instance of a static member, else the member id. */
  readonly identity: string
  readonly generation: number
  readonly era: number
  /** Position of the mark with which it began. */
  readonly from: number
  /** Position at which it ended, or `none`. */
  until: number
  ended: ReleaseRow['why'] | 'reassigned' | 'open'
}

type Tenures = ReadonlyMap<Key, readonly Tenure[]>

class TenureBook {
  readonly byKey = new Map<Key, Tenure[]>()
  readonly #group: GroupOps
  readonly #held = new Map<Actor, Map<Key, Tenure>>()

  constructor(group: GroupOps) {
    this.#group = group
  }

  grant({ at, actor, era, value }: GrantRow): void {
    const held = this.#heldBy(actor)
    if (!value.incremental) for (const key of held.keys()) this.#end(actor, key, at, 'reassigned')
    for (const key of value.keys) {
      this.#end(actor, key, at, 'reassigned')
      const { memberId, generation } = value
      const identity = identityOf(this.#group, memberId)
      const tenure: Tenure = { key, actor, memberId, identity, generation, era, from: at, until: none, ended: 'open' }
      held.set(key, tenure)
      const known = this.byKey.get(key)
      if (known === undefined) this.byKey.set(key, [tenure])
      else known.push(tenure)
    }
  }

  release({ at, actor, why, keys }: ReleaseRow): void {
    const given = why === 'revoked' ? keys : [...this.#heldBy(actor).keys()]
    for (const key of given) this.#end(actor, key, at, why)
  }

  #heldBy(actor: Actor): Map<Key, Tenure> {
    let held = this.#held.get(actor)
    if (held === undefined) this.#held.set(actor, (held = new Map()))
    return held
  }

  #end(actor: Actor, key: Key, at: number, why: Tenure['ended']): void {
    const held = this.#heldBy(actor)
    const tenure = held.get(key)
    if (tenure === undefined) return
    tenure.until = at
    tenure.ended = why
    held.delete(key)
  }
}

export function tenuresOf(group: GroupOps): Tenures {
  const book = new TenureBook(group)
  const marks = [
    ...group.grants.map(row => ({ at: row.at, apply: () => book.grant(row) })),
    ...group.releases.map(row => ({ at: row.at, apply: () => book.release(row) })),
  ].sort((a, b) => a.at - b.at)
  for (const { apply } of marks) apply()
  return book.byKey
}

/** Whether a tenure was on at a position. */
export function holdsAt({ from, until }: Tenure, at: number): boolean {
  return from <= at && (until === none || until > at)
}
