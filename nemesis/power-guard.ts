/**
 * Keeps losses of power, and whatever else can take away what was not synced, within what is promised (Durability in the design): per partition, fewer than min.insync.replicas
 * replicas are between their loss of power and their return to its in-sync set; where everything is synced before it
 * counts (flush.messages=1), any number.
 *
 * A replica has returned when the leader itself, under the newest leaderEpoch and asked after the loss, has shown the
 * in-sync set without it and then with it: a set that still has it may be as old as the loss. With it must last, and the
 * replica itself be heard meanwhile: a leader that was frozen may find what the replica had asked before its loss, and take
 * it in on that word until the controller hears of the loss. When the first was missed, it counts as away for good, which
 * costs attacks and never a promise.
 */
import type { Key, Observation } from '../history/op.ts'
import type { Fault } from './fault.ts'
import type { Guard } from './nemesis.ts'

/** Of one topic. */
export interface PowerRules {
  readonly minInSyncReplicas: number
  /** flush.messages=1. */
  readonly syncsFirst: boolean
}

interface Away {
  readonly sinceMs: number
  /** Seen out of the in-sync set since. */
  missed: boolean
  /** When the leader was first asked that then had it in the in-sync set, without having been without it since. */
  backMs: number | undefined
  /** It has answered by itself since then. */
  isHeard: boolean
}

/** Longer than a broker that is up takes to register where the controllers have a majority. */
export const lastingMs = 1000

/** What one broker said of the partitions, and when it was asked. */
export interface Observed {
  readonly node: number
  readonly askedMs: number
  readonly observations: readonly Observation[]
}

interface Watched {
  readonly rules: PowerRules
  leaderEpoch: number
  /** Everybody ever seen in sync: all replicas are, in the beginning. */
  readonly replicas: Set<number>
  readonly away: Map<number, Away>
}

export class PowerGuard implements Guard {
  readonly #rulesOf: (key: Key) => PowerRules
  readonly #partitions = new Map<Key, Watched>()

  constructor(rulesOf: (key: Key) => PowerRules) {
    this.#rulesOf = rulesOf
  }

  observed({ node, askedMs, observations }: Observed): void {
    for (const told of observations) this.#take(told, node, askedMs)
  }

  mayHit(fault: Fault, targets: readonly number[]): boolean {
    if (fault.losesUnsynced === undefined) return true
    if (this.#partitions.size === 0) return false
    for (const { rules, replicas, away } of this.#partitions.values()) {
      if (rules.syncsFirst) continue
      const lost = new Set([...away.keys(), ...targets.filter((id) => replicas.has(id))])
      if (lost.size >= rules.minInSyncReplicas) return false
    }
    return true
  }

  hit(fault: Fault, targets: readonly number[], nowMs: number): void {
    if (fault.losesUnsynced === undefined) return
    for (const { replicas, away } of this.#partitions.values()) {
      for (const id of targets) if (replicas.has(id)) away.set(id, { sinceMs: nowMs, missed: false, backMs: undefined, isHeard: false })
    }
  }

  #take({ key, leader, leaderEpoch, inSyncReplicas }: Observation, node: number, askedMs: number): void {
    let watched = this.#partitions.get(key)
    if (watched === undefined) {
      watched = { rules: this.#rulesOf(key), leaderEpoch: -1, replicas: new Set(), away: new Map() }
      this.#partitions.set(key, watched)
    }
    for (const id of inSyncReplicas) watched.replicas.add(id)
    const itself = watched.away.get(node)
    if (itself?.backMs !== undefined && askedMs >= itself.backMs) itself.isHeard = true
    if (leaderEpoch < watched.leaderEpoch) return
    watched.leaderEpoch = leaderEpoch
    if (node !== leader) return
    for (const [id, state] of watched.away) {
      if (askedMs < state.sinceMs) continue
      if (!inSyncReplicas.includes(id)) Object.assign(state, { missed: true, backMs: undefined, isHeard: false })
      else if (state.missed) this.#takeBack(watched, { id, state, askedMs })
    }
  }

  #takeBack({ away }: Watched, { id, state, askedMs }: { readonly id: number; readonly state: Away; readonly askedMs: number }): void {
    state.backMs ??= askedMs
    if (state.isHeard && askedMs >= state.backMs + lastingMs) away.delete(id)
  }
}
