/**
 * The coordinator of one kind: a shard for each partition of its internal topic that this broker leads. Leadership makes and
 * ends shards; a key belongs to exactly one partition, so to exactly one broker at a time.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { ClusterImage } from '../metadata/image.ts'
import type { Partition } from '../replication/partition.ts'
import { partitionOfKey } from './key-partition.ts'
import { Shard, type ShardWriter } from './shard.ts'
import type { RecordCodec, StateMachine } from './state-machine.ts'

export interface CoordinatorOptions<R, S> {
  readonly topic: string
  readonly codec: RecordCodec<R>
  readonly loop: DiskLoop
  readonly image: () => ClusterImage
  readonly commitTimeoutMs: number
  readonly newState: (shard: ShardWriter<R>) => S
}

export type FoundShard<R, S extends StateMachine<R>> =
  | { readonly error: 'NONE'; readonly shard: Shard<R, S> }
  | { readonly error: 'NOT_COORDINATOR' | 'COORDINATOR_LOAD_IN_PROGRESS'; readonly shard: undefined }

export class Coordinator<R, S extends StateMachine<R>> {
  readonly #options: CoordinatorOptions<R, S>
  /** By partition. */
  readonly #shards = new Map<number, Shard<R, S>>()

  constructor(options: CoordinatorOptions<R, S>) {
    this.#options = options
  }

  /** The partition that holds this key; undefined while there is no topic. */
  partitionOf(key: string): number | undefined {
    const topic = this.#options.image().topicsByName.get(this.#options.topic)
    return topic === undefined || topic.partitions.length === 0 ? undefined : partitionOfKey(key, topic.partitions.length)
  }

  /** The shard of a key, if this broker coordinates it. */
  find(key: string): FoundShard<R, S> {
    const index = this.partitionOf(key)
    return index === undefined ? { error: 'NOT_COORDINATOR', shard: undefined } : this.shardAt(index)
  }

  /** The shard of a partition. */
  shardAt(index: number): FoundShard<R, S> {
    const shard = this.#shards.get(index)
    if (shard === undefined || !shard.leads) return { error: 'NOT_COORDINATOR', shard: undefined }
    return shard.isLoaded ? { error: 'NONE', shard } : { error: 'COORDINATOR_LOAD_IN_PROGRESS', shard: undefined }
  }

  /** Whether a shard still reads its log. */
  get isLoading(): boolean {
    for (const shard of this.#shards.values()) if (shard.leads && !shard.isLoaded) return true
    return false
  }

  /** Every shard that decides. */
  active(): Shard<R, S>[] {
    return [...this.#shards.values()].filter((shard) => shard.leads && shard.isLoaded)
  }

  /** To be called when a partition of any topic begins or ceases to lead, and when it leads on in another epoch. */
  leadershipChanged(partition: Partition): void {
    if (partition.options.topic !== this.#options.topic) return
    const { index } = partition.options
    const before = this.#shards.get(index)
    if (before?.partition === partition && !before.leads) {
      this.#shards.delete(index)
      before.end()
    }
    if (!partition.isLeading || this.#shards.has(index)) return
    const shard = new Shard({ ...this.#options, partition })
    this.#shards.set(index, shard)
    shard.load()
  }
}
