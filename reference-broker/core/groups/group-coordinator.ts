/**
 * The group coordinator of one broker: finds the shard of a group and lets it decide, in one turn. What is decided is in the
 * files beside; here are group ids, and what concerns all shards.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import { Coordinator, type FoundShard } from '../coordinator/coordinator.ts'
import type { MetadataChanges } from '../metadata/image-changes.ts'
import { offsetsTopic } from '../metadata/internal-topics.ts'
import type { Partition } from '../replication/partition.ts'
import { forgetExpired, forgetTopics } from './forgetting.ts'
import { GroupShard, type GroupEnvironment } from './group-shard.ts'
import { groupRecords, type GroupRecord } from './records.ts'
import { beginShard, endShard } from './shard-life.ts'

export type GroupCoordinatorOptions = Omit<GroupEnvironment, 'onBegin' | 'onEnd'>

export class GroupCoordinator {
  readonly #shards: Coordinator<GroupRecord, GroupShard>
  readonly #options: GroupCoordinatorOptions

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
    const environment: GroupEnvironment = { ...options, onBegin: beginShard, onEnd: endShard }
    this.#shards = new Coordinator({
      topic: offsetsTopic,
      codec: groupRecords,
      loop: options.loop,
      image: options.image,
      commitTimeoutMs: options.config.offsetsCommitTimeoutMs,
      newState: (shard) => new GroupShard(environment, shard),
    })
    this.#forgetLater()
  }

  #forgetLater(): void {
    this.#options.loop.after(this.#options.config.offsetsRetentionCheckIntervalMs, () => {
      this.forEach(forgetExpired)
      this.#forgetLater()
    })
  }

  leadershipChanged(partition: Partition): void {
    this.#shards.leadershipChanged(partition)
  }

  metadataChanged({ removedTopics }: MetadataChanges): void {
    if (removedTopics.length === 0) return
    const gone = new Set(removedTopics)
    this.forEach((shard) => forgetTopics(shard, gone))
  }

  /** Of the offsets topic, the partition that holds the group; undefined while there is no topic. */
  partitionOf(groupId: string): number | undefined {
    return this.#shards.partitionOf(groupId)
  }

  /** The shard that holds the group, if this broker coordinates it. */
  find(groupId: string): FoundShard<GroupRecord, GroupShard> {
    return this.#shards.find(groupId)
  }

  /** Of a partition of the topic: for the markers of transactions. */
  shardAt(index: number): FoundShard<GroupRecord, GroupShard> {
    return this.#shards.shardAt(index)
  }

  /** A marker was appended to a partition of the topic. A shard that is still loading will find it in the log. */
  endTransaction(index: number, producerId: number, committed: boolean): void {
    const { shard } = this.#shards.shardAt(index)
    shard?.state.enter(() => shard.endTransaction(producerId, committed))
  }

  /** Lets the group's shard act, in one turn, or says why nobody here can. */
  inShard(groupId: string, act: (shard: GroupShard) => void): ErrorName {
    const found = this.#shards.find(groupId)
    found.shard?.state.enter(() => act(found.shard.state))
    return found.error
  }

  forEach(act: (shard: GroupShard) => void): void {
    for (const { state } of this.#shards.active()) state.enter(() => act(state))
  }

  get isLoading(): boolean {
    return this.#shards.isLoading
  }
}
