/** Whom a fault hits: by role where the role is known, else by lot. */
import { randomPick, type Random } from '../ports/random.ts'
import type { BrokerControl, ClusterView } from './control.ts'

export type Aim = 'leader' | 'controller' | 'coordinator' | 'in-sync-follower' | 'last-in-sync' | 'one' | 'majority' | 'all'

export const aims: Readonly<Record<Aim, string>> = {
  leader: 'The leader of a partition.',
  controller: 'The active controller.',
  coordinator: 'The coordinator of a group or a transactional id in use.',
  'in-sync-follower': 'A follower that is in the in-sync set of a partition.',
  'last-in-sync': 'The only broker left in the in-sync set of a partition.',
  one: 'Any one broker.',
  majority: 'More than half of the brokers.',
  all: 'Every broker.',
}

export interface AimAt {
  readonly control: BrokerControl
  readonly view: ClusterView
  /** Brokers another attack has, or is just letting go. */
  readonly taken: ReadonlySet<number>
}

/** Healthy brokers to hit; empty when the aim has none. */
export function takeAim(aim: Aim, { control, view, taken }: AimAt, random: Random): number[] {
  const healthy = control.brokerIds.filter((id) => control.state(id) === 'running' && !taken.has(id))
  const among = (ids: readonly (number | undefined)[]): number[] => healthy.filter((id) => ids.includes(id))
  switch (aim) {
    case 'leader': {
      const leaders = among([...view.leaders().values()])
      return leaders.length === 0 ? [] : [leaderByPartition(view, leaders, random)]
    }
    case 'controller':
      return among([view.controller()])
    case 'coordinator':
      return oneOf(among([...view.coordinators()]), random)
    case 'in-sync-follower':
      return oneOf(among(followersInSync(view)), random)
    case 'last-in-sync':
      return oneOf(among([...view.inSyncReplicas().values()].flatMap((ids) => (ids.length === 1 ? ids : []))), random)
    case 'one':
      return oneOf(healthy, random)
    case 'majority':
      return shuffled(healthy, random).slice(0, Math.floor(control.brokerIds.length / 2) + 1)
    case 'all':
      return healthy
  }
}

function oneOf(ids: readonly number[], random: Random): number[] {
  return ids.length === 0 ? [] : [randomPick(random, ids)]
}

function followersInSync(view: ClusterView): number[] {
  const leaders = view.leaders()
  return [...view.inSyncReplicas()].flatMap(([key, ids]) => ids.filter((id) => id !== leaders.get(key)))
}

/** A partition by lot, so that who leads more is hit more. */
function leaderByPartition(view: ClusterView, healthy: readonly number[], random: Random): number {
  return randomPick(random, [...view.leaders().values()].filter((id) => healthy.includes(id)))
}

export function shuffled(ids: readonly number[], random: Random): number[] {
  return ids.map((id) => ({ id, at: random.next() })).sort((a, b) => a.at - b.at).map(({ id }) => id)
}
