/** What a pipeline makes of what it read: one record on each output topic from each input. */
import { derivedValue } from '../../history/derived-value.ts'
import type { MicroOp } from '../../history/op.ts'
import type { ConsumerPosition, GroupOffset, PolledPartition, ProducerRecord } from '../client/client.ts'
import { encodeValue } from '../keyed-append/values.ts'
import { keyOf, type TopicSpec } from '../workload.ts'

export interface Effect {
  /** `<key>@<offset>`. */
  readonly input: string
  readonly record: ProducerRecord
  readonly micro: MicroOp & { readonly f: 'send' }
}

export interface Batch {
  readonly polled: readonly PolledPartition[]
  readonly effects: readonly Effect[]
  /** Where the group is when all of it is done. */
  readonly offsets: readonly (GroupOffset & { readonly leaderEpoch: number })[]
}

export function transformed(
  polled: readonly PolledPartition[],
  outputs: readonly TopicSpec[],
  { producer, nextSequence, position }: {
    readonly producer: string
    readonly nextSequence: () => number
    readonly position: (topic: string, partition: number) => ConsumerPosition
  },
): Batch {
  const effects: Effect[] = []
  const offsets: Batch['offsets'][number][] = []
  for (const { topic, partition, records } of polled) {
    const key = keyOf(topic, partition)
    for (const { offset } of records) {
      for (const output of outputs) {
        const value = derivedValue({ key, offset }, producer, nextSequence())
        const to = (partition + offset) % output.partitions
        const record = { topic: output.name, partition: to, key: null, value: encodeValue(value, 0) }
        effects.push({ input: `${key}@${offset}`, record, micro: { f: 'send', key: keyOf(output.name, to), value } })
      }
    }
    offsets.push({ topic, partition, ...position(topic, partition) })
  }
  return { polled, effects, offsets }
}
