/**
 * Features whose level a cluster agrees on (KIP-584): which levels this software knows, and which holds until the cluster says
 * otherwise. Clients act upon finalized levels: with transaction.version 2 they leave it to brokers to add partitions.
 */

export interface Feature {
  readonly name: string
  readonly minLevel: number
  readonly maxLevel: number
  /** Of a new cluster. */
  readonly firstLevel: number
}

export const supportedFeatures: readonly Feature[] = [
  /** Level 1: the consumer group protocol (KIP-848). */
  { name: 'group.version', minLevel: 0, maxLevel: 1, firstLevel: 1 },
  /** Level 2: leaders add partitions, each end raises the epoch (KIP-890). */
  { name: 'transaction.version', minLevel: 0, maxLevel: 2, firstLevel: 2 },
]

/** Whether the cluster has agreed on this level, or a higher one. */
export function hasLevel(levels: ReadonlyMap<string, number>, name: string, level: number): boolean {
  const feature = supportedFeatures.find((each) => each.name === name)
  return feature !== undefined && finalizedLevel(levels, feature) >= level
}

/** The level that holds, given those that were set. */
export function finalizedLevel(levels: ReadonlyMap<string, number>, { name, firstLevel }: Feature): number {
  return levels.get(name) ?? firstLevel
}
