/**
 * A snapshot: all that the metadata log says below its end offset, as batches that fold into the image at that offset. It
 * begins with Kafka's header and ends with its footer, so that what was cut short is never taken for a cluster (KIP-630).
 * Same image, same bytes.
 */
import { controlType, encodeSnapshotFooter, encodeSnapshotHeader, readControlType } from '../../../protocol/control-records.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import { decodeRecords } from '../../../protocol/record-batch-decode.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import { batchCrcIsValid, forEachBatch, isControl, lastOffset } from '../../../protocol/record-batch.ts'
import { ClusterImage } from './image.ts'
import { imageRecords } from './image-records.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from './records.ts'

export interface SnapshotId {
  /** First offset of the log that is not in it. */
  readonly endOffset: number
  /** Leader epoch of the last record that is. */
  readonly epoch: number
}

export interface Snapshot {
  readonly id: SnapshotId
  readonly image: ClusterImage
  /** When the last record in it was appended to the log, wall clock. */
  readonly lastTimestamp: number
  /** Records that were folded into the image. */
  readonly recordsCount: number
}

export type ReadSnapshot = { readonly ok: true; readonly snapshot: Snapshot } | { readonly ok: false; readonly reason: string }

const batchRecordsBytes = 512 * 1024
const recordBytesMax = 16 * 1024 * 1024

/** The snapshot of an image at its end offset. Offsets inside count from 0. */
export function encodeSnapshot(image: ClusterImage, at: { readonly epoch: number; readonly lastTimestamp: number }): Uint8Array {
  const batch = { partitionLeaderEpoch: at.epoch, timestamp: at.lastTimestamp }
  const parts = [encodeSnapshotHeader(toBigInt(at.lastTimestamp), { ...batch, baseOffset: 0 })]
  let baseOffset = 1
  let values: Uint8Array[] = []
  let sizeBytes = 0
  const flush = (): void => {
    if (values.length === 0) return
    const records = values.map((value) => ({ key: null, value, timestamp: at.lastTimestamp }))
    parts.push(encodeBatch({ records, baseOffset, partitionLeaderEpoch: at.epoch }))
    baseOffset += values.length
    values = []
    sizeBytes = 0
  }
  for (const record of imageRecords(image)) {
    const value = encodeMetadataRecord(record)
    values.push(value)
    sizeBytes += value.length
    if (sizeBytes >= batchRecordsBytes) flush()
  }
  flush()
  parts.push(encodeSnapshotFooter({ ...batch, baseOffset }))
  return joined(parts)
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Reads a snapshot back, or says why this is no whole one. */
export function readSnapshot(bytes: Uint8Array, id: SnapshotId): ReadSnapshot {
  try {
    return { ok: true, snapshot: new Reading(bytes, id).read() }
  } catch (error) {
    if (error instanceof MalformedMessage) return { ok: false, reason: error.message }
    throw error
  }
}

class Reading {
  readonly #bytes: Uint8Array
  readonly #id: SnapshotId
  readonly #image = new ClusterImage()
  #nextOffset = 0
  #recordsCount = 0
  #lastTimestamp = 0
  #ended = false

  constructor(bytes: Uint8Array, id: SnapshotId) {
    this.#bytes = bytes
    this.#id = id
  }

  read(): Snapshot {
    const bytes = this.#bytes
    const end = forEachBatch(bytes, (header, at) => {
      if (!batchCrcIsValid(bytes, at, header.sizeBytes)) throw new MalformedMessage(`the batch at ${at} is damaged`)
      if (this.#ended || header.baseOffset !== this.#nextOffset) throw new MalformedMessage(`the batch at ${at} does not follow`)
      this.#nextOffset = lastOffset(header) + 1
      if (isControl(header)) this.#control(at, header.maxTimestamp)
      else if (at === 0) throw new MalformedMessage('there is no header')
      else this.#image.together(() => this.#fold(at))
    })
    if (!this.#ended || end !== bytes.length) throw new MalformedMessage('it is cut short')
    this.#image.endOffset = this.#id.endOffset
    return { id: this.#id, image: this.#image, lastTimestamp: this.#lastTimestamp, recordsCount: this.#recordsCount }
  }

  #control(at: number, timestamp: number): void {
    const [record] = decodeRecords(this.#bytes, at, { maxBytes: recordBytesMax })
    const type = readControlType(record?.key ?? null)
    const expected = at === 0 ? controlType.snapshotHeader : controlType.snapshotFooter
    if (type !== expected) throw new MalformedMessage(`control record of type ${type} at ${at}`)
    if (at === 0) this.#lastTimestamp = timestamp
    else this.#ended = true
  }

  #fold(at: number): void {
    for (const { offset, value } of decodeRecords(this.#bytes, at, { maxBytes: recordBytesMax })) {
      if (value === null) continue
      this.#image.apply(decodeMetadataRecord(value), offset)
      this.#recordsCount++
    }
  }
}
