/**
 * The same shapes over Kafka's own protocol, for a k6 that was built with the extension xk6-kafka. It stands alone: the extension
 * tells neither partition nor offset of a record, so there is nothing that a history could be held against, and
 * `tribunal load --native` is what is judged. Counters, thresholds and summary are those of the other scripts.
 */
import exec from 'k6/execution'
import { Counter, Trend } from 'k6/metrics'
import type { Options } from 'k6/options'
import { Reader, SCHEMA_TYPE_STRING, SchemaRegistry, Writer } from 'k6/x/kafka'
import { optionsOf } from './options.ts'
import { batch, brokers, recordKeys, requestTimeoutMs, shape, topics, valueSizeBytes } from './settings.ts'
import { valueOf } from './values.ts'

export { handleSummary } from './options.ts'

export const options: Options = optionsOf(shape, shape === 'breakpoint')

const nanosPerMs = 1_000_000
const lingerMs = 2
const readMost = 500

const recordsSent: Counter = new Counter('records_sent')
const recordsAcked: Counter = new Counter('records_acked')
const recordsRead: Counter = new Counter('records_read')
const produceTime: Trend = new Trend('produce_time', true)

const texts = new SchemaRegistry()
const writers: readonly Writer[] = topics.map((topic) => new Writer({
  brokers, topic,
  requiredAcks: -1,
  batchSize: batch,
  batchTimeout: lingerMs * nanosPerMs,
  writeTimeout: requestTimeoutMs * nanosPerMs,
  maxAttempts: 1,
  balancer: 'balancer_murmur2',
}))
let reader: Reader | undefined

function bytesOf(data: string): Uint8Array {
  return texts.serialize({ data, schemaType: SCHEMA_TYPE_STRING })
}

export function produce(): void {
  const { name: scenario, iterationInTest: number } = exec.scenario
  const messages = Array.from({ length: batch }, (_, place) => ({
    key: bytesOf(`key-${(number * 7 + place) % recordKeys}`),
    value: bytesOf(valueOf(scenario, number, place).padEnd(valueSizeBytes, '.')),
  }))
  recordsSent.add(batch)
  const startMs = Date.now()
  try {
    writers[number % writers.length]!.produce({ messages })
    recordsAcked.add(batch)
  } finally {
    produceTime.add(Date.now() - startMs)
  }
}

/** Readers share one group. */
export function read(): void {
  reader ??= new Reader({ brokers, groupID: 'k6', groupTopics: topics, maxWait: requestTimeoutMs * nanosPerMs })
  try {
    recordsRead.add(reader.consume({ limit: readMost }).length)
  } catch {
    // Nothing came in time.
  }
}
