/** Whom a fault hits: by role where the role is known, else by lot. */
import { randomPick, type Random } from '../ports/random.ts'
import type { BrokerControl, ClusterView } from './control.ts'

export type Aim = 'leader' | 'controller' | 'one' | 'majority' | 'all'

export const aims: Readonly<Record<Aim, string>> = {
  leader: 'The leader of a partition.',
  controller: 'The active controller.',
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
    case 'one':
      return healthy.length === 0 ? [] : [randomPick(random, healthy)]
    case 'majority':
      return shuffled(healthy, random).slice(0, Math.floor(control.brokerIds.length / 2) + 1)
    case 'all':
      return healthy
  }
}

/** A partition by lot, so that who leads more is hit more. */
function leaderByPartition(view: ClusterView, healthy: readonly number[], random: Random): number {
  return randomPick(random, [...view.leaders().values()].filter((id) => healthy.includes(id)))
}

function shuffled(ids: readonly number[], random: Random): number[] {
  return ids.map((id) => ({ id, at: random.next() })).sort((a, b) => a.at - b.at).map(({ id }) => id)
}
