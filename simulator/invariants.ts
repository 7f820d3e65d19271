/**
 * What must hold at every moment, looked up in the brokers' own state: after each event on the broker it touched, and
 * everywhere now and then. They find a bug at its event, long before a client could; the history checkers never see them.
 */
import { crc32c } from '../protocol/crc32c.ts'
import { forEachBatch } from '../protocol/record-batch.ts'
import type { Broker } from '../reference-broker/core/broker.ts'
import type { PartitionLog } from '../reference-broker/core/log/partition-log.ts'
import { encodeSnapshot } from '../reference-broker/core/metadata/snapshot.ts'
import type { Partition } from '../reference-broker/core/replication/partition.ts'

export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation'
}

interface Seen {
  leaderEpoch: number
  highWatermark: number
  /** While it leads, else 0: a follower tells nobody. */
  lastStableOffset: number
}

/** Events between two looks at everything. */
const everywhereEvery = 2000

export class Invariants {
  readonly #brokers: ReadonlyMap<number, Broker>
  readonly #idOf: (node: string) => number | undefined
  /** Per incarnation: a restart may forget how far it was committed, and learns it again. */
  readonly #seen = new WeakMap<Partition, Seen>()
  readonly #quorumLeaders = new Map<number, number>()
  readonly #leaders = new Map<string, number>()
  /** By partition: the highest offset that a leader has ever shown as committed, and that leader's epoch. */
  readonly #committed = new Map<string, { offset: number; leaderEpoch: number }>()
  /** By end offset: the image of the cluster there, as its snapshot would be. */
  readonly #images = new Map<number, number>()
  /** Where each node's image was when it was last looked at. */
  readonly #imageEnds = new WeakMap<Broker, number>()
  #events = 0

  constructor(brokers: ReadonlyMap<number, Broker>, idOf: (node: string) => number | undefined) {
    this.#brokers = brokers
    this.#idOf = idOf
  }

  afterEvent(node: string): void {
    const id = this.#idOf(node)
    const broker = id === undefined ? undefined : this.#brokers.get(id)
    if (id === undefined || broker === undefined) return
    this.#checkQuorum(id, broker)
    this.#checkImage(id, broker)
    const partitions = broker.replicas?.all()
    if (partitions !== undefined) for (const partition of partitions) this.#checkPartition(id, partition)
    if (++this.#events % everywhereEvery === 0) this.checkEverywhere()
  }

  #checkQuorum(id: number, { raft }: Broker): void {
    if (raft === undefined) return
    if (raft.role === 'leader') this.#onlyOne(this.#quorumLeaders, raft.epoch, id, `quorum epoch ${raft.epoch}`)
    if (raft.highWatermark > raft.log.logEndOffset) violated(`metadata high watermark ${raft.highWatermark} past its log`)
    const snapshotEnd = raft.options.snapshots.newest?.endOffset ?? 0
    if (snapshotEnd !== raft.log.logStartOffset) violated(`metadata log starts at ${raft.log.logStartOffset}, its snapshot ends at ${snapshotEnd}`)
  }

  /** Whether it folded the records or took over a snapshot: at one offset every node knows the same cluster. */
  #checkImage(id: number, broker: Broker): void {
    const { image, raft } = broker
    if (image === undefined || raft === undefined || image.endOffset === (this.#imageEnds.get(broker) ?? 0)) return
    this.#imageEnds.set(broker, image.endOffset)
    if (image.endOffset > raft.highWatermark) violated(`node ${id}'s image at ${image.endOffset} is ahead of what is committed, ${raft.highWatermark}`)
    const bytes = encodeSnapshot(image, { epoch: 0, lastTimestamp: 0 })
    const mark = crc32c(bytes, 0, bytes.length)
    const other = this.#images.get(image.endOffset)
    if (other === undefined) this.#images.set(image.endOffset, mark)
    else if (other !== mark) violated(`node ${id}'s image at ${image.endOffset} is another than a node had there before`)
  }

  #onlyOne<K>(leaders: Map<K, number>, key: K, id: number, what: string): void {
    const other = leaders.get(key)
    if (other === undefined) leaders.set(key, id)
    else if (other !== id) violated(`brokers ${other} and ${id} both lead ${what}`)
  }

