/** One partition's log for the tests of this room: real batches, real idempotence, one copy for all brokers. */
import { errorCode } from '../../protocol/errors.ts'
import { assignBatch, forEachBatch, lastOffset, readBatchHeader } from '../../protocol/record-batch.ts'
import type { BatchHeader } from '../../protocol/record-batch.ts'
import { decodeRecords } from '../../protocol/record-batch-decode.ts'
import { concat } from './bytes.testing.ts'

interface StoredBatch {
  readonly header: BatchHeader
  bytes: Uint8Array
}

export class TestLog {
  leader: number
  leaderEpoch = 0
  startOffset = 0
  /** Readers see nothing from here on; undefined for the log's end. */
  highWatermark: number | undefined
  /** Readers of what is committed see nothing from here on; undefined for what all readers see. */
  lastStableOffset: number | undefined
  batches: StoredBatch[] = []

  constructor(leader: number) {
    this.leader = leader
  }

  get endOffset(): number {
    const last = this.batches.at(-1)
    return last === undefined ? this.startOffset : lastOffset(last.header) + 1
  }

  get visibleEnd(): number {
    return Math.min(this.highWatermark ?? Infinity, this.endOffset)
  }

  get stableEnd(): number {
    return Math.min(this.lastStableOffset ?? Infinity, this.visibleEnd)
  }

  moveTo(leader: number): void {
    this.leader = leader
    this.leaderEpoch++
  }

  /** As Kafka 5.3: the error, and where the batch is (also for a duplicate). */
  append(records: Uint8Array): { code: number; baseOffset: number } {
    const header = readBatchHeader(records, 0)
    if (header.producerId >= 0) {
      const own = this.batches.filter((each) => each.header.producerId === header.producerId)
      const same = own.slice(-5).find((each) => each.header.baseSequence === header.baseSequence)
      if (same !== undefined) return { code: errorCode.NONE, baseOffset: same.header.baseOffset }
      const last = own.at(-1)?.header
      if (last !== undefined && header.baseSequence !== last.baseSequence + last.recordsCount) {
        return { code: errorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 }
      }
    }
    const bytes = records.slice()
    const baseOffset = this.endOffset
    assignBatch(bytes, 0, baseOffset, this.leaderEpoch)
    this.batches.push({ header: readBatchHeader(bytes, 0), bytes })
    return { code: errorCode.NONE, baseOffset }
  }

  /** Whole batches from the one with `offset` on, below the highWatermark. */
  read(offset: number, maxBytes: number): Uint8Array {
    const from: Uint8Array[] = []
    let size = 0
    for (const { header, bytes } of this.batches) {
      if (lastOffset(header) < offset || lastOffset(header) >= this.visibleEnd) continue
      if (from.length > 0 && size + bytes.length > maxBytes) break
      from.push(bytes)
      size += bytes.length
    }
    return concat(from)
  }

  truncateTo(offset: number): void {
    this.batches = this.batches.filter((each) => lastOffset(each.header) < offset)
  }

  /** KIP-320: the largest epoch not above `epoch`, and its end. */
  epochEnd(epoch: number): { leaderEpoch: number; endOffset: number } {
    let found = -1
    for (const { header } of this.batches) if (header.partitionLeaderEpoch <= epoch) found = header.partitionLeaderEpoch
    if (this.leaderEpoch === epoch) return { leaderEpoch: epoch, endOffset: this.endOffset }
    if (found < 0) return { leaderEpoch: -1, endOffset: -1 }
    const next = this.batches.find((each) => each.header.partitionLeaderEpoch > found)
    return { leaderEpoch: found, endOffset: next?.header.baseOffset ?? this.endOffset }
  }

  values(): string[] {
    const text = new TextDecoder()
    const all: string[] = []
    for (const { bytes } of this.batches) {
      forEachBatch(bytes, (_, at) => {
        for (const record of decodeRecords(bytes, at, { maxBytes: 1e6 })) all.push(text.decode(record.value!))
      })
    }
    return all
  }
}
