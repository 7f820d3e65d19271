/**
 * How many partitions, and how much disk and network, a load needs: the usual rules, with measured rates in the place of
 * folklore (OPS-2). Pure. Bytes are bytes, MB is a million of them.
 */

export interface Demand {
  readonly recordsPerSecond: number
  /** Key and value. */
  readonly recordSizeBytes: number
  /** Groups that each read everything. */
  readonly groups: number
  /** Consumers of one group that are to work at the same time. */
  readonly consumers: number
  readonly retentionMs: number
  readonly replicationFactor: number
  readonly brokers: number
  /** Of every rate and every disk, this share is kept free. */
  readonly headroomShare: number
}

/** Of one partition on the brokers it was measured on, in bytes of keys and values. */
export interface MeasuredRates {
  readonly producedBytesPerSecond: number
  readonly consumedBytesPerSecond: number
  /** What the log takes for a byte of keys and values: batches, lengths, compression. */
  readonly storedPerByte: number
}

export interface Sizing {
  readonly bytesPerSecond: number
  /** The largest of the three below. */
  readonly partitions: number
  readonly because: 'writing' | 'reading' | 'parallelism'
  readonly partitionsToWrite: number
  readonly partitionsToRead: number
  readonly partitionsForParallelism: number
  /** Of this topic, with replicas. */
  readonly replicasPerBroker: number
  readonly diskBytesPerBroker: number
  readonly networkInBytesPerBroker: number
  readonly networkOutBytesPerBroker: number
  /** What should make a person stop, one sentence each. */
  readonly warnings: readonly string[]
}

/** More replicas than this a broker carries badly: Kafka's own advice. Not measured here. */
export const replicasPerBrokerMost = 4000
/** What is usually guessed for one partition. */
export const guessedBytesPerSecond = 10_000_000

export function sizeFor(demand: Demand, measured: MeasuredRates): Sizing {
  const { recordsPerSecond, recordSizeBytes, groups, consumers, retentionMs, replicationFactor, brokers, headroomShare } = demand
  const bytesPerSecond = recordsPerSecond * recordSizeBytes
  const usable = 1 - headroomShare
  const partitionsToWrite = Math.max(1, Math.ceil(bytesPerSecond / (measured.producedBytesPerSecond * usable)))
  const partitionsToRead = Math.max(1, Math.ceil(bytesPerSecond / (measured.consumedBytesPerSecond * usable)))
  const partitions = Math.max(partitionsToWrite, partitionsToRead, consumers)
  const stored = bytesPerSecond * measured.storedPerByte
  const perBroker = (bytes: number): number => bytes / brokers
  const replicasPerBroker = Math.ceil((partitions * replicationFactor) / brokers)
  return {
    bytesPerSecond,
    partitions,
    because: partitions === partitionsToWrite ? 'writing' : partitions === partitionsToRead ? 'reading' : 'parallelism',
    partitionsToWrite,
    partitionsToRead,
    partitionsForParallelism: consumers,
    replicasPerBroker,
    diskBytesPerBroker: Math.ceil(perBroker((stored * replicationFactor * retentionMs) / 1000) / usable),
    // A broker takes in what it leads and what it follows; it gives out what it leads to followers and to each group.
    networkInBytesPerBroker: Math.ceil(perBroker(stored * replicationFactor)),
    networkOutBytesPerBroker: Math.ceil(perBroker(stored * (replicationFactor - 1 + groups))),
    warnings: warningsOf(demand, replicasPerBroker),
  }
}

function warningsOf({ replicationFactor, brokers }: Demand, replicasPerBroker: number): string[] {
  const warnings: string[] = []
  if (replicationFactor > brokers) warnings.push(`${brokers} brokers cannot hold ${replicationFactor} replicas.`)
  if (replicationFactor < 3) warnings.push('With fewer than three replicas one broker cannot be restarted without being missed.')
  if (replicasPerBroker > replicasPerBrokerMost) {
    warnings.push(`${replicasPerBroker} replicas a broker are more than the ${replicasPerBrokerMost} that are advised: take more brokers.`)
  }
  return warnings
}
