/** What a leader checks before it appends a producer's batch, in Kafka's order, and the append itself. */
import type { Compression } from '../../../protocol/compression.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { writeInt64 } from '../../../protocol/int64.ts'
import { MalformedMessage, TooLarge } from '../../../protocol/malformed.ts'
import {
  assignBatch, batchCrcIsValid, batchHeaderBytes, batchPosition, compressionOf, isControl, isTransactional, readBatchHeader,
  renewBatchCrc, setLogAppendTime, usesLogAppendTime, type BatchHeader,
} from '../../../protocol/record-batch.ts'
import { forEachRecord, recompressBatch, validateBatch, type BatchSummary } from '../../../protocol/record-batch-decode.ts'
import type { TopicConfig } from '../config/broker-config.ts'
import { sequencesOf } from '../log/producer-state.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'

export interface Appended {
  readonly error: ErrorName
  readonly message: string | null
  readonly baseOffset: number
  /** First offset after the batch. */
  readonly endOffset: number
  /** -1 under CreateTime. */
  readonly logAppendTimeMs: number
  readonly recordErrors: { batchIndex: number; batchIndexErrorMessage: string | null }[]
}

export interface ProducedBatch {
  readonly records: Uint8Array | null
  readonly apiVersion: number
  /** This replica's copy is safe. Never called from inside `appendBatch`. */
  readonly written: () => void
}

/** A batch may inflate to this much while it is checked; more is refused, however small it came. */
const inflatedBytesMax = 100 * 1024 * 1024
/** Of the bad records in a batch so many are named. */
const namedRecordsMax = 1000
const zstdSinceVersion = 7
const noTimestamp = -1

type Checked = { readonly bytes: Uint8Array; readonly header: BatchHeader; readonly summary: BatchSummary }
type Refused = {
  readonly error: ErrorName
  readonly message: string
  /** Places of the bad records in the batch, where single records are bad. */
  readonly badRecords?: readonly number[]
}

export function appendBatch(node: BrokerNode, partition: Partition, produced: ProducedBatch): Appended {
  const { loop } = node
  const { config } = partition.options
  const wallNow = loop.ports.clock.wallNow()
  const checked = checkBatch(produced, config, wallNow)
  if ('error' in checked) return refused(checked)
  const { header } = checked
  const known = classify(partition, header, wallNow)
  if (known.kind === 'error') return refused({ error: known.error, message: `Sequence ${header.baseSequence} of producer ${header.producerId}.` })
  if (known.kind === 'duplicate') {
    const endOffset = known.baseOffset + header.lastOffsetDelta + 1
    tellWhenSafe(node, partition, endOffset, produced.written)
    return appended(config, known.baseOffset, endOffset, known.timestamp)
  }
  const bytes = recompressed(checked, config)
  if (bytes.length > config.maxMessageBytes) return refused(tooLarge(bytes.length, config))
  const baseOffset = partition.log.logEndOffset
  assignBatch(bytes, 0, baseOffset, partition.image.leaderEpoch)
  if (config.messageTimestampType === 'LogAppendTime') setLogAppendTime(bytes, 0, wallNow)
  else if (header.maxTimestamp !== checked.summary.maxTimestamp) setMaxTimestamp(bytes, checked.summary.maxTimestamp)
  partition.appendAsLeader(bytes, produced.written)
  return appended(config, baseOffset, baseOffset + header.lastOffsetDelta + 1, wallNow)
}

function appended(config: TopicConfig, baseOffset: number, endOffset: number, timestamp: number): Appended {
  const logAppendTimeMs = config.messageTimestampType === 'LogAppendTime' ? timestamp : -1
  return { error: 'NONE', message: null, baseOffset, endOffset, logAppendTimeMs, recordErrors: [] }
}

/** Searches by time go by what the header says, so what it says must be so. */
function setMaxTimestamp(bytes: Uint8Array, maxTimestamp: number): void {
  writeInt64(bytes, batchPosition.maxTimestamp, maxTimestamp)
  renewBatchCrc(bytes, 0)
}

function refused({ error, message, badRecords = [] }: Refused): Appended {
  const recordErrors = badRecords.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: message }))
  return { error, message, baseOffset: -1, endOffset: -1, logAppendTimeMs: -1, recordErrors }
}

function tooLarge(sizeBytes: number, config: TopicConfig): Refused {
  return { error: 'MESSAGE_TOO_LARGE', message: `The batch has ${sizeBytes} bytes, the topic allows ${config.maxMessageBytes}.` }
}

function classify(partition: Partition, header: BatchHeader, wallNow: number): ReturnType<typeof partition.options.decisions.classifyBatch> {
  if (header.producerId < 0) return { kind: 'append' }
  const entry = partition.log.producers.find(header.producerId, wallNow)
  return partition.options.decisions.classifyBatch(entry, sequencesOf(header))
}

/** A repeated batch may have come before its first copy was written. */
function tellWhenSafe(node: BrokerNode, partition: Partition, endOffset: number, written: () => void): void {
  if (partition.safeOffset >= endOffset) node.loop.after(0, written)
  else partition.log.sync(() => node.loop.after(0, written))
}

