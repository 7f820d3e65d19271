/** What a leader checks before it appends a producer's batch, in Kafka's order, and the append itself. */
import { compressions, type Compression } from '../../../protocol/compression.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { writeInt64 } from '../../../protocol/int64.ts'
import { MalformedMessage, TooLarge } from '../../../protocol/malformed.ts'
import {
  assignBatch, batchAttribute, batchCrcIsValid, batchHeaderBytes, batchPosition, batchPrefixBytes, compressionOf, isControl,
  isTransactional, readBatchHeader, renewBatchCrc, setLogAppendTime, usesLogAppendTime, type BatchHeader,
} from '../../../protocol/record-batch.ts'
import { forEachRecord, recompressBatch, validateBatch, type BatchSummary } from '../../../protocol/record-batch-decode.ts'
import type { TopicConfig } from '../config/broker-config.ts'
import type { BatchClass } from '../log/producer-state.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import type { VerificationGuard } from '../replication/verifications.ts'

export interface Appended {
  readonly error: ErrorName
  readonly message: string | null
  readonly baseOffset: number
  /** First offset after the batch. */
  readonly endOffset: number
  /** -1 under CreateTime, but for a repeated batch the largest timestamp of the first. */
  readonly logAppendTimeMs: number
  /** -1 where the answer does not tell it. */
  readonly logStartOffset: number
  readonly recordErrors: { batchIndex: number; batchIndexErrorMessage: string | null }[]
}

export interface ProducedBatch {
  /** At least one whole batch. */
  readonly records: Uint8Array
  readonly apiVersion: number
  /** What its coordinator was asked with: see `needsMembership`; undefined where nobody was asked. */
  readonly guard: VerificationGuard | undefined
  /** This replica's copy is safe. Never called from inside `appendBatch`. */
  readonly written: () => void
}

/** A batch may inflate to this much while it is checked; more is refused, however small it came. */
const inflatedBytesMax = 100 * 1024 * 1024
/** Of the bad records in a batch so many are named. */
const namedRecordsMax = 1000
const zstdSinceVersion = 7
/** From here on a leader puts the partition into the transaction by itself. */
export const addsSinceVersion = 12
/** As far as a batch must be there for its size and format to be known, and the smallest that any format has. */
const upToMagicBytes = 17
const smallestBytes = 26
const noTimestamp = -1

type Checked = { readonly bytes: Uint8Array; readonly header: BatchHeader; readonly summary: BatchSummary }
type Refused = {
  readonly error: ErrorName
  /** Only where single records are bad: as in Kafka, nothing else is put into words. */
  readonly message?: string | null
  /** Places of the bad records in the batch, where single records are bad. */
  readonly badRecords?: readonly number[]
}

export const nothingAppended: Appended = {
  error: 'NONE', message: null, baseOffset: -1, endOffset: -1, logAppendTimeMs: -1, logStartOffset: -1, recordErrors: [],
}

