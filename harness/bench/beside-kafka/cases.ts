/** What is measured: settings of topics and producers, as data. Both kinds of brokers get the same. */
import type { Compression } from '../../../protocol/compression.ts'

export interface BenchCase {
  readonly replicas: 1 | 3
  readonly acks: '1' | 'all'
  readonly recordBytes: 100 | 1024 | 10_240
  readonly partitions: 1 | 100
  readonly compression: Compression
  /** `flush.messages` of the topic: 1 syncs before each answer; missing leaves syncing to the system, as both do by default. */
  readonly flushMessages?: number
}

/** The one the aim is about. */
export const headline: BenchCase = { replicas: 3, acks: 'all', recordBytes: 1024, partitions: 1, compression: 'none' }

/** The headline, and what one step away from it costs. */
export const shortMatrix: readonly BenchCase[] = [
  headline,
  { ...headline, acks: '1' },
  { ...headline, replicas: 1 },
  { ...headline, replicas: 1, acks: '1' },
  { ...headline, recordBytes: 100 },
  { ...headline, recordBytes: 10_240 },
  { ...headline, partitions: 100 },
  { ...headline, compression: 'lz4' },
  { ...headline, flushMessages: 1 },
]

/** Everything with everything, and syncing before each answer for what acks=all promises. */
export const fullMatrix: readonly BenchCase[] = [
  ...([3, 1] as const).flatMap((replicas) =>
    (['all', '1'] as const).flatMap((acks) =>
      ([1024, 100, 10_240] as const).flatMap((recordBytes) =>
        ([1, 100] as const).flatMap((partitions) =>
          (['none', 'lz4'] as const).map((compression) => ({ replicas, acks, recordBytes, partitions, compression })))))),
  { ...headline, flushMessages: 1 },
  { ...headline, replicas: 1, flushMessages: 1 },
]

export function nameOf({ replicas, acks, recordBytes, partitions, compression, flushMessages }: BenchCase): string {
  const size = recordBytes < 1024 ? `${recordBytes} B` : `${recordBytes / 1024} KiB`
  const of = partitions === 1 ? '1 partition' : `${partitions} partitions`
  const flush = flushMessages === undefined ? '' : `, flush.messages=${flushMessages}`
  return `RF ${replicas}, acks=${acks}, ${size}, ${of}${compression === 'none' ? '' : `, ${compression}`}${flush}`
}

/** Records of one run; the first `warmUp` of them do not count. */
export interface RunSize {
  readonly records: number
  readonly warmUp: number
}

const recordsOfRun = { 100: 600_000, 1024: 120_000, 10_240: 12_000 }
const syncedRecordsOfRun = 20_000

/** Some seconds on two cores. */
export function sizeOf({ recordBytes, flushMessages }: BenchCase): RunSize {
  const records = flushMessages === undefined ? recordsOfRun[recordBytes] : syncedRecordsOfRun
  return { records, warmUp: records / 4 }
}

/** Latency at a rate that both can keep: records a second of the headline, and for how many records. */
export const paced: RunSize & { readonly perSecond: number } = { perSecond: 4000, records: 20_000, warmUp: 5000 }

export function isPaced(of: BenchCase): boolean {
  return nameOf(of) === nameOf(headline)
}

/** Reading does not know how a record was acknowledged or synced. */
export function isReadBack({ replicas, acks, flushMessages }: BenchCase): boolean {
  return replicas === 3 && acks === 'all' && flushMessages === undefined
}