function checkBatch(produced: ProducedBatch, config: TopicConfig, wallNow: number): Checked | Refused {
  const { records } = produced
  if (records === null || records.length === 0) return { error: 'INVALID_RECORD', message: 'The request has no records.' }
  if (records.length < batchHeaderBytes) return { error: 'CORRUPT_MESSAGE', message: 'The batch is cut in its header.' }
  try {
    const header = readBatchHeader(records, 0)
    const bad = checkHeader(records, header, produced.apiVersion) ?? checkSize(header, config)
    if (bad !== undefined) return bad
    const summary = validateBatch(records, 0, { maxBytes: inflatedBytesMax })
    return checkRecords(records, summary, { config, wallNow }) ?? { bytes: records, header, summary }
  } catch (error) {
    if (error instanceof TooLarge) return { error: 'MESSAGE_TOO_LARGE', message: error.message }
    if (error instanceof MalformedMessage) return { error: 'INVALID_RECORD', message: error.message }
    throw error
  }
}

function checkHeader(records: Uint8Array, header: BatchHeader, apiVersion: number): Refused | undefined {
  const invalid = (message: string): Refused => ({ error: 'INVALID_RECORD', message })
  if (header.magic !== 2) return invalid(`The batch has format ${header.magic}; only 2 is taken.`)
  if (header.sizeBytes > records.length) return { error: 'CORRUPT_MESSAGE', message: 'The batch is cut.' }
  if (header.sizeBytes !== records.length) return invalid('A partition takes exactly one batch a request.')
  if (!batchCrcIsValid(records, 0, header.sizeBytes)) return { error: 'CORRUPT_MESSAGE', message: 'The CRC is wrong.' }
  if (header.baseOffset !== 0) return invalid(`The base offset is ${header.baseOffset}, not 0.`)
  if (isControl(header)) return invalid('Clients may not write control batches.')
  if (header.producerId >= 0 && (header.baseSequence < 0 || header.producerEpoch < 0)) {
    return invalid('A producer id needs an epoch and a sequence.')
  }
  if (isTransactional(header)) return { error: 'INVALID_TXN_STATE', message: 'Transactions are not served.' }
  if (usesLogAppendTime(header)) return { error: 'INVALID_TIMESTAMP', message: 'LogAppendTime is the broker\'s to set.' }
  if (compressionOf(header) === 'zstd' && apiVersion < zstdSinceVersion) {
    return { error: 'UNSUPPORTED_COMPRESSION_TYPE', message: 'zstd needs Produce version 7.' }
  }
  return undefined
}

function checkSize({ sizeBytes }: BatchHeader, config: TopicConfig): Refused | undefined {
  if (sizeBytes > config.maxMessageBytes) return tooLarge(sizeBytes, config)
  if (sizeBytes > config.segmentBytes) return { error: 'RECORD_LIST_TOO_LARGE', message: 'The batch is larger than a segment.' }
  return undefined
}

/** What single records can get wrong. One bad record fails the batch. */
function checkRecords(
  bytes: Uint8Array,
  summary: BatchSummary,
  { config, wallNow }: { readonly config: TopicConfig; readonly wallNow: number },
): Refused | undefined {
  const refuse = (refusal: Refused, isBad: (timestamp: number, hasKey: boolean) => boolean): Refused | undefined => {
    const badRecords: number[] = []
    forEachRecord(bytes, 0, { maxBytes: inflatedBytesMax }, (offset, timestamp, hasKey) => {
      if (badRecords.length < namedRecordsMax && isBad(timestamp, hasKey)) badRecords.push(offset)
    })
    return badRecords.length === 0 ? undefined : { ...refusal, badRecords }
  }
  if (summary.hasNullKey && config.cleanupPolicy.includes('compact')) {
    const refusal: Refused = { error: 'INVALID_RECORD', message: 'A compacted topic takes no record without a key.' }
    return refuse(refusal, (_timestamp, hasKey) => !hasKey)
  }
  if (config.messageTimestampType === 'LogAppendTime') return undefined
  const earliest = wallNow - config.messageTimestampBeforeMaxMs
  const latest = wallNow + config.messageTimestampAfterMaxMs
  if (summary.minTimestamp >= earliest && summary.maxTimestamp <= latest) return undefined
  const refusal: Refused = { error: 'INVALID_TIMESTAMP', message: 'The timestamp is too far from the broker\'s clock.' }
  return refuse(refusal, (timestamp) => timestamp !== noTimestamp && (timestamp < earliest || timestamp > latest))
}

/** The batch as the topic wants it stored: as it came, unless compression.type names another codec. */
function recompressed({ bytes, header }: Checked, config: TopicConfig): Uint8Array {
  const wanted: Compression | 'producer' = config.compressionType === 'uncompressed' ? 'none' : config.compressionType
  if (wanted === 'producer' || wanted === compressionOf(header)) return bytes
  return recompressBatch(bytes, wanted, { maxBytes: inflatedBytesMax })
}
