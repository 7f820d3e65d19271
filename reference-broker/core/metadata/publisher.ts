/**
 * Reads the metadata log up to what is committed, in order, and folds it into the image the broker lives by. Says which
 * partitions changed, so that whoever hosts them need not compare everything. What a snapshot holds is taken over whole;
 * the one that was found at start only when something is known to be committed, so that nobody acts on it before.
 */
import { forEachBatch, isControl, lastOffset } from '../../../protocol/record-batch.ts'
import { decodeRecords } from '../../../protocol/record-batch-decode.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { ClusterImage } from './image.ts'
import { changesBetween, type MetadataChanges } from './image-changes.ts'
import { decodeMetadataRecord, type MetadataRecord } from './records.ts'
import type { Snapshot } from './snapshot.ts'

export interface PublisherOptions {
  readonly log: PartitionLog
  /** The snapshot the log begins with, undefined when it begins with its first record. */
  readonly snapshot: Snapshot | undefined
  readonly onChange: (changes: MetadataChanges) => void
}

const readBytes = 1024 * 1024
const recordBytesMax = 1024 * 1024 * 1024

export class MetadataPublisher {
  readonly image: ClusterImage = new ClusterImage()
  /** Leader epoch and time of the last batch in the image. */
  last: { readonly epoch: number; readonly timestamp: number } = { epoch: -1, timestamp: -1 }
  /** Bytes folded in from the log since the last snapshot was written or taken over. */
  bytesSinceSnapshot = 0
  readonly #options: PublisherOptions
  #found: Snapshot | undefined
  #target = 0
  #reading = false

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#found = options.snapshot
  }

  advance(highWatermark: number): void {
    this.#target = Math.max(this.#target, highWatermark)
    if (!this.#reading) this.#readNext()
  }

  /** Takes over a snapshot that reaches beyond the image. */
  load({ id, image, lastTimestamp }: Snapshot): void {
    this.#found = undefined
    const changes = changesBetween(this.image, image)
    this.image.become(image)
    this.last = { epoch: id.epoch, timestamp: lastTimestamp }
    this.bytesSinceSnapshot = 0
    this.#options.onChange(changes)
  }

  /** Nobody sees the image at the end of the snapshot that was found while there is something after it. */
  #takeFound(): void {
    if (this.#found !== undefined) this.load(this.#found)
  }

  get #endOffset(): number {
    return this.#found?.id.endOffset ?? this.image.endOffset
  }

  #readNext(): void {
    const from = this.#endOffset
    this.#reading = from < this.#target
    if (!this.#reading) return this.#takeFound()
    const limits = { maxBytes: readBytes, endOffset: this.#target, atLeastOne: true }
    this.#options.log.read(from, limits, (bytes) => {
      // A snapshot of the leader's may have come in between.
      if (this.#endOffset === from) {
        this.#takeFound()
        this.#fold(bytes)
      }
      this.#readNext()
    })
  }

  #fold(bytes: Uint8Array): void {
    const partitions: { topicId: string; index: number }[] = []
    const removedTopics: string[] = []
    const configuredTopics: string[] = []
    let clusterConfigs = false
    const before = this.image.endOffset
    const fold = (record: MetadataRecord, offset: number): void => {
      this.image.apply(record, offset)
      if (record.kind === 'partition') partitions.push({ topicId: record.topicId, index: record.partitionIndex })
      if (record.kind === 'topic-removed') removedTopics.push(record.topicId)
      if (record.kind === 'topic-configs') configuredTopics.push(record.topicId)
      if (record.kind === 'cluster-configs') clusterConfigs = true
    }
    this.image.together(() => this.#foldBatches(bytes, fold))
    if (this.image.endOffset === before) throw new Error(`metadata log has no whole batch at offset ${before}`)
    this.bytesSinceSnapshot += bytes.length
    this.#options.onChange({ partitions, removedTopics, configuredTopics, clusterConfigs })
  }

  /** Calls `each` for every record from the image's end on, which is after each batch where the batch ends. */
  #foldBatches(bytes: Uint8Array, each: (record: MetadataRecord, offset: number) => void): void {
    const { image } = this
    forEachBatch(bytes, (header, at) => {
      const from = image.endOffset
      const endOffset = lastOffset(header) + 1
      if (endOffset <= from) return
      if (header.baseOffset > from) throw new Error(`metadata log has a gap from ${from} to ${header.baseOffset}`)
      if (!isControl(header)) {
        for (const { offset, value } of decodeRecords(bytes, at, { maxBytes: recordBytesMax })) {
          if (offset >= from && value !== null) each(decodeMetadataRecord(value), offset)
        }
      }
      image.endOffset = endOffset
      this.last = { epoch: header.partitionLeaderEpoch, timestamp: header.maxTimestamp }
    })
  }
}
