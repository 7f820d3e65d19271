/**
 * Says when a node writes a snapshot of the image it lives by, which is never ahead of what is committed: after so many
 * bytes of the log, or so long after the last one (KIP-630, `metadata.log.max.record.bytes.between.snapshots`,
 * `metadata.log.max.snapshot.interval.ms`). One at a time.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Logger } from '../logger.ts'
import type { MetadataPublisher } from './publisher.ts'
import { encodeSnapshot } from './snapshot.ts'
import type { Snapshots } from './snapshots.ts'

export interface SnapshotWriterOptions {
  readonly config: BrokerConfig
  readonly loop: DiskLoop
  readonly publisher: MetadataPublisher
  readonly snapshots: Snapshots
  readonly logger: Logger
}

export class SnapshotWriter {
  readonly #options: SnapshotWriterOptions
  #writing = false
  #lastMs: number

  constructor(options: SnapshotWriterOptions) {
    this.#options = options
    this.#lastMs = options.loop.now()
  }

  /** To be called when the image has moved. */
  imageAdvanced(): void {
    const { publisher } = this.#options
    if (publisher.bytesSinceSnapshot === 0) this.#lastMs = this.#options.loop.now()
    else if (!this.#writing && this.#isDue(publisher.bytesSinceSnapshot)) this.#write()
  }

  #isDue(bytesSinceSnapshot: number): boolean {
    const { config, loop } = this.#options
    const { metadataLogMaxRecordBytesBetweenSnapshots: maxBytes, metadataLogMaxSnapshotIntervalMs: intervalMs } = config
    return bytesSinceSnapshot >= maxBytes || (intervalMs > 0 && loop.now() - this.#lastMs >= intervalMs)
  }

  #write(): void {
    const { loop, publisher, snapshots, logger } = this.#options
    const { image, last } = publisher
    const id = { endOffset: image.endOffset, epoch: last.epoch }
    const bytes = encodeSnapshot(image, { epoch: last.epoch, lastTimestamp: last.timestamp })
    this.#writing = true
    this.#lastMs = loop.now()
    publisher.bytesSinceSnapshot = 0
    snapshots.keep(id, bytes, () => {
      this.#writing = false
      logger('info', 'metadata snapshot written', { ...id, sizeBytes: bytes.length })
    })
  }
}
