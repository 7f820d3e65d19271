/** Options that suit a trial: Kafka's settings with the short timeouts under which three minutes show something. */
import type { ConsumerOptions, ProducerOptions, TransactionalOptions } from './client.ts'
import type { ClusterOptions } from './cluster.ts'

export const clusterDefaults: Omit<ClusterOptions, 'bootstrap' | 'clientId'> = {
  requestTimeoutMs: 2000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
  metadataBackoffMs: 50,
  metadataMaxAgeMs: 60_000,
}

export const producerDefaults: ProducerOptions = {
  acks: -1,
  idempotence: true,
  lingerMs: 5,
  batchSizeBytes: 16_384,
  maxInFlight: 5,
  compression: 'none',
  retryBackoffMs: 100,
  deliveryTimeoutMs: 10_000,
  maxBlockMs: 10_000,
  bufferMemoryBytes: 33_554_432,
}

export const transactionalDefaults: Omit<TransactionalOptions, 'transactionalId'> = {
  lingerMs: 5,
  batchSizeBytes: 16_384,
  maxInFlight: 5,
  compression: 'none',
  retryBackoffMs: 50,
  deliveryTimeoutMs: 10_000,
  maxBlockMs: 10_000,
  bufferMemoryBytes: 33_554_432,
  transactionTimeoutMs: 5000,
}

export const consumerDefaults: ConsumerOptions = {
  isolation: 'read_uncommitted',
  resetPolicy: 'earliest',
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 52_428_800,
  partitionMaxBytes: 1_048_576,
  retryBackoffMs: 100,
  maxBufferedRecords: 5000,
}
