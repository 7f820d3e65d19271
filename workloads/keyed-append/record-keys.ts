/**
 * Record keys for the workload: several on every partition, so that order per record key can be judged, and some far more
 * used than others, as keys are (Zipf: the n-th is used 1/n as often as the first).
 */
import type { Random } from '../../ports/random.ts'
import { partitionOfKey } from '../client/partitioner.ts'

const encoder = new TextEncoder()

/** `perPartition` keys for each of `partitionCount` partitions, by Kafka's default partitioner. */
export function recordKeys(partitionCount: number, perPartition: number): Uint8Array[][] {
  const byPartition: Uint8Array[][] = Array.from({ length: partitionCount }, () => [])
  let missing = partitionCount * perPartition
  for (let i = 0; missing > 0; i++) {
    const key = encoder.encode(`key-${i}`)
    const ofPartition = byPartition[partitionOfKey(key, partitionCount)]!
    if (ofPartition.length === perPartition) continue
    ofPartition.push(key)
    missing--
  }
  return byPartition
}

/** Draws ranks 0 to `count` - 1. */
export class ZipfRanks {
  readonly #cumulative: readonly number[]

  constructor(count: number) {
    let sum = 0
    this.#cumulative = Array.from({ length: count }, (_, rank) => (sum += 1 / (rank + 1)))
  }

  draw(random: Random): number {
    const point = random.next() * this.#cumulative.at(-1)!
    return this.#cumulative.findIndex((upTo) => point < upTo)
  }
}