  #checkPartition(id: number, partition: Partition): void {
    const { log, highWatermark, image } = partition
    if (highWatermark > log.logEndOffset) violated(`${partition.key}: high watermark ${highWatermark} past the log's end ${log.logEndOffset}`)
    if (log.writtenOffset > log.logEndOffset) violated(`${partition.key}: written offset past the log's end`)
    const { lastStableOffset } = partition
    if (lastStableOffset > highWatermark) violated(`${partition.key}: last stable offset ${lastStableOffset} past the high watermark ${highWatermark}`)
    let seen = this.#seen.get(partition)
    if (seen === undefined) this.#seen.set(partition, (seen = { leaderEpoch: image.leaderEpoch, highWatermark, lastStableOffset: 0 }))
    if (seen.leaderEpoch === image.leaderEpoch && highWatermark < seen.highWatermark) {
      violated(`${partition.key}: high watermark of broker ${id} went from ${seen.highWatermark} back to ${highWatermark}`)
    }
    if (seen.leaderEpoch === image.leaderEpoch && partition.isLeading && lastStableOffset < seen.lastStableOffset) {
      violated(`${partition.key}: last stable offset of broker ${id} went from ${seen.lastStableOffset} back to ${lastStableOffset}`)
    }
    seen.lastStableOffset = partition.isLeading ? lastStableOffset : 0
    const changed = seen.leaderEpoch !== image.leaderEpoch || seen.highWatermark !== highWatermark
    if (!changed) return
    seen.leaderEpoch = image.leaderEpoch
    seen.highWatermark = highWatermark
    if (partition.isLeading) this.#checkLeader(id, partition)
  }

  /** A leader has everything any earlier leader had committed. */
  #checkLeader(id: number, partition: Partition): void {
    const { leaderEpoch } = partition.image
    const key = partition.options.topicId + partition.options.index
    this.#onlyOne(this.#leaders, `${key} ${leaderEpoch}`, id, `${partition.key} in leaderEpoch ${leaderEpoch}`)
    const committed = this.#committed.get(key)
    if (committed !== undefined && leaderEpoch > committed.leaderEpoch && partition.log.logEndOffset < committed.offset) {
      violated(
        `${partition.key}: broker ${id} leads epoch ${leaderEpoch} with a log that ends at ${partition.log.logEndOffset}, ` +
          `and ${committed.offset} was committed in epoch ${committed.leaderEpoch}`,
      )
    }
    if (committed === undefined || partition.highWatermark >= committed.offset) {
      this.#committed.set(key, { offset: partition.highWatermark, leaderEpoch })
    }
  }

  /** Replicas agree on everything that both believe committed. Reads only what is in memory. */
  checkEverywhere(): void {
    const first = new Map<string, { id: number; partition: Partition }>()
    for (const [id, broker] of this.#brokers) {
      for (const partition of broker.replicas?.all() ?? []) {
        const key = partition.options.topicId + partition.options.index
        const other = first.get(key)
        if (other === undefined) first.set(key, { id, partition })
        else this.#checkAgreement(other, { id, partition })
      }
    }
  }

  #checkAgreement(a: { id: number; partition: Partition }, b: { id: number; partition: Partition }): void {
    const below = Math.min(a.partition.highWatermark, b.partition.highWatermark)
    const marks = new Map<number, number>()
    eachBatchMark(a.partition.log, below, (offset, mark) => void marks.set(offset, mark))
    eachBatchMark(b.partition.log, below, (offset, mark) => {
      const other = marks.get(offset)
      if (other !== undefined && other !== mark) {
        violated(`${a.partition.key}: brokers ${a.id} and ${b.id} differ at committed offset ${offset}`)
      }
    })
  }
}

/** Epoch and CRC of each batch wholly below the offset, as far as memory holds them: a look must not move the disk. */
function eachBatchMark(log: PartitionLog, below: number, visit: (baseOffset: number, mark: number) => void): void {
  const newest = Math.max(log.memoryStartOffset, below - 200)
  log.read(newest, { maxBytes: 1 << 20, endOffset: below, atLeastOne: true }, (bytes) => {
    forEachBatch(bytes, ({ baseOffset, partitionLeaderEpoch, crc }) => visit(baseOffset, partitionLeaderEpoch * 2 ** 32 + crc))
  })
}

function violated(message: string): never {
  throw new InvariantViolation(message)
}
