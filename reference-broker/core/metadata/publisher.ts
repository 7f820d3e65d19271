/**
 * Reads the metadata log up to what is committed, in order, and folds it into the image the broker lives by. Says which
 * partitions changed, so that whoever hosts them need not compare everything.
 */
import { forEachBatch, isControl } from '../../../protocol/record-batch.ts'
import { decodeRecords } from '../../../protocol/record-batch-decode.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { ClusterImage } from './image.ts'
import { decodeMetadataRecord, type MetadataRecord } from './records.ts'

export interface MetadataChanges {
  /** Topic id and partition index of each partition that changed. */
  readonly partitions: readonly { readonly topicId: string; readonly index: number }[]
  readonly removedTopics: readonly string[]
  /** Topics whose own settings changed. */
  readonly configuredTopics: readonly string[]
  /** Whether the defaults of all topics changed. */
  readonly clusterConfigs: boolean
}

const readBytes = 1024 * 1024
const recordBytesMax = 16 * 1024 * 1024

export class MetadataPublisher {
  readonly image: ClusterImage = new ClusterImage()
  readonly #log: PartitionLog
  readonly #onChange: (changes: MetadataChanges) => void
  #target = 0
  #reading = false

  constructor(log: PartitionLog, onChange: (changes: MetadataChanges) => void) {
    this.#log = log
    this.#onChange = onChange
  }

  advance(highWatermark: number): void {
    this.#target = Math.max(this.#target, highWatermark)
    if (!this.#reading) this.#readNext()
  }

  #readNext(): void {
    this.#reading = this.image.endOffset < this.#target
    if (!this.#reading) return
    const limits = { maxBytes: readBytes, endOffset: this.#target, atLeastOne: true }
    this.#log.read(this.image.endOffset, limits, (bytes) => {
      this.#fold(bytes)
      this.#readNext()
    })
  }

  #fold(bytes: Uint8Array): void {
    const partitions: { topicId: string; index: number }[] = []
    const removedTopics: string[] = []
    const configuredTopics: string[] = []
    let clusterConfigs = false
    const before = this.image.endOffset
    foldBatches(bytes, before, (record, offset) => {
      this.image.apply(record, offset)
      if (record.kind === 'partition') partitions.push({ topicId: record.topicId, index: record.partitionIndex })
      if (record.kind === 'topic-removed') removedTopics.push(record.topicId)
      if (record.kind === 'topic-configs') configuredTopics.push(record.topicId)
      if (record.kind === 'cluster-configs') clusterConfigs = true
    }, (endOffset) => {
      this.image.endOffset = endOffset
    })
    if (this.image.endOffset === before) throw new Error(`metadata log has no whole batch at offset ${before}`)
    this.#onChange({ partitions, removedTopics, configuredTopics, clusterConfigs })
  }
}

/** Calls `each` for every record from `from` on, and `ended` with the offset after each batch, control batches included. */
export function foldBatches(
  bytes: Uint8Array,
  from: number,
  each: (record: MetadataRecord, offset: number) => void,
  ended: (endOffset: number) => void,
): void {
  forEachBatch(bytes, (header, at) => {
    const endOffset = header.baseOffset + header.lastOffsetDelta + 1
    if (endOffset <= from) return
    if (!isControl(header)) {
      for (const { offset, value } of decodeRecords(bytes, at, { maxBytes: recordBytesMax })) {
        if (offset >= from && value !== null) each(decodeMetadataRecord(value), offset)
      }
    }
    ended(endOffset)
  })
}
