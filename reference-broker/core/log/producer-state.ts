/**
 * What a partition remembers of each idempotent producer: its epoch, its last five batches and its open transaction
 * (KIP-98), enough to tell the next batch from a duplicate and from a gap. The leader asks `classifyBatch` and
 * `classifyMarker` before it appends; what is in the log is applied without asking, on leaders, followers and in recovery
 * alike, so that all end with the same state.
 */
import type { EndTxnMarker } from '../../../protocol/control-records.ts'
import { isControl, isTransactional, type BatchHeader } from '../../../protocol/record-batch.ts'
import { Transactions } from './transactions.ts'

/** Producers keep at most five requests in flight, so a duplicate is one of the last five. */
const rememberedBatches = 5
const maxSequence = 0x7fffffff
const noEpoch = -1

export interface ProducerBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  /** The batch's largest timestamp, which is its append time under LogAppendTime. */
  readonly timestamp: number
}

export interface ProducerEntry {
  readonly producerId: number
  readonly producerEpoch: number
  /** Of the coordinator that wrote the last marker, -1 before there was one. */
  readonly coordinatorEpoch: number
  /** First offset of the open transaction, -1 while none is open. */
  readonly currentTxnFirstOffset: number
  /** Oldest first, at most five, all of this epoch; none after a marker that raised the epoch. */
  readonly batches: readonly ProducerBatch[]
  /** Of the last batch or marker, by its own word: not when it was appended. */
  readonly lastTimestamp: number
}

