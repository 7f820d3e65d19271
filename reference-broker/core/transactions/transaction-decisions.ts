/** What a transaction coordinator decides and a bug could get wrong: pure functions, part of the table in decisions.ts. */
import { includes, isEnding, type TopicPartitions, type Transaction } from './transaction.ts'

export interface TransactionDecisions {
  /** Of a producer id nobody had. */
  firstEpoch(): number
  /** Does the epoch a request comes with belong to a producer that was replaced, or to none there ever was? */
  isFencedProducer(view: { readonly asked: number; readonly current: number }): boolean
  /** The epoch a transaction ends in. With version 2 each end raises it, so that what comes late is fenced (KIP-890). */
  epochAfterEnd(view: { readonly producerEpoch: number; readonly transactionVersion: number }): number
  /** The epoch in which a transaction is aborted over the head of its producer. */
  fencingEpoch(producerEpoch: number): number
  /** Must an open transaction be aborted before another instance takes the producer over? */
  mustAbortBeforeTakingOver(): boolean
  /** Is the end that was asked for the one there was? Then it is answered as it was the first time. */
  isRepeatedEnd(view: { readonly asked: boolean; readonly committed: boolean }): boolean
  /** May a transaction end that has not begun? With version 2 an abort does, and raises the epoch. */
  mayEndNothing(view: { readonly committed: boolean; readonly transactionVersion: number }): boolean
  /** May partitions still be added? Once the outcome is decided, its markers go to those that were known then. */
  mayAddPartitions(transaction: Transaction): boolean
  isInTransaction(transaction: Transaction, topic: string, index: number): boolean
  /** Must the outcome be committed before a marker makes it known? */
  markersWaitForCommit(): boolean
  /** Where the markers go. */
  partitionsToMark(transaction: Transaction): TopicPartitions
  /** What a new coordinator makes of a transaction it finds in the log; undefined: nothing. */
  recoveredTransaction(transaction: Transaction): Transaction | undefined
  /** Has an open transaction taken longer than it may? */
  transactionIsOver(view: { readonly startMs: number; readonly timeoutMs: number; readonly nowMs: number }): boolean
  /** Is a transactional id that no transaction uses to be forgotten? */
  transactionalIdIsExpired(view: { readonly lastUpdateMs: number; readonly expirationMs: number; readonly nowMs: number }): boolean
  /** Must a leader ask the coordinator before the first records of a transaction (KIP-890)? */
  mustAskMembership(): boolean
  /** May a leader append the records of a transaction to a partition? */
  mayAppendToTransaction(view: { readonly isOpenHere: boolean; readonly isVerified: boolean }): boolean
}

export const soundTransactionDecisions: TransactionDecisions = {
  firstEpoch: () => 0,
  isFencedProducer: ({ asked, current }) => asked !== current,
  epochAfterEnd: ({ producerEpoch, transactionVersion }) => producerEpoch + (transactionVersion >= 2 ? 1 : 0),
  fencingEpoch: (producerEpoch) => producerEpoch + 1,
  mustAbortBeforeTakingOver: () => true,
  isRepeatedEnd: ({ asked, committed }) => asked === committed,
  mayEndNothing: ({ committed, transactionVersion }) => transactionVersion >= 2 && !committed,
  mayAddPartitions: (transaction) => !isEnding(transaction),
  isInTransaction: ({ partitions }, topic, index) => includes(partitions, topic, index),
  markersWaitForCommit: () => true,
  partitionsToMark: ({ partitions }) => partitions,
  recoveredTransaction: (transaction) => transaction,
  transactionIsOver: ({ startMs, timeoutMs, nowMs }) => nowMs - startMs > timeoutMs,
  transactionalIdIsExpired: ({ lastUpdateMs, expirationMs, nowMs }) => nowMs - lastUpdateMs >= expirationMs,
  mustAskMembership: () => true,
  mayAppendToTransaction: ({ isOpenHere, isVerified }) => isOpenHere || isVerified,
}
