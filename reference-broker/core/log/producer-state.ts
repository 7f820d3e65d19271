/**
 * What a partition remembers of each idempotent producer: its epoch and its last five batches (KIP-98), enough to tell
 * the next batch from a duplicate and from a gap. The leader asks `classifyBatch` before it appends; what is in the log
 * is applied without asking, on leaders, followers and in recovery alike, so that all end with the same state.
 */
import { isControl, type BatchHeader } from '../../../protocol/record-batch.ts'

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
  /** Oldest first, at most five, all of this epoch; none after a marker that raised the epoch. */
  readonly batches: readonly ProducerBatch[]
  readonly lastTimestamp: number
}

export type BatchClass =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly timestamp: number }
  | { readonly kind: 'error'; readonly error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' | 'INVALID_PRODUCER_EPOCH' }

export interface SequencedBatch {
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly lastSequence: number
}

const append: BatchClass = { kind: 'append' }
const outOfOrder: BatchClass = { kind: 'error', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }
const oldEpoch: BatchClass = { kind: 'error', error: 'INVALID_PRODUCER_EPOCH' }

/** `sequence + count`, going on at 0 after 2^31-1. */
export function addSequence(sequence: number, count: number): number {
  const sum = sequence + count
  return sum > maxSequence ? sum - maxSequence - 1 : sum
}

/** First and last sequence of a batch; a batch uses as many sequences as it spans offsets. */
export function sequencesOf(header: BatchHeader): SequencedBatch {
  return {
    producerEpoch: header.producerEpoch,
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
  const isLoose = entry === undefined || entry.producerEpoch === noEpoch
  if (batch.producerEpoch < (entry?.producerEpoch ?? noEpoch)) return oldEpoch
  if (entry === undefined) return append
  if (batch.producerEpoch > entry.producerEpoch) return isLoose || batch.firstSequence === 0 ? append : outOfOrder
  for (const known of entry.batches) {
    if (known.firstSequence === batch.firstSequence && known.lastSequence === batch.lastSequence) {
      return { kind: 'duplicate', baseOffset: known.baseOffset, timestamp: known.timestamp }
    }
  }
  return isLoose || batch.firstSequence === expectedSequence(entry) ? append : outOfOrder
}

/** What the entry becomes by a batch that is in the log. */
function advance(entry: ProducerEntry | undefined, header: BatchHeader): ProducerEntry {
  const { producerId, producerEpoch, baseOffset, maxTimestamp: timestamp } = header
  const known = entry?.producerEpoch === producerEpoch ? entry : undefined
  if (isControl(header)) return { producerId, producerEpoch, batches: known?.batches ?? [], lastTimestamp: timestamp }
  const { firstSequence, lastSequence } = sequencesOf(header)
  const lastOffset = baseOffset + header.lastOffsetDelta
  const batch: ProducerBatch = { firstSequence, lastSequence, baseOffset, lastOffset, timestamp }
  const continues = known !== undefined && (producerEpoch === noEpoch || expectedSequence(known) === firstSequence)
  const batches = continues ? [...known.batches.slice(1 - rememberedBatches), batch] : [batch]
  return { producerId, producerEpoch, batches, lastTimestamp: timestamp }
}

export class ProducerStates {
  readonly #entries = new Map<number, ProducerEntry>()
  readonly #expirationMs: () => number

  /** `expirationMs`: asked each time, so that a changed setting counts at once. */
  constructor(expirationMs: () => number) {
    this.#expirationMs = expirationMs
  }

  /** In the order the producers were first seen. Entries are never changed, so the list stays true to its moment. */
  entries(): readonly ProducerEntry[] {
    return [...this.#entries.values()]
  }

  /** The producer's state; a producer silent for longer than the expiration time is forgotten here. */
  find(producerId: number, wallNowMs: number): ProducerEntry | undefined {
    const entry = this.#entries.get(producerId)
    if (entry === undefined || wallNowMs - entry.lastTimestamp < this.#expirationMs()) return entry
    this.#entries.delete(producerId)
    return undefined
  }

  removeExpired(wallNowMs: number): void {
    for (const producerId of this.#entries.keys()) this.find(producerId, wallNowMs)
  }

  /**
   * Takes over what a batch in the log says. Nothing is refused; sequences that do not continue mean that the leader
   * had no state (expired, or deleted with the data), so older batches are forgotten too and cannot pass as duplicates.
   */
  apply(header: BatchHeader): void {
    const { producerId } = header
    if (producerId >= 0) this.#entries.set(producerId, advance(this.#entries.get(producerId), header))
  }

  restore(entries: readonly ProducerEntry[]): void {
    this.#entries.clear()
    for (const entry of entries) this.#entries.set(entry.producerId, entry)
  }
}
