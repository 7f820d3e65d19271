/** What of the first workload can be varied. */
import type { Compression } from '../../protocol/compression.ts'
import type { Isolation } from '../client/client.ts'
import type { WorkloadContext } from '../workload.ts'

export interface KeyedAppendOptions {
  readonly producers: number
  readonly consumers: number
  /** All producers together; sends start by the clock, whether or not earlier ones have ended. */
  readonly recordsPerSecond: number
  /** Different record keys on each partition. */
  readonly recordKeysPerPartition: number
  /** Sends one producer may have open; a send due when all are taken is skipped and counted. */
  readonly openSendsPerProducer: number
  readonly acks: 0 | 1 | -1
  readonly idempotence: boolean
  readonly isolation: Isolation
  readonly lingerMs: number
  readonly batchSizeBytes: number
  /** Produce requests in flight per broker connection. */
  readonly maxInFlight: number
  /** Values are padded to a size between these, both included. */
  readonly valueSizeBytes: { readonly min: number; readonly max: number }
  readonly compression: Compression
  readonly deliveryTimeoutMs: number
  readonly maxRecordsPerPoll: number
  /** A consumer is replaced by a fresh one about this often; 0 for never. */
  readonly replaceConsumerMs: number
}

/** What readers are made with, those of other workloads too. */
export interface ReadingContext extends WorkloadContext {
  readonly options: Pick<KeyedAppendOptions, 'isolation' | 'maxRecordsPerPoll' | 'replaceConsumerMs'>
}

/** What its parts are made with. */
export interface KeyedAppendContext extends WorkloadContext {
  readonly options: KeyedAppendOptions
}
