/**
 * The batches of one partition on their way: open, ready, in flight; and, with idempotence, which sequence each has.
 * Decisions only, no I/O. The rules it keeps:
 * - The youngest batch takes records until it is full or sent; its linger only says when it may be sent.
 * - Batches go out in the order they were made; one that must be resent goes before all made after it.
 * - Batches are in flight to one node at a time, so that a new leader never sees a later batch first.
 * - A sequence, once sent, belongs to its batch until the batch's fate is known. A batch given up leaves a gap that no
 *   broker accepts, so the partition then goes on under a fresh producer id, once nothing is in flight. What was perhaps
 *   written under the old id is not sent again under the new one: it would be a duplicate nobody can see.
 * - Until a producer id has one acknowledged batch here, one batch is in flight: a leader that knows nothing of the id takes
 *   any first sequence, and would take the second batch when it refused the first.
 * Batches that are decided go to `finished`, whose owner tells the callers when all state is settled.
 */
import type { Clock } from '../../ports/clock.ts'
import type { ProducerRecord } from './client.ts'
import { ProducerBatch, recordSizeBytes } from './producer-batch.ts'
import type { ProducerIdentity, SendDone } from './producer-batch.ts'

export interface QueueOptions {
  readonly idempotence: boolean
  readonly batchSizeBytes: number
  readonly lingerMs: number
  readonly deliveryTimeoutMs: number
}

export class PartitionQueue {
  readonly topic: string
  readonly index: number
  readonly #options: QueueOptions
  readonly #clock: Clock
  readonly #finished: ProducerBatch[]
  #nextOrder = 1
  #open: ProducerBatch | undefined
  /** Closed, not in flight; by order. */
  readonly #ready: ProducerBatch[] = []
  /** In the order they were sent. */
  readonly #inFlight: ProducerBatch[] = []
  #backoffUntilMs = 0
  #identity: ProducerIdentity | undefined
  #nextSequence = 0
  #isProven = false
  #isGapped = false

  constructor(topic: string, index: number, options: QueueOptions, around: { clock: Clock; finished: ProducerBatch[] }) {
    this.topic = topic
    this.index = index
    this.#options = options
    this.#clock = around.clock
    this.#finished = around.finished
  }

