/**
 * Committed offsets of the groups of one shard: the fold of the offset records. What a transaction commits is kept aside until
 * its marker, and then counts by its own place in the log: a plain commit behind it is newer, whenever the marker comes.
 */
import type { GroupDecisions } from './group-decisions.ts'
import type { OffsetRecord, OffsetValue } from './records.ts'

export interface CommittedOffset {
  readonly value: OffsetValue
  /** Where its record stands in the log. */
  readonly at: number
}

interface PendingOffset {
  readonly record: OffsetRecord
  readonly at: number
}

type ByPartition = Map<number, CommittedOffset>

export class OffsetTable {
  readonly #decisions: GroupDecisions
  readonly #groups = new Map<string, Map<string, ByPartition>>()
  /** Of transactions not ended, by producer id. */
  readonly #pending = new Map<number, PendingOffset[]>()

  constructor(decisions: GroupDecisions) {
    this.#decisions = decisions
  }

  replay(record: OffsetRecord, at: { readonly offset: number; readonly producerId: number }): void {
    if (at.producerId < 0) return this.#apply(record, at.offset)
    const pending = this.#pending.get(at.producerId) ?? []
    pending.push({ record, at: at.offset })
    this.#pending.set(at.producerId, pending)
    return undefined
  }

  /** Returns the groups whose offsets it changed. */
  endTransaction(producerId: number, committed: boolean): readonly string[] {
    const pending = this.#pending.get(producerId) ?? []
    this.#pending.delete(producerId)
    if (!committed) return []
    for (const { record, at } of pending) this.#apply(record, at)
    return pending.map(({ record }) => record.group)
  }

  #apply({ group: named, topic, partition, value }: OffsetRecord, at: number): void {
    const group = this.#decisions.offsetsName(named)
    if (value === null) return this.#forget(group, topic, partition)
    const topics = this.#groups.get(group) ?? new Map<string, ByPartition>()
    const partitions = topics.get(topic) ?? new Map<number, CommittedOffset>()
    const known = partitions.get(partition)
    if (known !== undefined && !this.#decisions.replacesCommit({ known: known.at, coming: at })) return undefined
    this.#groups.set(group, topics)
    topics.set(topic, partitions)
    partitions.set(partition, { value, at })
    return undefined
  }

  #forget(group: string, topic: string, partition: number): void {
    const topics = this.#groups.get(group)
    const partitions = topics?.get(topic)
    if (topics === undefined || partitions === undefined) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(group)
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(this.#decisions.offsetsName(group))?.get(topic)?.get(partition)
  }

  has(group: string): boolean {
    return this.#groups.has(group)
  }

  groupIds(): string[] {
    return [...this.#groups.keys()]
  }

  /** All offsets of a group. */
  of(group: string): { readonly topic: string; readonly partition: number; readonly committed: CommittedOffset }[] {
    const topics = this.#groups.get(group) ?? new Map<string, ByPartition>()
    return [...topics].flatMap(([topic, partitions]) =>
      [...partitions].map(([partition, committed]) => ({ topic, partition, committed })))
  }

  /** Whether a transaction that has not ended commits this offset; without a topic, any of the group. */
  isPending(group: string, topic?: string, partition?: number): boolean {
    if (this.#pending.size === 0) return false
    const matches = ({ record }: PendingOffset): boolean =>
      record.group === group && (topic === undefined || (record.topic === topic && record.partition === partition))
    return [...this.#pending.values()].some((pending) => pending.some(matches))
  }
}
