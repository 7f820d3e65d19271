/**
 * The features of Kafka 4.3 that this broker has, which clients are told with the versions (KIP-584). All are finalized at their
 * highest level from the start, because there is no older version to go along with.
 */
export interface Feature {
  readonly name: string
  readonly min: number
  readonly max: number
}

export const features: readonly Feature[] = [
  /** Level 1: the consumer group protocol (KIP-848). */
  { name: 'group.version', min: 0, max: 1 },
]

/** Nothing ever changes them. */
export const finalizedFeaturesEpoch = 0n
