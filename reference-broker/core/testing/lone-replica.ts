/**
 * For tests: replica 1 of a partition with replicas 1, 2, 3, on a disk that answers when it is told to; the other replicas
 * and the controller are played by the test.
 */
import { DiskLoop } from '../../../ports/loop.ts'
import { defaultBrokerConfig, topicConfig, type BrokerConfig } from '../config/broker-config.ts'
import { soundDecisions } from '../decisions.ts'
import { roomyConfig } from '../log/log-model.testing.ts'
import { MemoryDisk } from '../log/memory-disk.testing.ts'
import { openLog, type LogConfig, type PartitionLog } from '../log/partition-log.ts'
import type { PartitionImage } from '../metadata/image.ts'
import { Partition } from '../replication/partition.ts'
import { ManualClock } from './manual-clock.ts'
import { ScriptedNetwork } from './scripted-network.ts'

export const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
export const lagTimeMaxMs = 1000
/** Under which all replicas are registered. */
export const brokerEpoch = 50

const ledByOne: PartitionImage = {
  replicas: [1, 2, 3],
  inSyncReplicas: [1, 2, 3],
  leader: 1,
  leaderEpoch: 0,
  partitionEpoch: 0,
  eligibleLeaderReplicas: [],
  lastKnownLeader: 1,
}

export interface ReplicaOptions {
  /** Led by this replica in epoch 0, everybody in sync, unless told. */
  readonly image?: Partial<PartitionImage>
  /** Of the topic, under Kafka's names. */
  readonly settings?: Readonly<Record<string, string>>
  readonly brokerSettings?: Readonly<Record<string, string>>
  /** In the log, and written, when the partition begins. */
  readonly batches?: readonly Uint8Array[]
  /** The high watermark it remembers. */
  readonly checkpoint?: number
}

export class LoneReplica {
  readonly config: BrokerConfig
  readonly clock: ManualClock = new ManualClock()
  readonly disk: MemoryDisk = new MemoryDisk()
  readonly network: ScriptedNetwork = new ScriptedNetwork((event) => this.loop.step(event))
  readonly loop: DiskLoop = new DiskLoop({ clock: this.clock, random: { next: () => 0 }, network: this.network, disk: this.disk })
  readonly log: PartitionLog
  readonly partition: Partition
  /** In-sync sets the partition has asked for. */
  readonly proposals: (readonly number[])[] = []
  /** Epochs of the brokers that are in service. */
  readonly live: Map<number, number> = new Map([[1, brokerEpoch], [2, brokerEpoch], [3, brokerEpoch]])

  constructor({ image, settings = {}, brokerSettings = {}, batches = [], checkpoint = 0 }: ReplicaOptions = {}) {
    this.config = defaultBrokerConfig(brokerSettings)
    const read = topicConfig(this.config.topicDefaults, settings)
    if ('error' in read) throw new Error(read.error)
    // Nothing is kept in memory, so a truncation has to look for its place on the disk.
    const logConfig: LogConfig = { ...roomyConfig, cacheBytes: 0 }
    this.log = this.#open(logConfig)
    for (const batch of batches) this.log.append(batch, () => undefined)
    this.settle()
    this.partition = new Partition({
      brokerId: this.config.nodeId,
      topic: 't',
      topicId,
      index: 0,
      log: this.log,
      config: read.config,
      logConfig,
      lagTimeMaxMs,
      decisions: soundDecisions,
      loop: this.loop,
      logger: () => undefined,
      liveEpoch: (id) => this.live.get(id),
      proposeInSync: (partition, inSyncReplicas) => this.propose(partition, inSyncReplicas),
      onLeadership: () => undefined,
    }, { ...ledByOne, ...image }, checkpoint)
  }

  #open(config: LogConfig): PartitionLog {
    let log: PartitionLog | undefined
    openLog(this.loop, 't-0', { config, decisions: soundDecisions, cleanShutdown: true }, (opened) => {
      if (!opened.ok) throw new Error(opened.reason)
      log = opened.log
    })
    this.settle()
    return log!
  }

  protected propose(_partition: Partition, inSyncReplicas: readonly number[]): void {
    this.proposals.push(inSyncReplicas)
  }

  /** The disk answers everything it was asked. */
  settle(): void {
    this.disk.run(this.loop)
  }

  /** Time passes; the disk is not asked. */
  pass(ms: number): void {
    const untilMs = this.clock.now() + ms
    for (let timer = this.clock.next(untilMs); timer !== undefined; timer = this.clock.next(untilMs)) {
      this.loop.step({ kind: 'timer', timer })
    }
  }
}
