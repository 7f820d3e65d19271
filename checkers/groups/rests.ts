/**
 * What a group looked like in its calm stretches: between two changes of its members or of what they own, longer than the
 * bound, and nobody on the way in or out. Then every partition must have its owner, and the shares must be even; one that first
 * shows meanwhile (a topic that is new, or has grown) after as long again.
 */
import type { Key } from '../../history/op.ts'
import type { HistoryIndex } from '../history-index.ts'
import { none, ok } from '../index/codes.ts'
import { Calm, endOfTraffic, type Stretch } from './calm.ts'
import { type Actor, type JoinRow, topicOf } from './group-ops.ts'
import { type Group, groupsOf, timeAt } from './groups.ts'
import { holdsAt, type Tenure } from './tenures.ts'

export interface Rest {
  readonly group: Group
  readonly stretch: Stretch
  readonly starved: boolean
  /** Position of the change after which nothing changed. */
  readonly after: number
  /** No member was silent: one of whom nothing was heard meanwhile may have been paused, and be a member no more. */
  readonly awake: boolean
  /** Members of whom something was heard, by their last join, with the topics that they want now; where no heartbeats are told, who is not lost next. */
  readonly members: ReadonlyMap<Actor, JoinRow>
  /** By key that the members want: its owners. */
  readonly owners: ReadonlyMap<Key, readonly Tenure[]>
}

interface Change {
  readonly at: number
  readonly apply: (members: Map<Actor, JoinRow>, joining: Set<Actor>) => void
}

function changesOf({ joins, subscriptions, grants, releases }: Group): Change[] {
  const changes: Change[] = []
  for (const join of joins) {
    changes.push({ at: join.asked, apply: (_, joining) => joining.add(join.actor) })
    if (join.isRefused) changes.push({ at: join.done, apply: (_, joining) => joining.delete(join.actor) })
    if (join.outcome !== ok) continue
    changes.push({
      at: join.done,
      apply: (members, joining) => {
        joining.delete(join.actor)
        members.set(join.actor, join)
      },
    })
  }
  for (const { at, actor, topics } of subscriptions) {
    changes.push({
      at,
      apply: (members) => {
        const join = members.get(actor)
        if (join !== undefined) members.set(actor, { ...join, value: { ...join.value, topics } })
      },
    })
  }
  for (const { at } of grants) changes.push({ at, apply: () => undefined })
  for (const { at, actor, why } of releases) {
    changes.push({
      at,
      apply: (members, joining) => {
        if (why === 'revoked') return
        members.delete(actor)
        joining.delete(actor)
      },
    })
  }
  return changes.sort((a, b) => a.at - b.at)
}

/** Keys by topic, of all that the history names. */
function keysByTopic({ records }: HistoryIndex, groups: readonly Group[]): ReadonlyMap<string, readonly Key[]> {
  const keys = new Set<Key>(records.keys)
  for (const group of groups) for (const key of group.tenures.keys()) keys.add(key)
  return Map.groupBy(keys, topicOf)
}

/** By key: the position at which it first shows, as sent to, owned or led by somebody; of any other, before all. */
function firstSeen({ records, sends, observations }: HistoryIndex, groups: readonly Group[]): ReadonlyMap<Key, number> {
  const seen = new Map<Key, number>()
  const see = (key: Key, at: number): void => void seen.set(key, Math.min(at, seen.get(key) ?? at))
  for (let row = 0; row < sends.size; row++) see(records.keys[records.keyOf[sends.record[row]!]!]!, sends.invocation[row]!)
  for (const { tenures } of groups) for (const [key, all] of tenures) for (const { from } of all) see(key, from)
  for (const { key, at } of observations.told) see(key, at)
  return seen
}

function ownersAt(group: Group, at: number, keys: readonly Key[]): Map<Key, readonly Tenure[]> {
  return new Map(keys.map(key => [key, (group.tenures.get(key) ?? []).filter(tenure => holdsAt(tenure, at))]))
}

/** Where no heartbeats are told: who next learns that it is no member any more may have been none for long. */
function isLostNext({ releases }: Group, actor: Actor, after: number): boolean {
  return releases.find(release => release.actor === actor && release.at > after)?.why === 'lost'
}

function awakeIn(group: Group, members: ReadonlyMap<Actor, JoinRow>, { from, to, after }: Stretch & { readonly after: number }): Map<Actor, JoinRow> {
  if (group.heards.length === 0) return new Map([...members].filter(([actor]) => !isLostNext(group, actor, after)))
  const heard = new Set(group.heards.filter(({ sentAt }) => sentAt >= from && sentAt <= to).map(({ actor }) => actor))
  return new Map([...members].filter(([actor]) => heard.has(actor)))
}

function wanted({ value }: JoinRow): string {
  return [...value.topics].sort().join(' ')
}

/**
 * A static member that comes to a generation which has begun changes nothing (KIP-345): nobody hears what it wants now, nor, in a
 * cooperative group, that it has given up what the next generation was to give another.
 */
export function isUnheard({ joins, config }: Group, join: JoinRow): boolean {
  const { instanceId, protocol, generation } = join.value
  if (instanceId === undefined || protocol !== 'classic') return false
  const before = joins.filter(row => row.outcome === ok && row.done < join.asked && row.era === join.era)
  const hadBegun = before.some(({ value }) => value.generation === generation)
  return hadBegun && (config.cooperative !== false || before.some(row => row.value.instanceId === instanceId && wanted(row) !== wanted(join)))
}

interface KnownKeys {
  readonly byTopic: ReadonlyMap<string, readonly Key[]>
  readonly seen: ReadonlyMap<Key, number>
}

function restsOfGroup(index: HistoryIndex, group: Group, { byTopic, seen }: KnownKeys): Rest[] {
  const calm = new Calm(index, group)
  const rests: Rest[] = []
  const members = new Map<Actor, JoinRow>()
  const joining = new Set<Actor>()
  const changes = changesOf(group)
  const end = endOfTraffic(index)
  for (const [nth, { at, apply }] of changes.entries()) {
    apply(members, joining)
    const next = Math.min(changes[nth + 1]?.at ?? end, end)
    if (next <= at || joining.size > 0 || members.size === 0) continue
    const stretch = calm.longWithin(timeAt(index, at), timeAt(index, next))
    if (stretch === undefined || [...members.values()].some(join => isUnheard(group, join))) continue
    const awake = awakeIn(group, members, { ...stretch, after: at })
    const named = new Set([...awake.values()].flatMap(({ value }) => value.topics))
    const isThere = (key: Key): boolean => {
      const from = seen.get(key) ?? none
      return from <= at || (from < next && calm.longWithin(timeAt(index, from), timeAt(index, next)) !== undefined)
    }
    const keys = [...named].flatMap(topic => byTopic.get(topic) ?? []).filter(isThere)
    rests.push({
      group,
      stretch,
      starved: calm.isStarved(stretch),
      after: at,
      awake: awake.size === members.size,
      members: awake,
      owners: ownersAt(group, at, keys),
    })
  }
  return rests
}

const known = new WeakMap<HistoryIndex, readonly Rest[]>()

export function restsOf(index: HistoryIndex): readonly Rest[] {
  let rests = known.get(index)
  if (rests === undefined) {
    const groups = groupsOf(index)
    const keys = { byTopic: keysByTopic(index, groups), seen: firstSeen(index, groups) }
    known.set(index, (rests = groups.flatMap(group => restsOfGroup(index, group, keys))))
  }
  return rests
}
