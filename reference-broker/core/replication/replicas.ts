/**
 * The partitions this broker hosts, kept as the metadata says: opened, led, followed, removed. A log's folder carries
 * the topic id, so a topic that was deleted and made again never meets its old bytes.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { BrokerConfig, TopicConfig } from '../config/broker-config.ts'
import { effectiveTopicConfig } from '../config/effective-config.ts'
import type { Decisions } from '../decisions.ts'
import { openLog, type LogConfig, type PartitionLog } from '../log/partition-log.ts'
import type { Logger } from '../logger.ts'
import type { ClusterImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import type { MetadataChanges } from '../metadata/image-changes.ts'
import type { Peer } from '../server/peer.ts'
import { Fetcher } from './fetcher.ts'
import type { HighWatermarkCheckpoint } from './high-watermark-checkpoint.ts'
import { Partition } from './partition.ts'

export interface ReplicasOptions {
  readonly config: BrokerConfig
  readonly loop: DiskLoop
  readonly decisions: Decisions
  readonly logger: Logger
  readonly image: () => ClusterImage
  readonly cleanShutdown: boolean
  readonly checkpoint: HighWatermarkCheckpoint
  readonly brokerEpoch: () => number
  readonly liveEpoch: (brokerId: number) => number | undefined
  readonly fetchPeer: (brokerId: number) => Peer
  readonly proposeInSync: (partition: Partition, inSyncReplicas: readonly number[]) => void
  /** Told when a partition begins to lead in an epoch, and when that is over. */
  readonly onLeadership: (partition: Partition) => void
  readonly onFatal: (reason: string) => void
}

/** Of the newest data of each partition, kept in memory for readers. */
const cacheBytes = 1024 * 1024

export class Replicas {
  readonly #options: ReplicasOptions
  readonly #partitions = new Map<string, Partition>()
  /** The same by topic id and index: every request asks for each of its partitions, several times. */
  readonly #byTopic = new Map<string, (Partition | undefined)[]>()
  readonly #opening = new Set<string>()
  readonly #fetchers = new Map<number, Fetcher>()
  #whenOpen: (() => void)[] = []
  #begun = false

