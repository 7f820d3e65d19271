/**
 * One partition of an internal topic while this broker leads it in one epoch: a replicated state machine.
 *
 * State is the fold of the whole log, also of what is not committed yet, and moves as soon as a record is appended. So it may
 * be ahead of what is committed; answers may not: whatever is answered from it waits until the high watermark has passed the
 * end the log had at that moment (`whenCommitted`). This needs no rollback and no lock per key: what could refuse an append
 * is asked before anything changes, an append that was made cannot fail (the broker stops when its disk does), and a deposed
 * leader drops its state as a whole. The next leader folds its own log, in which everything committed is.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import { controlType, readControlType } from '../../../protocol/control-records.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { forEachBatch, isControl, isTransactional, lastOffset } from '../../../protocol/record-batch.ts'
import { decodeRecords } from '../../../protocol/record-batch-decode.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import type { Partition } from '../replication/partition.ts'
import type { RecordCodec, StateMachine, TransactionOf } from './state-machine.ts'

export interface ShardOptions<R, S> {
  readonly partition: Partition
  readonly codec: RecordCodec<R>
  readonly loop: DiskLoop
  /** How long an answer waits to be committed. */
  readonly commitTimeoutMs: number
  readonly newState: (shard: ShardWriter<R>) => S
}

/** What came of a write or of waiting: COORDINATOR_NOT_AVAILABLE leaves open what will become of it. */
export type CommitError = 'NONE' | 'NOT_COORDINATOR' | 'COORDINATOR_NOT_AVAILABLE'

/** What a shard's state may ask of it. */
export interface ShardWriter<R> {
  readonly index: number
  /** In which it is written. */
  readonly leaderEpoch: number
  /**
   * Appends all records as one batch and replays them into the state, or does nothing at all: COORDINATOR_NOT_AVAILABLE when
   * too few replicas are in sync, NOT_COORDINATOR when this broker does not lead, MESSAGE_TOO_LARGE.
   */
  readonly write: (records: readonly R[], transaction?: TransactionOf) => ErrorName
  /** Calls back, perhaps at once, when everything the state is made of now is committed. */
  readonly whenCommitted: (done: (error: CommitError) => void) => void
}

const readBytes = 1024 * 1024
const recordBytesMax = 100 * 1024 * 1024

export class Shard<R, S extends StateMachine<R>> implements ShardWriter<R> {
  readonly state: S
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly #options: ShardOptions<R, S>
  #loaded = false
  #ended = false

  constructor(options: ShardOptions<R, S>) {
    this.#options = options
    this.partition = options.partition
    this.leaderEpoch = options.partition.image.leaderEpoch
    this.state = options.newState(this)
  }

  get index(): number {
    return this.partition.options.index
  }

  get isLoaded(): boolean {
    return this.#loaded
  }

  /** Whether it is still this epoch's leader that asks. */
  get leads(): boolean {
    return !this.#ended && this.partition.isLeading && this.partition.image.leaderEpoch === this.leaderEpoch
  }

  /** Reads the log from its start to its end, and begins. */
  load(): void {
    this.#loadFrom(this.partition.log.logStartOffset)
  }

  #loadFrom(offset: number): void {
    const { log, highWatermark, options } = this.partition
    const endOffset = options.decisions.coordinatorLoadEnd({ highWatermark, logEndOffset: log.logEndOffset })
    if (offset >= endOffset) {
      this.#loaded = true
      return this.state.begin()
    }
    const limits = { maxBytes: readBytes, endOffset, atLeastOne: true }
    return log.read(offset, limits, (bytes) => {
      if (!this.leads) return
      const next = this.#fold(bytes, offset)
      if (next === offset) throw new Error(`${this.partition.key} has no whole batch at offset ${offset}`)
      this.#loadFrom(next)
    })
  }

  /** Returns the offset after the last batch. */
  #fold(bytes: Uint8Array, from: number): number {
    let next = from
    forEachBatch(bytes, (header, at) => {
      next = lastOffset(header) + 1
      const records = decodeRecords(bytes, at, { maxBytes: recordBytesMax })
      if (isControl(header)) return this.#foldMarker(header.producerId, records[0]!.key)
      const producerId = isTransactional(header) ? header.producerId : -1
      for (const { key, value, offset } of records) {
        const record = key === null || offset < from ? undefined : this.#options.codec.decode(key, value)
        if (record !== undefined) this.state.replay(record, { offset, producerId })
      }
      return undefined
    })
    return next
  }

  #foldMarker(producerId: number, key: Uint8Array | null): void {
    const type = readControlType(key)
    if (type === controlType.abort || type === controlType.commit) this.endTransaction(producerId, type === controlType.commit)
  }

  /** To be told of a marker that has been appended to the partition. */
  endTransaction(producerId: number, committed: boolean): void {
    this.state.endTransaction(producerId, committed)
  }

  write(records: readonly R[], transaction?: TransactionOf): ErrorName {
    const { partition } = this
    if (!this.leads) return 'NOT_COORDINATOR'
    if (partition.image.inSyncReplicas.length < partition.minInSyncReplicas) return 'COORDINATOR_NOT_AVAILABLE'
    const timestamp = this.#options.loop.ports.clock.wallNow()
    const baseOffset = partition.log.logEndOffset
    const bytes = encodeBatch({
      records: records.map((record) => ({ ...this.#options.codec.encode(record), timestamp })),
      baseOffset,
      partitionLeaderEpoch: this.leaderEpoch,
      ...(transaction && { ...transaction, isTransactional: true }),
    })
    if (bytes.length > partition.options.config.maxMessageBytes) return 'MESSAGE_TOO_LARGE'
    partition.appendAsLeader(bytes, () => undefined)
    const producerId = transaction?.producerId ?? -1
    for (const [i, record] of records.entries()) this.state.replay(record, { offset: baseOffset + i, producerId })
    return 'NONE'
  }

  whenCommitted(done: (error: CommitError) => void): void {
    if (!this.leads) return done('NOT_COORDINATOR')
    const { partition } = this
    if (!partition.options.decisions.coordinatorWaits()) return done('NONE')
    const { loop, commitTimeoutMs } = this.#options
    let open = true
    const settle = (error: CommitError): void => {
      open = false
      done(error)
    }
    const acknowledged = (error: ErrorName): void => {
      if (timer !== undefined) loop.cancel(timer)
      // Fewer are in sync than should be, but what was written is committed.
      settle(error === 'NONE' || error === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' ? 'NONE' : 'NOT_COORDINATOR')
    }
    let timer: number | undefined
    partition.waitForAcknowledge(partition.log.logEndOffset, acknowledged)
    if (!open) return undefined
    timer = loop.after(commitTimeoutMs, () => {
      partition.stopWaiting(acknowledged)
      settle('COORDINATOR_NOT_AVAILABLE')
    })
    return undefined
  }

  /** Once, when the leadership is over. */
  end(): void {
    this.#ended = true
    if (this.#loaded) this.state.end()
  }
}
