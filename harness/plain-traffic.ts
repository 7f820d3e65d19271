/** The plain traffic of trials on real brokers, beside which everything else runs. */
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import type { Profile } from './profile.ts'

export function plainTraffic(
  { clients }: Profile,
  { openSendsPerProducer = 500, ...asked }: Pick<KeyedAppendOptions, 'idempotence' | 'recordsPerSecond'> & Partial<Pick<KeyedAppendOptions, 'openSendsPerProducer'>>,
): KeyedAppendOptions {
  return {
    producers: 3,
    consumers: 2,
    recordKeysPerPartition: 8,
    openSendsPerProducer,
    acks: -1,
    isolation: 'read_uncommitted',
    lingerMs: 5,
    batchSizeBytes: 16_384,
    maxInFlight: 5,
    valueSizeBytes: { min: 20, max: 400 },
    compression: 'none',
    deliveryTimeoutMs: clients.deliveryTimeoutMs,
    maxRecordsPerPoll: 500,
    replaceConsumerMs: 10_000,
    ...asked,
  }
}
