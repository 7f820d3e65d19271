/**
 * The cluster as the metadata log tells it: a pure fold over its records. Brokers hold the image of what is committed;
 * the active controller holds one that is ahead by what it has proposed. Parts are replaced, never changed, so an old
 * reference stays a true picture of its moment.
 */
import { toNumber } from '../../../protocol/int64.ts'
import type { MetadataRecord } from './records.ts'

export interface BrokerImage {
  readonly id: number
  /** Offset of its registration record. */
  readonly epoch: number
  readonly incarnationId: string
  readonly listeners: readonly { readonly name: string; readonly host: string; readonly port: number }[]
  readonly rack: string | null
  /** Fenced brokers lead nothing and are in no in-sync set. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  /**
   * The epoch before this one, if what the broker had then it still has, because it has not been in service since: a
   * broker that dies between registering and serving is as good as it was. -1 otherwise.
   */
  readonly intactSince: number
}

export interface PartitionImage {
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
  /** -1: none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** Out of sync, yet with everything that is committed, because nothing was while they were away (KIP-966). */
  readonly eligibleLeaderReplicas: readonly number[]
  /** -1: there was none. Counts when nobody else may lead. */
  readonly lastKnownLeader: number
}

export interface TopicImage {
  readonly name: string
  readonly id: string
  readonly configs: ReadonlyMap<string, string>
  readonly partitions: readonly PartitionImage[]
}

export class ClusterImage {
  readonly brokers: Map<number, BrokerImage>
  readonly topicsByName: Map<string, TopicImage>
  readonly topicsById: Map<string, TopicImage>
  /** Defaults of topics set for the whole cluster, by broker-wide name. */
  clusterConfigs: ReadonlyMap<string, string>
  nextProducerId: number
  /** Finalized levels that were set; others are those of a new cluster. */
  features: ReadonlyMap<string, number>
  /** First offset not folded in. */
  endOffset: number
  /** By topic id, while `together` runs: lists of partitions that nobody else can have seen. */
  #unseen: Map<string, PartitionImage[]> | undefined

  constructor(from?: ClusterImage) {
    this.brokers = new Map(from?.brokers)
    this.topicsByName = new Map(from?.topicsByName)
    this.topicsById = new Map(from?.topicsById)
    this.clusterConfigs = from?.clusterConfigs ?? new Map()
    this.nextProducerId = from?.nextProducerId ?? 0
    this.features = from?.features ?? new Map()
    this.endOffset = from?.endOffset ?? 0
  }

  clone(): ClusterImage {
    return new ClusterImage(this)
  }

  /** Becomes what the other one is: whoever holds this image sees the other cluster from now on. */
  become(other: ClusterImage): void {
    refill(this.brokers, other.brokers)
    refill(this.topicsByName, other.topicsByName)
    refill(this.topicsById, other.topicsById)
    this.clusterConfigs = other.clusterConfigs
    this.nextProducerId = other.nextProducerId
    this.features = other.features
    this.endOffset = other.endOffset
  }

  /** Registered, unfenced and not on its way out: may lead, may be given replicas. */
  isLive(brokerId: number): boolean {
    const broker = this.brokers.get(brokerId)
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
  }

  partition(topicId: string, index: number): PartitionImage | undefined {
    return this.topicsById.get(topicId)?.partitions[index]
  }

  /**
   * Nobody looks at the image while `run` folds records in, so the partitions of a topic are copied once and not for
   * each record.
   */
  together(run: () => void): void {
    this.#unseen = new Map()
    try {
      run()
    } finally {
      this.#unseen = undefined
    }
  }

  /** Folds one record in. Throws on a record that cannot follow what came before: the log would be broken. */
  apply(record: MetadataRecord, offset: number): void {
    this.endOffset = offset + 1
    switch (record.kind) {
      case 'broker-registered':
        this.brokers.set(record.brokerId, {
          id: record.brokerId,
          epoch: offset,
          incarnationId: record.incarnationId,
          listeners: record.listeners,
          rack: record.rack,
          fenced: true,
          inControlledShutdown: false,
          intactSince: toNumber(record.previousBrokerEpoch),
        })
        return
      case 'broker-state': {
        const broker = this.brokers.get(record.brokerId)
        if (broker === undefined) throw new Error(`broker ${record.brokerId} is not registered`)
        this.brokers.set(broker.id, {
          ...broker,
          fenced: record.fenced,
          inControlledShutdown: record.inControlledShutdown,
          intactSince: record.fenced ? broker.intactSince : -1,
        })
        return
      }
      case 'topic-created':
        return this.#putTopic({
          name: record.name,
          id: record.topicId,
          configs: settingsOf(record),
          partitions: [],
        })
      case 'topic-removed': {
        const topic = this.#topic(record.topicId)
        this.#unseen?.delete(topic.id)
        this.topicsById.delete(topic.id)
        this.topicsByName.delete(topic.name)
        return
      }
      case 'partition': {
        const { kind: _kind, topicId, partitionIndex, ...partition } = record
        this.#unseenPartitions(topicId)[partitionIndex] = partition
        return
      }
      case 'producer-ids':
        this.nextProducerId = toNumber(record.nextProducerId)
        return
      case 'topic-configs':
        return this.#putTopic({ ...this.#topic(record.topicId), configs: settingsOf(record) })
      case 'cluster-configs':
        this.clusterConfigs = settingsOf(record)
        return
      case 'broker':
        this.brokers.set(record.brokerId, brokerOf(record))
        return
      case 'feature-level':
        this.features = new Map([...this.features, [record.name, record.level]])
        return
    }
  }

  /** The list that the topic has from now on. */
  #unseenPartitions(topicId: string): PartitionImage[] {
    const unseen = this.#unseen?.get(topicId)
    if (unseen !== undefined) return unseen
    const topic = this.#topic(topicId)
    const partitions = [...topic.partitions]
    this.#unseen?.set(topicId, partitions)
    this.#putTopic({ ...topic, partitions })
    return partitions
  }

  #topic(topicId: string): TopicImage {
    const topic = this.topicsById.get(topicId)
    if (topic === undefined) throw new Error(`topic ${topicId} does not exist`)
    return topic
  }

  #putTopic(topic: TopicImage): void {
    this.topicsByName.set(topic.name, topic)
    this.topicsById.set(topic.id, topic)
  }
}

function refill<K, V>(map: Map<K, V>, from: ReadonlyMap<K, V>): void {
  map.clear()
  for (const [key, value] of from) map.set(key, value)
}

function brokerOf({ kind: _kind, brokerId, brokerEpoch, intactSince, ...rest }: MetadataRecord & { kind: 'broker' }): BrokerImage {
  return { id: brokerId, epoch: toNumber(brokerEpoch), intactSince: toNumber(intactSince), ...rest }
}

interface ListedSettings {
  readonly configs: readonly { readonly name: string; readonly value: string }[]
}

function settingsOf({ configs }: ListedSettings): Map<string, string> {
  return new Map(configs.map(({ name, value }) => [name, value]))
}
