/**
 * From the bytes of a Fetch answer to the records a consumer may see: whole batches only, checked by CRC, from the
 * position on, without control batches, and under read_committed without what was aborted (KIP-98).
 */
import { MalformedMessage } from '../../protocol/malformed.ts'
import {
  batchCrcIsValid,
  batchHeaderBytes,
  isControl,
  isTransactional,
  lastOffset,
  readBatchHeader,
} from '../../protocol/record-batch.ts'
import type { BatchHeader } from '../../protocol/record-batch.ts'
import { decodeRecords } from '../../protocol/record-batch-decode.ts'
import type { ConsumedRecord } from './client.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface Fetched {
  readonly records: ConsumedRecord[]
  /** Where to fetch next. */
  position: number
  /** leaderEpoch of the last batch passed; as it was when there was none. */
  lastEpoch: number
  /** Why reading stopped at `position` although there are bytes; undefined when all is well. */
  damage: string | undefined
}

export interface FetchFrom {
  readonly position: number
  readonly lastEpoch: number
  /** null under read_uncommitted. */
  readonly aborted: readonly AbortedTransaction[] | null
}

/** What one batch may take, and after how much the rest of an answer is left for the next fetch. */
const maxDecodedBytes = 128 * 1024 * 1024
/** What a record takes beside its key and value, about. */
const recordBytes = 64

export function readFetched(bytes: Uint8Array, from: FetchFrom): Fetched {
  const fetched: Fetched = { records: [], position: from.position, lastEpoch: from.lastEpoch, damage: undefined }
  try {
    readBatches(bytes, from.aborted === null ? undefined : new AbortedProducers(from.aborted), fetched)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    fetched.damage = error.message
  }
  return fetched
}

function readBatches(bytes: Uint8Array, aborted: AbortedProducers | undefined, fetched: Fetched): void {
  let at = 0
  let decodedBytes = 0
  while (at + batchHeaderBytes <= bytes.length) {
    const header = readBatchHeader(bytes, at)
    if (at + header.sizeBytes > bytes.length) break
    if (header.magic !== 2) throw new MalformedMessage(`batch of format ${header.magic} at offset ${header.baseOffset}`)
    if (!batchCrcIsValid(bytes, at, header.sizeBytes)) {
      throw new MalformedMessage(`CRC of the batch at offset ${header.baseOffset} does not fit`)
    }
    const first = fetched.records.length
    takeBatch(bytes, at, header, { aborted, fetched })
    at += header.sizeBytes
    for (let i = first; i < fetched.records.length; i++) decodedBytes += sizeOf(fetched.records[i]!)
    if (decodedBytes >= maxDecodedBytes) break
  }
  if (at === 0 && bytes.length > 0) throw new MalformedMessage(`${bytes.length} bytes without a whole batch`)
}

function sizeOf({ key, value }: ConsumedRecord): number {
  return recordBytes + (key?.length ?? 0) + (value?.length ?? 0)
}

function takeBatch(
  bytes: Uint8Array,
  at: number,
  header: BatchHeader,
  state: { readonly aborted: AbortedProducers | undefined; readonly fetched: Fetched },
): void {
  const { aborted, fetched } = state
  aborted?.upTo(lastOffset(header))
  const isHidden = isControl(header) || (isTransactional(header) && aborted?.has(header.producerId) === true)
  if (isControl(header)) aborted?.ended(header.producerId)
  if (lastOffset(header) < fetched.position) return
  if (!isHidden) {
    for (const { offset, timestamp, key, value, headers } of decodeRecords(bytes, at, { maxBytes: maxDecodedBytes })) {
      if (offset < fetched.position) continue
      const { partitionLeaderEpoch: leaderEpoch, producerId, producerEpoch } = header
      fetched.records.push({ offset, timestamp, leaderEpoch, producerId, producerEpoch, key, value, headers })
    }
  }
  fetched.position = lastOffset(header) + 1
  fetched.lastEpoch = header.partitionLeaderEpoch
}

/** Producers inside an aborted transaction at the batch being read. */
class AbortedProducers {
  readonly #coming: AbortedTransaction[]
  readonly #now = new Set<number>()

  constructor(list: readonly AbortedTransaction[]) {
    this.#coming = [...list].sort((a, b) => b.firstOffset - a.firstOffset)
  }

  upTo(offset: number): void {
    while (this.#coming.length > 0 && this.#coming.at(-1)!.firstOffset <= offset) this.#now.add(this.#coming.pop()!.producerId)
  }

  /** A marker of this producer was passed: its transaction is over, whichever way. */
  ended(producerId: number): void {
    this.#now.delete(producerId)
  }

  has(producerId: number): boolean {
    return this.#now.has(producerId)
  }
}
