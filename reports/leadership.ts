/** Who led which partition when, as the observed brokers told it: stints for a strip, changes for rules. */
import type { Key, Observation, Ops } from '../history/op.ts'
import { rounded } from './latency.ts'
import { observations, secondsOf } from './op-value.ts'

/** One leader of one partition from `t` to `to` seconds of the run. */
export interface Stint {
  readonly key: string
  readonly t: number
  readonly to: number
  /** `broker 2`, or `none`. */
  readonly leader: string
  readonly leaderEpoch: number
  /** `2 · e7`; with `!` when disputed. */
  readonly label: string
  /** True when brokers named different leaders for this one leaderEpoch. */
  readonly disputed: boolean
}

export interface LeaderChange {
  readonly t: number
  /** `orders-3: 1 → 2 (leaderEpoch 7)`, several joined by `; `. */
  readonly what: string
}

export interface Leadership {
  readonly stints: readonly Stint[]
  readonly changes: readonly LeaderChange[]
  /** Partitions that were observed and are not among the stints. */
  readonly keysLeftOut: number
}

interface OpenStint {
  from: number
  leader: number
  leaderEpoch: number
  disputed: boolean
}

const mostKeys = 12
const mostStintsAKey = 60
const mostChanges = 200

/** A told leaderEpoch below the highest one known of its partition is old news and is passed over. */
export function leadershipOf(ops: Ops, endSeconds: number): Leadership {
  const byKey = new Map<string, OpenStint[]>()
  for (const op of ops) {
    const t = secondsOf(op.time)
    if (t === undefined) continue
    for (const told of observations(op)) note(stintsFor(byKey, told.key), told, t)
  }
  const busiest = [...byKey].sort((a, b) => b[1].length - a[1].length || compareKeys(a[0], b[0]))
  const kept = busiest.slice(0, mostKeys).sort((a, b) => compareKeys(a[0], b[0]))
  const stints = kept.flatMap(([key, own]) =>
    own.map((stint, at) => closed(key, stint, own[at + 1]?.from ?? endSeconds)),
  )
  return { stints, changes: changesOf(byKey), keysLeftOut: byKey.size - kept.length }
}

function stintsFor(byKey: Map<string, OpenStint[]>, key: Key): OpenStint[] {
  const name = String(key)
  const known = byKey.get(name)
  if (known !== undefined) return known
  const fresh: OpenStint[] = []
  byKey.set(name, fresh)
  return fresh
}

function note(stints: OpenStint[], told: Observation, t: number): void {
  const last = stints.at(-1)
  if (last !== undefined) {
    if (told.leaderEpoch < last.leaderEpoch) return
    if (told.leaderEpoch === last.leaderEpoch) {
      if (told.leader === last.leader) return
      if (told.leader >= 0 && last.leader >= 0) {
        last.disputed = true
        return
      }
    }
  }
  if (stints.length >= mostStintsAKey) return
  stints.push({ from: t, leader: told.leader, leaderEpoch: told.leaderEpoch, disputed: false })
}

function closed(key: string, stint: OpenStint, until: number): Stint {
  const leader = stint.leader < 0 ? 'none' : String(stint.leader)
  return {
    key,
    t: rounded(stint.from),
    to: rounded(Math.max(stint.from, until)),
    leader: leader === 'none' ? leader : `broker ${leader}`,
    leaderEpoch: stint.leaderEpoch,
    label: `${leader} · e${stint.leaderEpoch}${stint.disputed ? ' !' : ''}`,
    disputed: stint.disputed,
  }
}

/** Changes of several partitions in the same tenth of a second are one. */
function changesOf(byKey: ReadonlyMap<string, readonly OpenStint[]>): LeaderChange[] {
  const byTime = new Map<number, string[]>()
  for (const [key, stints] of byKey) {
    for (let at = 1; at < stints.length; at++) {
      const [before, after] = [stints[at - 1]!, stints[at]!]
      const t = Math.round(after.from * 10) / 10
      const what = `${key}: ${before.leader} → ${after.leader} (leaderEpoch ${after.leaderEpoch})`
      const known = byTime.get(t)
      if (known === undefined) byTime.set(t, [what])
      else if (known.length < 8) known.push(what)
    }
  }
  const changes = [...byTime].sort((a, b) => a[0] - b[0]).slice(0, mostChanges)
  return changes.map(([t, what]) => ({ t, what: what.join('; ') }))
}

/** `orders-2` before `orders-10`. */
export function compareKeys(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
