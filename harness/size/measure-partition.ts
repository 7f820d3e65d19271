/** What one partition takes and gives here: written as fast as it is acknowledged for a while, then read back by one consumer. */
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import type { Compression } from '../../protocol/compression.ts'
import type { Loop } from '../../ports/loop.ts'
import type { SendOutcome, WorkloadClient } from '../../workloads/client/client.ts'
import { consumerDefaults, producerDefaults } from '../../workloads/client/defaults.ts'
import type { MeasuredRates } from './sizing.ts'

export interface PartitionSetup {
  readonly loop: Loop
  readonly client: WorkloadClient
  /** It has one partition, and nobody else uses it. */
  readonly topic: string
  readonly recordSizeBytes: number
  readonly compression: Compression
  readonly timeMs: number
  readonly deliveryTimeoutMs: number
}

export interface PartitionMeasured extends MeasuredRates {
  readonly records: number
}

/** Bytes that may be open: enough to keep the connection full. */
const openBytesMost = 4_000_000
const warmUpShare = 0.2
const batchSizeBytes = 65_536
const pollMs = 1000
/** Of the records: a quarter of it is letters drawn anew, so that compression has something to do, and not too much. */
const drawnShare = 0.25

/** Throws with Kafka's name of an error when the partition does not take records. */
export async function measurePartition(setup: PartitionSetup): Promise<PartitionMeasured> {
  const value = valueOf(setup)
  const { records, bytesPerSecond } = await write(setup, value)
  const consumedBytesPerSecond = await read(setup, records)
  return { records, producedBytesPerSecond: bytesPerSecond, consumedBytesPerSecond, storedPerByte: storedPerByte(setup, value) }
}

function valueOf({ loop, recordSizeBytes }: PartitionSetup): Uint8Array {
  const { random } = loop.ports
  const drawn = Math.ceil(recordSizeBytes * drawnShare)
  return Uint8Array.from({ length: recordSizeBytes }, (_, at) => (at < drawn ? 97 + Math.floor(random.next() * 26) : 97 + (at % 26)))
}

function storedPerByte({ compression, recordSizeBytes }: PartitionSetup, value: Uint8Array): number {
  const count = Math.max(1, Math.floor(batchSizeBytes / recordSizeBytes))
  const records = Array.from({ length: count }, () => ({ key: null, value, timestamp: 0 }))
  return encodeBatch({ records, compression }).length / (count * recordSizeBytes)
}

function write(setup: PartitionSetup, value: Uint8Array): Promise<{ records: number; bytesPerSecond: number }> {
  const { loop, client, topic, timeMs, compression, deliveryTimeoutMs } = setup
  const producer = client.producer({
    ...producerDefaults, batchSizeBytes, compression, deliveryTimeoutMs, maxBlockMs: deliveryTimeoutMs, bufferMemoryBytes: 4 * openBytesMost,
  })
  const startMs = loop.now()
  const countFromMs = startMs + warmUpShare * timeMs
  const endMs = startMs + timeMs
  let open = 0
  let records = 0
  let counted = 0
  return new Promise((resolve, reject) => {
    const ended = (outcome: SendOutcome): void => {
      open--
      if (outcome.type !== 'ok') return reject(new Error(outcome.error.code))
      records++
      const nowMs = loop.now()
      if (nowMs >= countFromMs && nowMs < endMs) counted++
      if (nowMs < endMs) return fill()
      if (open > 0) return undefined
      producer.close()
      return resolve({ records, bytesPerSecond: (counted * value.length * 1000) / (endMs - countFromMs) })
    }
    const fill = (): void => {
      while (open * value.length < openBytesMost) {
        open++
        producer.send({ topic, partition: 0, key: null, value }, ended)
      }
    }
    fill()
  })
}

function read({ loop, client, topic, recordSizeBytes }: PartitionSetup, records: number): Promise<number> {
  const consumer = client.consumer({ ...consumerDefaults, partitionMaxBytes: 8_388_608, maxBufferedRecords: 50_000 })
  consumer.assign([{ topic, partition: 0, start: 'beginning' }])
  const startMs = loop.now()
  let seen = 0
  return new Promise((resolve) => {
    const poll = (): void => consumer.poll(10_000, pollMs, (polled) => {
      for (const each of polled) seen += each.records.length
      if (seen < records) return poll()
      consumer.close()
      return resolve((seen * recordSizeBytes * 1000) / Math.max(1, loop.now() - startMs))
    })
    poll()
  })
}