export type BatchClass =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly timestamp: number }
  | { readonly kind: 'error'; readonly error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' | 'INVALID_PRODUCER_EPOCH' | 'INVALID_TXN_STATE' }

export interface SequencedBatch {
  readonly producerEpoch: number
  readonly isTransactional: boolean
  /** With transaction version 2 each transaction begins at sequence 0, also with a producer the partition has forgotten. */
  readonly mustBeginAtZero: boolean
  readonly firstSequence: number
  readonly lastSequence: number
}

const append: BatchClass = { kind: 'append' }
const outOfOrder: BatchClass = { kind: 'error', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }
const oldEpoch: BatchClass = { kind: 'error', error: 'INVALID_PRODUCER_EPOCH' }
const outsideTransaction: BatchClass = { kind: 'error', error: 'INVALID_TXN_STATE' }

/** A marker a coordinator wants to write. */
export interface MarkerToWrite {
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** 2: the coordinator raised the epoch for this marker (KIP-890). */
  readonly transactionVersion: number
}

export type MarkerClass = 'NONE' | 'INVALID_PRODUCER_EPOCH' | 'TRANSACTION_COORDINATOR_FENCED'

/** `sequence + count`, going on at 0 after 2^31-1. */
export function addSequence(sequence: number, count: number): number {
  const sum = sequence + count
  return sum > maxSequence ? sum - maxSequence - 1 : sum
}

/** First and last sequence of a batch; a batch uses as many sequences as it spans offsets. */
export function sequencesOf(header: BatchHeader, mustBeginAtZero = false): SequencedBatch {
  return {
    producerEpoch: header.producerEpoch,
    isTransactional: isTransactional(header),
    mustBeginAtZero,
    firstSequence: header.baseSequence,
    lastSequence: addSequence(header.baseSequence, header.lastOffsetDelta),
  }
}

function expectedSequence(entry: ProducerEntry): number {
  const last = entry.batches.at(-1)
  return last === undefined ? 0 : addSequence(last.lastSequence, 1)
}

/**
 * Whether a leader may append the batch of a producer it knows as `entry`. A producer without state, or known without an
 * epoch only, may go on anywhere.
 */
export function classifyBatch(entry: ProducerEntry | undefined, batch: SequencedBatch): BatchClass {
  if (batch.producerEpoch < (entry?.producerEpoch ?? noEpoch)) return oldEpoch
  if (entry === undefined) return batch.mustBeginAtZero && batch.firstSequence !== 0 ? outOfOrder : append
  if (batch.producerEpoch === entry.producerEpoch) {
    for (const known of entry.batches) {
      if (known.firstSequence === batch.firstSequence && known.lastSequence === batch.lastSequence) {
        return { kind: 'duplicate', baseOffset: known.baseOffset, timestamp: known.timestamp }
      }
    }
  }
  const expected = batch.producerEpoch > entry.producerEpoch ? 0 : expectedSequence(entry)
  if (entry.producerEpoch !== noEpoch && batch.firstSequence !== expected) return outOfOrder
  return entry.currentTxnFirstOffset >= 0 && !batch.isTransactional ? outsideTransaction : append
}

/**
 * Whether a leader may append the marker of a coordinator. With transaction version 2 each marker comes with an epoch of
 * its own, so one that is not newer is late (KIP-1228), unless it repeats the marker that is there already.
 */
export function classifyMarker(entry: ProducerEntry | undefined, marker: MarkerToWrite): MarkerClass {
  if (entry === undefined) return 'NONE'
  const isOpen = entry.currentTxnFirstOffset >= 0
  const least = entry.producerEpoch + (marker.transactionVersion >= 2 && isOpen ? 1 : 0)
  if (marker.producerEpoch < least) return 'INVALID_PRODUCER_EPOCH'
  return marker.coordinatorEpoch < entry.coordinatorEpoch ? 'TRANSACTION_COORDINATOR_FENCED' : 'NONE'
}

/** What the entry becomes by a batch that is in the log; `marker` is what it says if it ends a transaction. */
function advance(entry: ProducerEntry | undefined, header: BatchHeader, marker: EndTxnMarker | undefined): ProducerEntry {
  const { producerId, producerEpoch, maxTimestamp: lastTimestamp } = header
  const open = entry?.currentTxnFirstOffset ?? -1
  const coordinatorEpoch = marker?.coordinatorEpoch ?? entry?.coordinatorEpoch ?? -1
  const known = entry?.producerEpoch === producerEpoch ? entry : undefined
  const common = { producerId, producerEpoch, coordinatorEpoch, lastTimestamp }
  if (isControl(header)) {
    return { ...common, currentTxnFirstOffset: marker === undefined ? open : -1, batches: known?.batches ?? [] }
  }
  const currentTxnFirstOffset = open < 0 && isTransactional(header) ? header.baseOffset : open
  return { ...common, currentTxnFirstOffset, batches: batchesWith(known, header) }
}

/** `known`: the entry, if it is of the batch's epoch. */
function batchesWith(known: ProducerEntry | undefined, header: BatchHeader): readonly ProducerBatch[] {
  const { baseOffset, maxTimestamp: timestamp } = header
  const { firstSequence, lastSequence } = sequencesOf(header)
  const batch: ProducerBatch = { firstSequence, lastSequence, baseOffset, lastOffset: baseOffset + header.lastOffsetDelta, timestamp }
  const continues = known !== undefined && (known.producerEpoch === noEpoch || expectedSequence(known) === firstSequence)
  return continues ? [...known.batches.slice(1 - rememberedBatches), batch] : [batch]
}

/** A producer as a checkpoint keeps it, with the wall clock of its last append. */
export interface KeptProducer {
  readonly entry: ProducerEntry
  readonly appendedMs: number
}

export class ProducerStates {
  readonly #entries = new Map<number, ProducerEntry>()
  /** By the wall clock of this replica: timestamps are what clients claim, and may be years old. */
  readonly #appendedMs = new Map<number, number>()
  readonly #expirationMs: () => number
  readonly transactions: Transactions = new Transactions()

  /** `expirationMs`: asked each time, so that a changed setting counts at once. */
  constructor(expirationMs: () => number) {
    this.#expirationMs = expirationMs
  }

  /** In the order the producers were first seen. Entries are never changed, so the list stays true to its moment. */
  entries(): readonly ProducerEntry[] {
    return [...this.#entries.values()]
  }

  /** The producer's state; a producer silent for longer than the expiration time, without an open transaction, is forgotten. */
  find(producerId: number, wallNowMs: number): ProducerEntry | undefined {
    const entry = this.#entries.get(producerId)
    if (entry === undefined || entry.currentTxnFirstOffset >= 0) return entry
    if (wallNowMs - this.#appendedMs.get(producerId)! < this.#expirationMs()) return entry
    this.#entries.delete(producerId)
    this.#appendedMs.delete(producerId)
    return undefined
  }

  /** Whether this producer has a transaction open, in this epoch. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    const entry = this.#entries.get(producerId)
    return entry !== undefined && entry.currentTxnFirstOffset >= 0 && entry.producerEpoch === producerEpoch
  }

  /** Whether a batch of a later epoch is here. */
  isFenced(producerId: number, producerEpoch: number): boolean {
    const entry = this.#entries.get(producerId)
    return entry !== undefined && entry.producerEpoch > producerEpoch
  }

  removeExpired(wallNowMs: number): void {
    for (const producerId of this.#entries.keys()) this.find(producerId, wallNowMs)
  }

  /**
   * Takes over what a batch in the log says, and its marker if it ends a transaction. Nothing is refused; sequences that do
   * not continue mean that the leader had no state (expired, or deleted with the data), so older batches are forgotten too
   * and cannot pass as duplicates.
   */
  apply(header: BatchHeader, marker: EndTxnMarker | undefined, wallNowMs: number): void {
    const { producerId } = header
    if (producerId < 0) return
    const before = this.#entries.get(producerId)
    const entry = advance(before, header, marker)
    this.#entries.set(producerId, entry)
    this.#appendedMs.set(producerId, wallNowMs)
    const wasOpen = before !== undefined && before.currentTxnFirstOffset >= 0
    const isOpen = entry.currentTxnFirstOffset >= 0
    if (!wasOpen && isOpen) this.transactions.begin(producerId, entry.currentTxnFirstOffset)
    else if (wasOpen && !isOpen) this.transactions.end(producerId, header.baseOffset, marker!.committed)
  }

  /** The state is `entries` now; who was not known before counts as heard of now. */
  restore(entries: readonly ProducerEntry[], wallNowMs: number): void {
    const kept = entries.map((entry) => ({ entry, appendedMs: this.#appendedMs.get(entry.producerId) ?? wallNowMs }))
    this.restoreKept(kept)
  }

  restoreKept(kept: readonly KeptProducer[]): void {
    this.#entries.clear()
    this.#appendedMs.clear()
    for (const { entry, appendedMs } of kept) {
      this.#entries.set(entry.producerId, entry)
      this.#appendedMs.set(entry.producerId, appendedMs)
    }
    this.transactions.reopen(this.#entries.values())
  }

  /** For a checkpoint. */
  kept(): readonly KeptProducer[] {
    return this.entries().map((entry) => ({ entry, appendedMs: this.#appendedMs.get(entry.producerId)! }))
  }
}
