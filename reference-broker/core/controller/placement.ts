/**
 * Where the replicas of a new topic go: on different brokers, on different racks while there are enough, leaders and
 * load spread by starting each topic at a random broker. Pure.
 */
import type { Random } from '../../../ports/random.ts'
import { randomInt } from '../../../ports/random.ts'

export interface PlacementBroker {
  readonly id: number
  readonly rack: string | null
}

/** Brokers with racks interleaved: a, b, c, a, b, c; so that neighbours are on different racks. */
function interleaveRacks(brokers: readonly PlacementBroker[]): readonly PlacementBroker[] {
  const byRack = new Map<string, PlacementBroker[]>()
  for (const broker of [...brokers].sort((a, b) => a.id - b.id)) {
    const rack = broker.rack ?? `broker ${broker.id}`
    byRack.set(rack, [...(byRack.get(rack) ?? []), broker])
  }
  const racks = [...byRack.values()]
  const order: PlacementBroker[] = []
  for (let row = 0; order.length < brokers.length; row++) {
    for (const rack of racks) if (rack[row] !== undefined) order.push(rack[row]!)
  }
  return order
}

/** One replica list a partition; the first of each is its preferred leader. Needs `replicationFactor` brokers. */
export function placeReplicas(
  brokers: readonly PlacementBroker[],
  shape: { readonly partitions: number; readonly replicationFactor: number },
  random: Random,
): number[][] {
  if (shape.replicationFactor > brokers.length) throw new Error('more replicas than brokers')
  const order = interleaveRacks(brokers)
  const rackOf = (broker: PlacementBroker): string => broker.rack ?? `broker ${broker.id}`
  const start = randomInt(random, order.length)
  return Array.from({ length: shape.partitions }, (_, partition) => {
    const rotated = order.map((_broker, i) => order[(start + partition + i) % order.length]!)
    const chosen: PlacementBroker[] = []
    const racks = new Set<string>()
    for (const broker of rotated) {
      if (chosen.length < shape.replicationFactor && !racks.has(rackOf(broker))) {
        chosen.push(broker)
        racks.add(rackOf(broker))
      }
    }
    for (const broker of rotated) {
      if (chosen.length < shape.replicationFactor && !chosen.includes(broker)) chosen.push(broker)
    }
    return chosen.map(({ id }) => id)
  })
}