/** As in Kafka the answer tells where the log starts with every error found on the way into it, but not with these. */
const saysNothingOfTheLog: ReadonlySet<ErrorName> = new Set(['CORRUPT_MESSAGE', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

export function appendBatch(node: BrokerNode, partition: Partition, produced: ProducedBatch): Appended {
  const { loop } = node
  const { config } = partition.options
  const wallNow = loop.ports.clock.wallNow()
  const checked = checkBatch(produced.records, config, wallNow)
  if ('error' in checked) return refused(partition, checked)
  const { header } = checked
  const known = classify(partition, header, produced.apiVersion)
  if (known.kind !== 'duplicate' && !mayAppend(node, partition, { header, guard: produced.guard })) {
    return refused(partition, { error: 'INVALID_TXN_STATE' })
  }
  if (known.kind === 'error') return refused(partition, { error: known.error })
  if (known.kind === 'append' && partition.verifications.isAhead(header)) return refused(partition, { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  if (known.kind === 'duplicate') {
    const endOffset = known.baseOffset + header.lastOffsetDelta + 1
    tellWhenSafe(node, partition, endOffset, produced.written)
    return { ...nothingAppended, baseOffset: known.baseOffset, endOffset, logAppendTimeMs: known.timestamp }
  }
  const bytes = recompressed(checked, config)
  if (bytes.length > config.maxMessageBytes) return refused(partition, { error: 'MESSAGE_TOO_LARGE' })
  const baseOffset = partition.log.logEndOffset
  assignBatch(bytes, 0, baseOffset, partition.image.leaderEpoch)
  if (config.messageTimestampType === 'LogAppendTime') setLogAppendTime(bytes, 0, wallNow)
  else if (usesLogAppendTime(header)) clearLogAppendTime(bytes)
  else if (header.maxTimestamp !== checked.summary.maxTimestamp) setMaxTimestamp(bytes, checked.summary.maxTimestamp)
  if (isTransactional(header)) partition.verifications.end(header.producerId)
  partition.appendAsLeader(bytes, produced.written)
  return appended(config, baseOffset, baseOffset + header.lastOffsetDelta + 1, wallNow)
}

function appended(config: TopicConfig, baseOffset: number, endOffset: number, timestamp: number): Appended {
  const logAppendTimeMs = config.messageTimestampType === 'LogAppendTime' ? timestamp : -1
  return { ...nothingAppended, baseOffset, endOffset, logAppendTimeMs }
}

/** Under CreateTime the flag is not the producer's to set; Kafka takes the batch without it. */
function clearLogAppendTime(bytes: Uint8Array): void {
  bytes[batchPosition.attributes + 1]! &= ~batchAttribute.logAppendTime
  renewBatchCrc(bytes, 0)
}

/** Searches by time go by what the header says, so what it says must be so. */
function setMaxTimestamp(bytes: Uint8Array, maxTimestamp: number): void {
  writeInt64(bytes, batchPosition.maxTimestamp, maxTimestamp)
  renewBatchCrc(bytes, 0)
}

function refused(partition: Partition, { error, message = null, badRecords = [] }: Refused): Appended {
  const recordErrors = badRecords.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: message }))
  const logStartOffset = saysNothingOfTheLog.has(error) ? -1 : partition.log.logStartOffset
  return { ...nothingAppended, error, message, logStartOffset, recordErrors }
}

function classify({ log, verifications }: Partition, header: BatchHeader, apiVersion: number): BatchClass {
  const mustBeginAtZero = (isTransactional(header) && apiVersion >= addsSinceVersion) || verifications.beginsAtZero(header.producerId)
  return header.producerId < 0 ? { kind: 'append' } : log.classify(header, mustBeginAtZero)
}

/**
 * The batch whose transaction a leader has to ask about before it appends: whether the partition is in it (KIP-890). undefined:
 * there is nothing to ask.
 */
export function needsMembership(
  node: BrokerNode,
  { log }: Partition,
  { records, apiVersion }: Pick<ProducedBatch, 'records' | 'apiVersion'>,
): BatchHeader | undefined {
  if (firstBatch(records) !== 'transactional' || records.length < batchHeaderBytes) return undefined
  const header = readBatchHeader(records, 0)
  const isAsked = apiVersion >= addsSinceVersion || node.config.transactionPartitionVerificationEnable
  if (!isAsked || !node.decisions.mustAskMembership() || header.producerId < 0 || log.producers.hasOpenTransaction(header.producerId, header.producerEpoch)) return undefined
  return header
}

function mayAppend(
  node: BrokerNode,
  partition: Partition,
  { header, guard }: { readonly header: BatchHeader; readonly guard: VerificationGuard | undefined },
): boolean {
  if (!isTransactional(header) || guard === undefined) return true
  const { producerId, producerEpoch } = header
  const isOpenHere = partition.log.producers.hasOpenTransaction(producerId, producerEpoch)
  return node.decisions.mayAppendToTransaction({ isOpenHere, isVerified: partition.verifications.holds(producerId, guard) })
}

/** A repeated batch may have come before its first copy was written. */
function tellWhenSafe(node: BrokerNode, partition: Partition, endOffset: number, written: () => void): void {
  if (partition.safeOffset >= endOffset) node.loop.after(0, written)
  else partition.log.sync(() => node.loop.after(0, written))
}

/**
 * What the request itself must look like before any partition is asked: one batch, in format 2, with a codec of the
 * request's version. What follows it and is no batch any more is not looked at.
 */
export function requestError(records: Uint8Array | null, apiVersion: number): ErrorName | undefined {
  if (records === null) return 'INVALID_RECORD'
  const sizeBytes = wholeBatchBytes(records, 0)
  if (sizeBytes === 'corrupt') return 'CORRUPT_MESSAGE'
  if (sizeBytes === 0) return 'INVALID_RECORD'
  const compression = records[batchPosition.attributes + 1]! & batchAttribute.compression
  if (compressions[compression] === 'zstd' && apiVersion < zstdSinceVersion) return 'UNSUPPORTED_COMPRESSION_TYPE'
  if (records[batchPosition.magic] !== 2) return 'INVALID_RECORD'
  const next = wholeBatchBytes(records, sizeBytes)
  if (next === 'corrupt') return 'CORRUPT_MESSAGE'
  return next === 0 ? undefined : 'INVALID_RECORD'
}

/** Of what kind the first batch is, as far as that can be told from its header. */
export function firstBatch(records: Uint8Array): 'none' | 'corrupt' | 'transactional' | 'plain' {
  const sizeBytes = wholeBatchBytes(records, 0)
  if (sizeBytes === 'corrupt') return 'corrupt'
  if (sizeBytes === 0 || records[batchPosition.magic] !== 2) return sizeBytes === 0 ? 'none' : 'plain'
  return (records[batchPosition.attributes + 1]! & batchAttribute.transactional) === 0 ? 'plain' : 'transactional'
}

/** Size of the batch at `at`; 0 when no whole one is there. */
function wholeBatchBytes(records: Uint8Array, at: number): number | 'corrupt' {
  if (records.length - at < upToMagicBytes) return 0
  const view = new DataView(records.buffer, records.byteOffset + at)
  const sizeBytes = view.getInt32(batchPosition.length) + batchPrefixBytes
  const magic = view.getInt8(batchPosition.magic)
  if (sizeBytes < smallestBytes || magic < 0 || magic > 2) return 'corrupt'
  return sizeBytes <= records.length - at ? sizeBytes : 0
}

function checkBatch(records: Uint8Array, config: TopicConfig, wallNow: number): Checked | Refused {
  const sizeBytes = wholeBatchBytes(records, 0)
  if (sizeBytes === 'corrupt' || sizeBytes < batchHeaderBytes) return { error: 'CORRUPT_MESSAGE' }
  const bytes = records.subarray(0, sizeBytes)
  try {
    const header = readBatchHeader(bytes, 0)
    if (header.baseOffset !== 0) return { error: 'INVALID_RECORD' }
    const bad = checkSize(header, config) ?? checkHeader(bytes, header)
    if (bad !== undefined) return bad
    const summary = validateBatch(bytes, 0, { maxBytes: inflatedBytesMax })
    return checkRecords(bytes, summary, { config, wallNow }) ?? { bytes, header, summary }
  } catch (error) {
    if (error instanceof TooLarge) return { error: 'MESSAGE_TOO_LARGE' }
    if (error instanceof MalformedMessage) return { error: 'INVALID_RECORD' }
    throw error
  }
}

function checkHeader(bytes: Uint8Array, header: BatchHeader): Refused | undefined {
  if (!batchCrcIsValid(bytes, 0, header.sizeBytes)) return { error: 'CORRUPT_MESSAGE' }
  if (isControl(header) || (header.producerId >= 0 && header.baseSequence < 0)) return { error: 'INVALID_RECORD' }
  if (isTransactional(header) && header.producerId < 0) return { error: 'INVALID_RECORD' }
  return undefined
}

function checkSize({ sizeBytes }: BatchHeader, config: TopicConfig): Refused | undefined {
  if (sizeBytes > config.maxMessageBytes) return { error: 'MESSAGE_TOO_LARGE' }
  if (sizeBytes > config.segmentBytes) return { error: 'RECORD_LIST_TOO_LARGE' }
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
  const isFlagged = usesLogAppendTime(summary.header)
  if (isFlagged && (config.messageTimestampType === 'LogAppendTime' || summary.header.maxTimestamp < 0)) {
    const refusal: Refused = { error: 'INVALID_TIMESTAMP', message: 'LogAppendTime is the broker\'s to set.' }
    return refuse(refusal, () => true)
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
