/**
 * For tests: the groups of one shard over a log that commits when it is told to, and that can lose what is not committed, as a
 * leader that is deposed does; the next coordinator reads what is left, byte by byte.
 */
import { DiskLoop } from '../../../ports/loop.ts'
import type { Network } from '../../../ports/network.ts'
import type { Random } from '../../../ports/random.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { defaultBrokerConfig } from '../config/broker-config.ts'
import type { CommitError, ShardWriter } from '../coordinator/shard.ts'
import { soundDecisions, type Decisions } from '../decisions.ts'
import { MemoryDisk } from '../log/memory-disk.testing.ts'
import { ClusterImage } from '../metadata/image.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { GroupShard, type GroupEnvironment } from './group-shard.ts'
import { groupRecords, type GroupRecord } from './records.ts'
import { beginShard, endShard } from './shard-life.ts'

interface Waiting {
  readonly end: number
  readonly done: (error: CommitError) => void
}

export interface GroupStageOptions {
  readonly settings?: Readonly<Record<string, string>>
  readonly decisions?: Partial<Decisions>
}

export class GroupStage implements ShardWriter<GroupRecord> {
  readonly index = 0
  readonly leaderEpoch = 0
  readonly clock: ManualClock = new ManualClock()
  readonly image: ClusterImage = new ClusterImage()
  readonly loop: DiskLoop
  shard: GroupShard
  /** Whether enough replicas are in sync to write. */
  writable = true
  readonly #environment: GroupEnvironment
  #log: { readonly key: Uint8Array; readonly value: Uint8Array | null }[] = []
  #committed = 0
  #waiting: Waiting[] = []

  constructor({ settings = {}, decisions = {} }: GroupStageOptions = {}) {
    let count = 0
    const random: Random = { next: () => (count++ * 0.618_033_988_749_895) % 1 }
    this.loop = new DiskLoop({ clock: this.clock, random, network: {} as Network, disk: new MemoryDisk() })
    this.#environment = {
      config: defaultBrokerConfig({ 'group.initial.rebalance.delay.ms': '0', 'group.min.session.timeout.ms': '10', ...settings }),
      loop: this.loop,
      decisions: { ...soundDecisions, ...decisions },
      logger: () => undefined,
      image: () => this.image,
      onBegin: beginShard,
      onEnd: endShard,
    }
    this.shard = this.#load()
  }

  #load(): GroupShard {
    const shard = new GroupShard(this.#environment, this)
    for (const [offset, { key, value }] of this.#log.entries()) {
      shard.replay(groupRecords.decode(key, value)!, { offset, producerId: -1 })
    }
    shard.begin()
    return shard
  }

  /** How many records its log has. */
  get length(): number {
    return this.#log.length
  }

  write(records: readonly GroupRecord[]): ErrorName {
    if (!this.writable) return 'COORDINATOR_NOT_AVAILABLE'
    for (const record of records) {
      this.#log.push(groupRecords.encode(record))
      this.shard.replay(record, { offset: this.#log.length - 1, producerId: -1 })
    }
    return 'NONE'
  }

  whenCommitted(done: (error: CommitError) => void): void {
    if (this.#committed >= this.#log.length) done('NONE')
    else this.#waiting.push({ end: this.#log.length, done })
  }

  /** All that is written is on every replica. */
  commit(): void {
    this.#committed = this.#log.length
    const ready = this.#waiting.splice(0)
    for (const { done } of ready) done('NONE')
  }

  /** Another broker coordinates from here on, whose log lacks `lost` records, at most those that were not committed. */
  failOver(lost: number): void {
    const waiting = this.#waiting.splice(0)
    for (const { done } of waiting) done('NOT_COORDINATOR')
    this.shard.end()
    this.#log = this.#log.slice(0, Math.max(this.#committed, this.#log.length - lost))
    this.shard = this.#load()
  }

  /** Time passes. */
  pass(ms: number): void {
    const untilMs = this.clock.now() + ms
    for (let timer = this.clock.next(untilMs); timer !== undefined; timer = this.clock.next(untilMs)) {
      this.loop.step({ kind: 'timer', timer })
    }
  }
}