  constructor(options: ReplicasOptions) {
    this.#options = options
    const shrink = (): void => {
      for (const partition of this.#partitions.values()) partition.maybeShrink()
      options.loop.after(options.config.replicaLagTimeMaxMs / 2, shrink)
    }
    options.loop.after(options.config.replicaLagTimeMaxMs / 2, shrink)
  }

  get(topicId: string, index: number): Partition | undefined {
    return this.#byTopic.get(topicId)?.[index]
  }

  all(): IterableIterator<Partition> {
    return this.#partitions.values()
  }

  /**
   * Begins to host what the metadata says. Not before it tells of this incarnation's own registration: what it said
   * earlier was meant for the process that died, whose log may have had more, and leading on in its epoch would give
   * one offset two records in one epoch.
   */
  begin(): void {
    this.#begun = true
    for (const topic of this.#options.image().topicsById.values()) {
      for (const [index, partition] of topic.partitions.entries()) this.#place(topic.id, index, partition)
    }
  }

  /** Takes over what the metadata changed. */
  apply(changes: MetadataChanges): void {
    if (!this.#begun) return
    for (const topicId of changes.removedTopics) this.#removeTopic(topicId)
    this.#reconfigure(changes)
    for (const { topicId, index } of changes.partitions) {
      const image = this.#options.image().partition(topicId, index)
      if (image !== undefined) this.#place(topicId, index, image)
    }
  }

  /** Before the partitions' own changes: whoever is in the in-sync set was counted by the new minimum. */
  #reconfigure({ clusterConfigs, configuredTopics }: MetadataChanges): void {
    if (!clusterConfigs && configuredTopics.length === 0) return
    for (const partition of this.#partitions.values()) {
      const topic = this.#options.image().topicsById.get(partition.options.topicId)
      if (topic === undefined || (!clusterConfigs && !configuredTopics.includes(topic.id))) continue
      const settings = this.#topicConfig(topic)
      partition.reconfigure(settings, this.#logConfig(settings))
    }
  }

  /** Calls back once every log that is being opened is open: then this broker can do what it is asked. */
  whenOpen(done: () => void): void {
    if (this.#opening.size === 0) done()
    else this.#whenOpen.push(done)
  }

  #place(topicId: string, index: number, image: PartitionImage): void {
    const key = topicId + index
    const partition = this.#partitions.get(key)
    if (partition !== undefined) {
      partition.update(image)
      this.#follow(partition)
    } else if (image.replicas.includes(this.#options.config.nodeId) && !this.#opening.has(key)) {
      this.#open(topicId, index)
    }
  }

  #open(topicId: string, index: number): void {
    const { loop, decisions, image, logger } = this.#options
    const key = topicId + index
    const topic = image().topicsById.get(topicId)!
    const dir = logFolder(topic.name, index, topicId)
    const logConfig = this.#logConfig(this.#topicConfig(topic))
    this.#opening.add(key)
    const options = { config: logConfig, decisions, cleanShutdown: this.#options.cleanShutdown }
    openLog(loop, dir, options, (opened) => {
      this.#opening.delete(key)
      if (!opened.ok) return this.#options.onFatal(`cannot open ${dir}: ${opened.reason}`)
      const { log, recovery } = opened
      if (recovery.cutBytes > 0) logger('warn', 'log tail cut on recovery', { dir, ...recovery })
      log.onFailed = (reason) => this.#options.onFatal(`${dir}: ${reason}`)
      log.truncateTo(recovery.clean ? log.logEndOffset : decisions.recoveredEnd(log.logEndOffset), () => undefined)
      const current = image().topicsById.get(topicId)
      if (current === undefined) log.remove(() => undefined)
      else this.#opened(current, index, { log, logConfig })
      if (this.#opening.size === 0) for (const done of this.#whenOpen.splice(0)) done()
    })
  }

  #opened(topic: TopicImage, index: number, opened: { log: PartitionLog; logConfig: LogConfig }): void {
    const settings = this.#topicConfig(topic)
    Object.assign(opened.logConfig, this.#logConfig(settings))
    const { config, loop, decisions, logger, checkpoint, liveEpoch, proposeInSync, onLeadership } = this.#options
    const options = {
      brokerId: config.nodeId,
      topic: topic.name,
      topicId: topic.id,
      index,
      ...opened,
      config: settings,
      lagTimeMaxMs: config.replicaLagTimeMaxMs,
      decisions,
      loop,
      logger,
      liveEpoch,
      proposeInSync,
      onLeadership,
    }
    const partition = new Partition(options, topic.partitions[index]!, checkpoint.get(opened.log.dir))
    this.#partitions.set(topic.id + index, partition)
    const ofTopic = this.#byTopic.get(topic.id) ?? []
    ofTopic[index] = partition
    this.#byTopic.set(topic.id, ofTopic)
    this.#follow(partition)
  }

  #topicConfig(topic: TopicImage): TopicConfig {
    const { config, image } = this.#options
    return effectiveTopicConfig(config.topicDefaults, image().clusterConfigs, topic.configs)
  }

  #logConfig({ segmentBytes, segmentMs, indexIntervalBytes, segmentIndexBytes }: TopicConfig): LogConfig {
    const { producerIdExpirationMs } = this.#options.config
    return { segmentBytes, segmentMs, indexIntervalBytes, segmentIndexBytes, producerIdExpirationMs, cacheBytes }
  }

  /** Moves a partition to the fetcher of its leader, or to none. */
  #follow(partition: Partition): void {
    const { leader } = partition.image
    for (const [leaderId, fetcher] of this.#fetchers) if (leaderId !== leader) fetcher.remove(partition)
    if (leader < 0 || partition.isLeader) return
    let fetcher = this.#fetchers.get(leader)
    if (fetcher === undefined) {
      const { config, loop, logger, brokerEpoch } = this.#options
      fetcher = new Fetcher({ config, loop, logger, brokerEpoch, peer: this.#options.fetchPeer(leader) })
      this.#fetchers.set(leader, fetcher)
    }
    fetcher.add(partition)
  }

  #removeTopic(topicId: string): void {
    this.#byTopic.delete(topicId)
    for (const [key, partition] of this.#partitions) {
      if (partition.options.topicId !== topicId) continue
      this.#partitions.delete(key)
      for (const fetcher of this.#fetchers.values()) fetcher.remove(partition)
      partition.close()
      partition.log.remove(() => undefined)
    }
  }

  /** Folders of topics the cluster no longer has. Only to be asked once the metadata is caught up. */
  removeStrays(): void {
    const { loop, image, logger } = this.#options
    loop.list('', (result) => {
      if (!result.ok) return
      for (const { file } of result.files) {
        const topicId = topicIdOfFolder(file.split('/')[0]!)
        if (topicId === undefined || image().topicsById.has(topicId)) continue
        logger('info', 'stray file removed', { file })
        loop.remove(file, () => undefined)
      }
    })
  }

  /** For a clean stop: no more fetching, every log synced and closed. */
  close(done: () => void): void {
    for (const fetcher of this.#fetchers.values()) fetcher.stop()
    const partitions = [...this.#partitions.values()]
    let open = partitions.length
    if (open === 0) return done()
    for (const partition of partitions) {
      partition.close()
      partition.log.close(() => {
        open--
        if (open === 0) done()
      })
    }
  }
}

export function logFolder(topic: string, index: number, topicId: string): string {
  return `${topic}-${index}.${topicId}`
}

function topicIdOfFolder(folder: string): string | undefined {
  return /^.+-\d+\.([A-Za-z0-9_-]{22})$/.exec(folder)?.[1]
}
