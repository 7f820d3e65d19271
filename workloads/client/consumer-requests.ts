/** Bodies of the three requests a consumer makes. What they ask is fixed when they are made, not when they are sent. */
import { apis } from '../../protocol/apis.ts'
import { toBigInt } from '../../protocol/int64.ts'
import type { BodyOf } from './broker-connection.ts'
import type { ConsumerOptions } from './client.ts'
import type { ConsumedPartition } from './consumed-partition.ts'

/** One partition as a request asked for it. */
export interface Asked {
  readonly partition: ConsumedPartition
  readonly turn: number
  readonly offset: number
  readonly lastEpoch: number
  readonly leaderEpoch: number
}

export function asked(partition: ConsumedPartition, leaderEpoch: number): Asked {
  const { turn, position: offset, lastEpoch } = partition
  return { partition, turn, offset, lastEpoch, leaderEpoch }
}

function byTopic<T>(all: readonly Asked[], itemOf: (each: Asked) => T): { topic: string; items: T[] }[] {
  const topics: { topic: string; items: T[] }[] = []
  for (const each of all) {
    let topic = topics.find(({ topic }) => topic === each.partition.topic)
    if (topic === undefined) {
      topic = { topic: each.partition.topic, items: [] }
      topics.push(topic)
    }
    topic.items.push(itemOf(each))
  }
  return topics
}

/** Sessionless (KIP-227). `topicIds` by topic name. */
export function fetchBody(
  all: readonly Asked[],
  topicIds: ReadonlyMap<string, string>,
  options: ConsumerOptions,
): BodyOf<typeof apis.Fetch.request> {
  return (version) => ({
    maxWaitMs: options.maxWaitMs,
    minBytes: options.minBytes,
    maxBytes: options.maxBytes,
    isolationLevel: isolationLevel(options),
    sessionId: 0,
    sessionEpoch: -1,
    topics: byTopic(all, (each) => ({
      partition: each.partition.index,
      currentLeaderEpoch: each.leaderEpoch,
      fetchOffset: toBigInt(each.offset),
      lastFetchedEpoch: version < 12 ? -1 : each.lastEpoch,
      partitionMaxBytes: options.partitionMaxBytes,
    })).map(({ topic, items }) => ({ topic, topicId: topicIds.get(topic), partitions: items })),
  })
}

export function isolationLevel(options: ConsumerOptions): 0 | 1 {
  return options.isolation === 'read_committed' ? 1 : 0
}

export function listOffsetsBody(
  all: readonly Asked[],
  options: ConsumerOptions,
): BodyOf<typeof apis.ListOffsets.request> {
  const topics = byTopic(all, (each) => ({
    partitionIndex: each.partition.index,
    currentLeaderEpoch: each.leaderEpoch,
    timestamp: each.partition.start === 'beginning' ? -2n : -1n,
  })).map(({ topic, items }) => ({ name: topic, partitions: items }))
  return (version) => ({ replicaId: -1, isolationLevel: version < 2 ? 0 : isolationLevel(options), topics })
}

export function epochsBody(all: readonly Asked[]): BodyOf<typeof apis.OffsetForLeaderEpoch.request> {
  const topics = byTopic(all, (each) => ({
    partition: each.partition.index,
    currentLeaderEpoch: each.leaderEpoch,
    leaderEpoch: each.lastEpoch,
  })).map(({ topic, items }) => ({ topic, partitions: items }))
  return () => ({ replicaId: -1, topics })
}