  /** The batch that is to go out next, whether or not it may now. */
  #next(nowMs: number): ProducerBatch | undefined {
    return this.#ready[0] ?? (this.#isOpenDue(nowMs) ? this.#open : undefined)
  }

  #isOpenDue(nowMs: number): boolean {
    return this.#open !== undefined && this.#open.createdMs + this.#options.lingerMs <= nowMs
  }

  hasNext(nowMs: number): boolean {
    return this.#next(nowMs) !== undefined
  }

  /** Gives up everything, as if all of it had perhaps happened. */
  abandon(code: string, message: string): void {
    this.#close()
    for (const batch of [...this.#inFlight.splice(0), ...this.#ready.splice(0)]) {
      batch.mayHaveHappened = true
      this.#giveUp(batch, code, message)
    }
  }

  /** Nothing is waiting and nothing under way, not even a request whose batch was given up. */
  get isQuiet(): boolean {
    return this.#open === undefined && this.#ready.length === 0 && this.#inFlight.length === 0
  }

  /** What is open may be sent now. */
  flush(): void {
    this.#close()
  }

  /** Gives up what is not in flight. */
  dropUnsent(code: string, message: string): void {
    this.#close()
    for (const batch of this.#ready.splice(0)) this.#drop(batch, code, message)
  }

  /** `sentMs`: when the caller sent it. Says whether this record closed a batch. */
  append(record: ProducerRecord, done: SendDone, sentMs: number): boolean {
    let closed = false
    if (this.#open !== undefined && this.#open.sizeBytes + recordSizeBytes(record) > this.#options.batchSizeBytes) {
      this.#close()
      closed = true
    }
    this.#open ??= this.#newBatch(sentMs)
    this.#open.add(record, record.timestamp ?? this.#clock.wallNow(), done)
    if (this.#open.sizeBytes < this.#options.batchSizeBytes) return closed
    this.#close()
    return true
  }

  /** Its first record is its oldest. */
  #newBatch(sentMs: number): ProducerBatch {
    return new ProducerBatch({
      topic: this.topic,
      partition: this.index,
      order: this.#nextOrder++,
      createdMs: this.#clock.now(),
      deadlineMs: sentMs + this.#options.deliveryTimeoutMs,
    })
  }

  #close(): void {
    if (this.#open === undefined) return
    this.#ready.push(this.#open)
    this.#open = undefined
  }

  /** When something happens here without an event: a linger, a backoff or a delivery timeout ends. Infinity for never. */
  nextDueMs(nowMs: number): number {
    let dueMs = this.#backoffUntilMs > nowMs && this.hasNext(nowMs) ? this.#backoffUntilMs : Infinity
    const open = this.#open
    if (open !== undefined) {
      dueMs = Math.min(dueMs, this.#isOpenDue(nowMs) ? open.deadlineMs : open.createdMs + this.#options.lingerMs)
    }
    if (this.#ready.length > 0) dueMs = Math.min(dueMs, this.#ready[0]!.deadlineMs)
    for (const batch of this.#inFlight) if (!batch.isCompleted) dueMs = Math.min(dueMs, batch.deadlineMs)
    return dueMs
  }

  /** Gives up what has passed its delivery timeout. What is in flight stays there until its answer is known. */
  expire(nowMs: number): void {
    if (this.#open !== undefined && this.#open.deadlineMs <= nowMs) this.#close()
    while (this.#ready.length > 0 && this.#ready[0]!.deadlineMs <= nowMs) {
      const batch = this.#ready.shift()!
      this.#drop(batch, batch.lastCode === '' ? 'TIMED_OUT' : batch.lastCode, 'delivery timed out')
    }
    for (const batch of this.#inFlight) {
      if (batch.isCompleted || batch.deadlineMs > nowMs) continue
      batch.mayHaveHappened = true
      this.#giveUp(batch, 'TIMED_OUT', 'delivery timed out')
    }
  }

  /** The batch that may go to `node` now. */
  sendable(nowMs: number, node: number): ProducerBatch | undefined {
    const batch = this.#next(nowMs)
    if (batch === undefined || this.#backoffUntilMs > nowMs) return undefined
    const last = this.#inFlight.at(-1)
    if (last !== undefined && last.node !== node) return undefined
    if (!this.#options.idempotence) return batch
    if (this.#identity === undefined || this.#isGapped) return undefined
    return this.#isProven || last === undefined ? batch : undefined
  }

  /** Moves what `sendable` gave into flight, with a sequence if it needs one. */
  sent(batch: ProducerBatch, node: number): void {
    if (batch === this.#open) this.#open = undefined
    else this.#ready.shift()
    this.#inFlight.push(batch)
    batch.node = node
    batch.attempts++
    if (!this.#options.idempotence || batch.baseSequence >= 0) return
    batch.setSequence(this.#identity!, this.#nextSequence)
    this.#nextSequence = (this.#nextSequence + batch.recordCount) % 0x8000_0000
  }

  succeeded(batch: ProducerBatch, baseOffset: number, timestamp: number | undefined): void {
    this.#land(batch)
    this.#isProven = true
    if (batch.isCompleted) return
    batch.succeed(baseOffset, timestamp)
    this.#finished.push(batch)
  }

  /** The attempt failed and another may help. */
  retry(batch: ProducerBatch, notBeforeMs: number): void {
    this.#land(batch)
    if (batch.isCompleted) return this.#noteGap(batch)
    let at = 0
    while (at < this.#ready.length && this.#ready[at]!.order < batch.order) at++
    this.#ready.splice(at, 0, batch)
    this.#backoffUntilMs = Math.max(this.#backoffUntilMs, notBeforeMs)
  }

  /** The attempt failed and another cannot help. */
  failed(batch: ProducerBatch): void {
    this.#land(batch)
    this.#drop(batch, batch.lastCode, batch.lastMessage)
  }

  /** An out-of-order answer says nothing about a batch while the fate of an earlier one is open. */
  isOrderOpen(batch: ProducerBatch): boolean {
    if (this.#isGapped) return true
    return this.#inFlight.some((each) => each.order < batch.order) || this.#ready.some((each) => each.order < batch.order)
  }

  /** True when the partition cannot go on without a producer id it has not had. */
  needsIdentity(): boolean {
    if (!this.#options.idempotence) return false
    if (this.#identity === undefined) return true
    if (!this.#isGapped || this.#inFlight.length > 0) return false
    this.#leaveIdentity()
    return true
  }

  takeIdentity(identity: ProducerIdentity): void {
    this.#identity = identity
    this.#nextSequence = 0
    this.#isProven = false
    this.#isGapped = false
  }

  /** For a queue in which nothing has a sequence: what comes goes out under another identity. */
  forgetIdentity(): void {
    this.#identity = undefined
  }

  /** Ends what was perhaps written; takes back the sequences of what certainly was not. */
  #leaveIdentity(): void {
    this.#identity = undefined
    for (const batch of this.#ready.splice(0)) {
      if (batch.baseSequence >= 0 && batch.mayHaveHappened) {
        this.#giveUp(batch, batch.lastCode, 'an earlier batch was given up')
        continue
      }
      batch.clearSequence()
      this.#ready.push(batch)
    }
  }

  #land(batch: ProducerBatch): void {
    const at = this.#inFlight.indexOf(batch)
    if (at >= 0) this.#inFlight.splice(at, 1)
  }

  #drop(batch: ProducerBatch, code: string, message: string): void {
    this.#noteGap(batch)
    this.#giveUp(batch, code, message)
  }

  #giveUp(batch: ProducerBatch, code: string, message: string): void {
    if (batch.isCompleted) return
    batch.giveUp(code, message)
    this.#finished.push(batch)
  }

  #noteGap(batch: ProducerBatch): void {
    if (batch.baseSequence >= 0) this.#isGapped = true
  }
}
