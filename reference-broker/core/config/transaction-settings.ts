/**
 * The settings of transactions that this broker acts upon, under Kafka 4.3's names, with its defaults and limits.
 * Source: Kafka's documentation, "Broker Configs" (4.3).
 */
import type { Setting } from './setting.ts'

export interface TransactionConfig {
  /** Longer ones are refused. */
  readonly transactionMaxTimeoutMs: number
  readonly transactionalIdExpirationMs: number
  readonly transactionStateLogNumPartitions: number
  readonly transactionStateLogReplicationFactor: number
  readonly transactionStateLogMinIsr: number
  readonly transactionStateLogSegmentBytes: number
  /** How often open transactions are looked at. */
  readonly transactionAbortTimedOutCleanupIntervalMs: number
  readonly transactionRemoveExpiredCleanupIntervalMs: number
  /** Leaders ask whether a partition is in the transaction, before its first records (KIP-890). */
  readonly transactionPartitionVerificationEnable: boolean
  readonly addPartitionsToTxnRetryBackoffMs: number
  readonly addPartitionsToTxnRetryBackoffMaxMs: number
}

export const transactionSettings: { readonly [Field in keyof TransactionConfig]: Setting } = {
  transactionMaxTimeoutMs: { name: 'transaction.max.timeout.ms', type: 'int', default: '900000', min: 1 },
  transactionalIdExpirationMs: { name: 'transactional.id.expiration.ms', type: 'int', default: '604800000', min: 1 },
  transactionStateLogNumPartitions: { name: 'transaction.state.log.num.partitions', type: 'int', default: '50', min: 1 },
  transactionStateLogReplicationFactor: { name: 'transaction.state.log.replication.factor', type: 'int', default: '3', min: 1 },
  transactionStateLogMinIsr: { name: 'transaction.state.log.min.isr', type: 'int', default: '2', min: 1 },
  transactionStateLogSegmentBytes: { name: 'transaction.state.log.segment.bytes', type: 'int', default: '104857600', min: 1_048_576 },
  transactionAbortTimedOutCleanupIntervalMs: {
    name: 'transaction.abort.timed.out.transaction.cleanup.interval.ms',
    type: 'int',
    default: '10000',
    min: 1,
  },
  transactionRemoveExpiredCleanupIntervalMs: {
    name: 'transaction.remove.expired.transaction.cleanup.interval.ms',
    type: 'int',
    default: '3600000',
    min: 1,
  },
  transactionPartitionVerificationEnable: { name: 'transaction.partition.verification.enable', type: 'boolean', default: 'true' },
  addPartitionsToTxnRetryBackoffMs: { name: 'add.partitions.to.txn.retry.backoff.ms', type: 'int', default: '20', min: 1 },
  addPartitionsToTxnRetryBackoffMaxMs: { name: 'add.partitions.to.txn.retry.backoff.max.ms', type: 'int', default: '100', min: 0 },
}
