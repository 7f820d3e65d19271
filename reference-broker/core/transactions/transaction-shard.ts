/**
 * The transactions of one partition of `__transaction_state`: the fold of its log, and the endings under way. What is decided
 * is written, then committed, then made known: no marker goes out before the outcome is certain, and a coordinator that takes
 * over finishes what its log says is decided.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import type { CommitError, ShardWriter } from '../coordinator/shard.ts'
import type { StateMachine } from '../coordinator/state-machine.ts'
import type { Decisions } from '../decisions.ts'
import { completed } from './end-txn.ts'
import type { MarkerSender } from './marker-sender.ts'
import type { TransactionRecord } from './records.ts'
import { isEnding, type Transaction } from './transaction.ts'

export interface TransactionEnvironment {
  readonly loop: DiskLoop
  readonly decisions: Decisions
  readonly markers: MarkerSender
}

const retryMs = 50

export class TransactionShard implements StateMachine<TransactionRecord> {
  readonly transactions: Map<string, Transaction> = new Map()
  readonly #environment: TransactionEnvironment
  readonly #log: ShardWriter<TransactionRecord>
  #isWriting = false
  #ended = false

  constructor(environment: TransactionEnvironment, log: ShardWriter<TransactionRecord>) {
    this.#environment = environment
    this.#log = log
  }

  /** What is appended is in the state before: whoever is woken by the append must not find the old one. */
  replay({ transactionalId, value }: TransactionRecord): void {
    if (this.#isWriting) return
    if (value === null) this.transactions.delete(transactionalId)
    else this.transactions.set(transactionalId, value)
  }

  endTransaction(): void {}

  begin(): void {
    for (const [id, found] of this.transactions) {
      const transaction = this.#environment.decisions.recoveredTransaction(found)
      if (transaction === undefined) this.transactions.delete(id)
      else this.transactions.set(id, transaction)
      if (transaction !== undefined) this.#finish(transaction)
    }
  }

  end(): void {
    this.#ended = true
  }

  /** The transaction becomes this, as soon as it is appended; an error and nothing else where it cannot be. */
  change(to: Transaction): ErrorName {
    const error = this.#put(to.transactionalId, to)
    if (error === 'NONE') this.#finish(to)
    return error
  }

  forget(transactionalId: string): ErrorName {
    return this.#put(transactionalId, null)
  }

  #put(transactionalId: string, value: Transaction | null): ErrorName {
    const before = this.transactions.get(transactionalId)
    if (value === null) this.transactions.delete(transactionalId)
    else this.transactions.set(transactionalId, value)
    this.#isWriting = true
    const error = this.#log.write([{ transactionalId, value }])
    this.#isWriting = false
    if (error !== 'NONE' && before !== undefined) this.transactions.set(transactionalId, before)
    else if (error !== 'NONE') this.transactions.delete(transactionalId)
    return error === 'MESSAGE_TOO_LARGE' ? 'UNKNOWN_SERVER_ERROR' : error
  }

  whenCommitted(done: (error: CommitError) => void): void {
    this.#log.whenCommitted(done)
  }

  /** Writes the markers of what is decided, and then that they are written. */
  #finish(transaction: Transaction): void {
    if (!isEnding(transaction)) return
    if (this.#environment.decisions.markersWaitForCommit()) this.#finishCommitted(transaction)
    else this.#sendMarkers(transaction)
  }

  #isCurrent(transaction: Transaction): boolean {
    return !this.#ended && this.transactions.get(transaction.transactionalId) === transaction
  }

  /** Nobody gives up on what is decided: as long as this broker leads, it goes on. */
  #finishCommitted(transaction: Transaction): void {
    this.#log.whenCommitted((error) => {
      if (error === 'NONE') this.#sendMarkers(transaction)
      else if (error !== 'NOT_COORDINATOR') this.#later(() => this.#finishCommitted(transaction))
    })
  }

  #sendMarkers(transaction: Transaction): void {
    if (!this.#isCurrent(transaction)) return
    const { transactionalId, producerId, producerEpoch, transactionVersion } = transaction
    this.#environment.markers.send({
      transactionalId,
      producerId,
      producerEpoch,
      transactionVersion,
      committed: transaction.state === 'PrepareCommit',
      coordinatorEpoch: this.#log.leaderEpoch,
      partitions: this.#environment.decisions.partitionsToMark(transaction),
      isOurs: () => this.#isCurrent(transaction),
      done: () => this.#complete(transaction),
    })
  }

  #complete(transaction: Transaction): void {
    if (!this.#isCurrent(transaction)) return
    const error = this.change(completed(transaction, this.#environment.loop.ports.clock.wallNow()))
    if (error !== 'NONE' && error !== 'NOT_COORDINATOR') this.#later(() => this.#complete(transaction))
  }

  #later(act: () => void): void {
    this.#environment.loop.after(retryMs, () => {
      if (!this.#ended) act()
    })
  }
}
