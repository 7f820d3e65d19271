/** What one transaction is to do, drawn before it begins: its invocation names all of it. */
import type { MicroOp } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'
import { randomBetween, randomChance, randomInt, type Random } from '../../ports/random.ts'
import type { ProducerRecord } from '../client/client.ts'
import { ZipfRanks, recordKeys } from '../keyed-append/record-keys.ts'
import { encodeValue } from '../keyed-append/values.ts'
import { keyOf, type TopicSpec } from '../workload.ts'

export interface ScriptOptions {
  readonly steps: { readonly min: number; readonly max: number }
  /** Of the steps, this part polls. */
  readonly pollShare: number
  /** Different record keys on each partition. */
  readonly recordKeysPerPartition: number
  /** Values are padded to a size between these, both included. */
  readonly valueSizeBytes: { readonly min: number; readonly max: number }
}

export type Step = { readonly f: 'poll' } | { readonly f: 'send'; readonly record: ProducerRecord; readonly micro: MicroOp & { readonly f: 'send' } }

/** Where transactions get what they are to do; `nextSequence` gives each value its number. */
export interface Script {
  /** At least one send. */
  draw(producer: string, nextSequence: () => number): Step[]
}

interface Target {
  readonly topic: string
  readonly partition: number
  readonly recordKeys: readonly Uint8Array[]
}

export class MixedScript implements Script {
  readonly #random: Random
  readonly #options: ScriptOptions
  readonly #targets: readonly Target[]
  readonly #ranks: ZipfRanks

  constructor(random: Random, topics: readonly TopicSpec[], options: ScriptOptions) {
    this.#random = random
    this.#options = options
    this.#ranks = new ZipfRanks(options.recordKeysPerPartition)
    this.#targets = topics.flatMap(({ name, partitions }) =>
      recordKeys(partitions, options.recordKeysPerPartition).map((ofPartition, partition) => ({
        topic: name,
        partition,
        recordKeys: ofPartition,
      })),
    )
  }

  draw(producer: string, nextSequence: () => number): Step[] {
    const { steps, pollShare } = this.#options
    const count = randomBetween(this.#random, steps.min, steps.max)
    const sendAt = randomInt(this.#random, count)
    return Array.from({ length: count }, (_, at): Step => {
      const polls = at !== sendAt && randomChance(this.#random, pollShare)
      return polls ? { f: 'poll' } : this.#send(makeValue(producer, nextSequence()))
    })
  }

  #send(value: string): Step {
    const { topic, partition, recordKeys: keys } = this.#targets[randomInt(this.#random, this.#targets.length)]!
    const { min, max } = this.#options.valueSizeBytes
    const key = keys[this.#ranks.draw(this.#random)]!
    const record = { topic, partition, key, value: encodeValue(value, randomBetween(this.#random, min, max)) }
    return { f: 'send', record, micro: { f: 'send', key: keyOf(topic, partition), value } }
  }
}
