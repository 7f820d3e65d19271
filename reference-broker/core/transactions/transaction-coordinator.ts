/**
 * The transaction coordinator of one broker: finds the transaction of an id, lets it be decided, and answers when what the
 * answer tells of is committed. Also what time decides: transactions that take too long, ids that nobody uses.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { Coordinator } from '../coordinator/coordinator.ts'
import type { Logger } from '../logger.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { transactionsTopic } from '../metadata/internal-topics.ts'
import type { ProducerIds } from '../producer-ids.ts'
import type { Partition } from '../replication/partition.ts'
import { producerError, type ProducerOfTransaction } from './add-partitions.ts'
import { abortedOver } from './init-producer-id.ts'
import { transactionRecords, type TransactionRecord } from './records.ts'
import { isEnding, type TopicPartitions, type Transaction } from './transaction.ts'
import { TransactionShard, type TransactionEnvironment } from './transaction-shard.ts'
import type { Verdict } from './verdict.ts'

export interface TransactionCoordinatorOptions extends TransactionEnvironment {
  readonly config: BrokerConfig
  readonly logger: Logger
  readonly image: () => ClusterImage
  readonly producerIds: ProducerIds
}

/** Decides from the state of the id; the second is a producer id nobody had, if one was asked for. */
export type Decide = (known: Transaction | undefined, freshProducerId: number | undefined) => Verdict

/** With NONE, the transaction as it is committed. */
export type Decided = (error: ErrorName, transaction: Transaction | undefined) => void

/** An open transaction, and since when of the monotonic clock it is known here. */
interface SeenOpen {
  readonly startMs: number
  readonly sinceMs: number
}

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #shards: Coordinator<TransactionRecord, TransactionShard>
  /** By transactional id. */
  #seenOpen: ReadonlyMap<string, SeenOpen> = new Map()

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
    const { config } = options
    this.#shards = new Coordinator({
      topic: transactionsTopic,
      codec: transactionRecords,
      loop: options.loop,
      image: options.image,
      commitTimeoutMs: config.requestTimeoutMs,
      newState: (log) => new TransactionShard(options, log),
    })
    this.#every(config.transactionAbortTimedOutCleanupIntervalMs, () => this.#abortOverdue())
    this.#every(config.transactionRemoveExpiredCleanupIntervalMs, () => this.#forgetExpired())
  }

  #every(intervalMs: number, act: () => void): void {
    this.#options.loop.after(intervalMs, () => {
      act()
      this.#every(intervalMs, act)
    })
  }

  leadershipChanged(partition: Partition): void {
    const { topic, index } = partition.options
    if (topic === transactionsTopic && partition.isLeading) {
      this.#options.logger('info', 'transaction coordinator', { partition: index, leaderEpoch: partition.image.leaderEpoch })
    }
    this.#shards.leadershipChanged(partition)
  }

  get isLoading(): boolean {
    return this.#shards.isLoading
  }

  /** Every transaction this broker coordinates. */
  all(): Transaction[] {
    return this.#shards.active().flatMap(({ state }) => [...state.transactions.values()])
  }

  /** `done` is told of a refusal at once only if that is but for now. */
  decide(transactionalId: string, decide: Decide, done: Decided): void {
    this.#decide(transactionalId, { decide, freshProducerId: undefined }, done)
  }

  #decide(
    transactionalId: string,
    question: { readonly decide: Decide; readonly freshProducerId: number | undefined },
    done: Decided,
  ): void {
    const { error, shard } = this.#shards.find(transactionalId)
    if (shard === undefined) return done(error, undefined)
    const { state } = shard
    const verdict = question.decide(state.transactions.get(transactionalId), question.freshProducerId)
    switch (verdict.kind) {
      case 'needs-producer-id':
        return this.#options.producerIds.take((freshProducerId) => {
          if (freshProducerId === undefined) done('COORDINATOR_LOAD_IN_PROGRESS', undefined)
          else this.#decide(transactionalId, { decide: question.decide, freshProducerId }, done)
        })
      case 'refused':
        if (verdict.error === 'CONCURRENT_TRANSACTIONS') return done(verdict.error, undefined)
        return state.whenCommitted((failure) => done(failure === 'NONE' ? verdict.error : failure, undefined))
      case 'unchanged':
        return state.whenCommitted((failure) => done(failure, verdict.transaction))
      case 'changed': {
        const failed = state.change(verdict.to)
        if (failed !== 'NONE') return done(failed, undefined)
        return state.whenCommitted((failure) => done(failure === 'NONE' ? verdict.error : failure, verdict.to))
      }
    }
  }

  /** Whether these partitions are in the transaction; `missing` are not. */
  verify(
    transactionalId: string,
    asked: ProducerOfTransaction & { readonly partitions: TopicPartitions },
    done: (error: ErrorName, missing: TopicPartitions) => void,
  ): void {
    const none: TopicPartitions = new Map()
    const { error, shard } = this.#shards.find(transactionalId)
    if (shard === undefined) return done(error, none)
    const { state } = shard
    const { decisions } = this.#options
    const known = state.transactions.get(transactionalId)
    const wrong = producerError(known, asked, decisions)
    if (known === undefined || wrong !== 'NONE') return done(wrong, none)
    const missing = [...asked.partitions].map(([topic, indexes]): [string, number[]] =>
      [topic, indexes.filter((index) => !decisions.isInTransaction(known, topic, index))])
    return state.whenCommitted((failure) => done(failure, new Map(missing)))
  }

  /**
   * Over the heads of their producers, which are fenced by it. When one began is written by a wall clock, which another
   * coordinator has too; should that clock be set back, what was seen open here for as long is over all the same.
   */
  #abortOverdue(): void {
    const { decisions, logger, loop } = this.#options
    const nowMs = this.#wallNow()
    const seenOpen = new Map<string, SeenOpen>()
    for (const { state } of this.#shards.active()) {
      for (const transaction of state.transactions.values()) {
        const { startMs, timeoutMs, transactionalId } = transaction
        if (transaction.state !== 'Ongoing') continue
        const before = this.#seenOpen.get(transactionalId)
        const seen = before?.startMs === startMs ? before : { startMs, sinceMs: loop.now() }
        seenOpen.set(transactionalId, seen)
        const isOver = decisions.transactionIsOver({ startMs, timeoutMs, nowMs }) || decisions.transactionIsOver({ startMs: seen.sinceMs, timeoutMs, nowMs: loop.now() })
        if (!isOver) continue
        logger('info', 'transaction timed out', { transactionalId, timeoutMs })
        state.change(abortedOver(transaction, nowMs, decisions))
      }
    }
    this.#seenOpen = seenOpen
  }

  #forgetExpired(): void {
    const { decisions, config, logger } = this.#options
    const expirationMs = config.transactionalIdExpirationMs
    const nowMs = this.#wallNow()
    for (const { state } of this.#shards.active()) {
      for (const transaction of state.transactions.values()) {
        const { transactionalId, lastUpdateMs } = transaction
        if (transaction.state === 'Ongoing' || isEnding(transaction)) continue
        if (!decisions.transactionalIdIsExpired({ lastUpdateMs, expirationMs, nowMs })) continue
        logger('info', 'transactional id expired', { transactionalId })
        state.forget(transactionalId)
      }
    }
  }

  #wallNow(): number {
    return this.#options.loop.ports.clock.wallNow()
  }
}
