/**
 * Which partition a record goes to. Records with a key: murmur2 of the key's bytes, as Kafka's own producers do it, so
 * that one key stays on one partition whichever Kafka client wrote it. Records without a key: one partition until its
 * batch closes, then another (KIP-480), so that batches fill.
 */
import { randomInt } from '../../ports/random.ts'
import type { Random } from '../../ports/random.ts'

const seed = 0x9747b28c
const multiplier = 0x5bd1e995
const shift = 24

/** The 32-bit murmur2 of Kafka's producers, signed. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const tail = length & ~3
  let hash = seed ^ length
  for (let i = 0; i < tail; i += 4) {
    let word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    word = Math.imul(word, multiplier)
    word = Math.imul(word ^ (word >>> shift), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  const left = length & 3
  if (left === 3) hash ^= bytes[tail + 2]! << 16
  if (left >= 2) hash ^= bytes[tail + 1]! << 8
  if (left >= 1) hash = Math.imul(hash ^ bytes[tail]!, multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return (hash ^ (hash >>> 15)) | 0
}

/** The partition of a record key among `partitionCount`. */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}

/** The current partition for records without a key, per topic. */
export class StickyPartitions {
  readonly #random: Random
  readonly #current = new Map<string, number>()

  constructor(random: Random) {
    this.#random = random
  }

  partition(topic: string, partitionCount: number): number {
    const current = this.#current.get(topic)
    if (current !== undefined && current < partitionCount) return current
    const chosen = randomInt(this.#random, partitionCount)
    this.#current.set(topic, chosen)
    return chosen
  }

  /** The batch of `partition` closed: the next record of this topic goes to another partition. */
  batchClosed(topic: string, partition: number, partitionCount: number): void {
    if (this.#current.get(topic) !== partition || partitionCount < 2) return
    this.#current.set(topic, (partition + 1 + randomInt(this.#random, partitionCount - 1)) % partitionCount)
  }
}
