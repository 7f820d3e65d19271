/**
 * What the transaction coordinator writes, in the bytes Kafka writes: one key per transactional id, its newest value is all
 * that counts, null forgets it. Sources: Kafka's TransactionLogKey and TransactionLogValue; KIP-890 for the tagged fields.
 *
 * One tagged field is ours. Kafka keeps lastProducerEpoch in memory alone, so its next coordinator fences a producer whose
 * answer to InitProducerId was lost with the one before (KIP-360). Readers of Kafka pass over tags they do not know.
 */
import { decodeMessage, encodeMessage } from '../../../protocol/codec.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { Reader } from '../../../protocol/reader.ts'
import type { RecordCodec } from '../coordinator/state-machine.ts'
import { noEpoch, type Transaction, type TransactionState } from './transaction.ts'

export interface TransactionRecord {
  readonly transactionalId: string
  readonly value: Transaction | null
}

const keyType = 0
const keySchema = {
  name: 'TransactionLogKey',
  versions: '0',
  flexible: 'none',
  fields: { transactionalId: { string: '0+' } },
} as const

const valueVersion = 1
/** Far from where Kafka's own tags count up from 0. */
const ownTags = 10_000
const valueSchema = {
  name: 'TransactionLogValue',
  versions: '0-1',
  flexible: '1+',
  fields: {
    producerId: { int64: '0+' },
    previousProducerId: { int64: '1+', tag: 0, default: -1n },
    nextProducerId: { int64: '1+', tag: 1, default: -1n },
    producerEpoch: { int16: '0+' },
    nextProducerEpoch: { int16: '1+', tag: 3, default: -1 },
    transactionTimeoutMs: { int32: '0+' },
    transactionStatus: { int8: '0+' },
    transactionPartitions: {
      array: '0+', nullable: '0+',
      of: { topic: { string: '0+' }, partitionIds: { array: '0+', of: 'int32' } },
    },
    transactionLastUpdateTimestampMs: { int64: '0+' },
    transactionStartTimestampMs: { int64: '0+' },
    clientTransactionVersion: { uint16: '1+', tag: 2, default: 0 },
    lastProducerEpoch: { int16: '1+', tag: ownTags, default: noEpoch },
  },
} as const

/** The place in this list is the byte on disk. */
const states: readonly TransactionState[] = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort']

/** An int16 in front of the message. */
function numbered(number: number, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + message.length)
  new DataView(bytes.buffer).setInt16(0, number)
  bytes.set(message, 2)
  return bytes
}

function encodeValue(transaction: Transaction): Uint8Array {
  const { partitions, state } = transaction
  return encodeMessage(valueSchema, valueVersion, {
    producerId: toBigInt(transaction.producerId),
    previousProducerId: toBigInt(transaction.previousProducerId),
    nextProducerId: toBigInt(transaction.nextProducerId),
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: states.indexOf(state),
    transactionPartitions:
      state === 'Empty' ? null : [...partitions].map(([topic, partitionIds]) => ({ topic, partitionIds })),
    transactionLastUpdateTimestampMs: toBigInt(transaction.lastUpdateMs),
    transactionStartTimestampMs: toBigInt(transaction.startMs),
    clientTransactionVersion: transaction.transactionVersion,
    lastProducerEpoch: transaction.lastProducerEpoch,
  })
}

function decodeValue(transactionalId: string, bytes: Uint8Array): Transaction {
  const value = decodeMessage(valueSchema, new Reader(bytes).int16(), bytes.subarray(2))
  const state = states[value.transactionStatus]
  if (state === undefined) throw new Error(`transaction ${transactionalId} in the unknown state ${value.transactionStatus}`)
  return {
    transactionalId,
    producerId: toNumber(value.producerId),
    previousProducerId: toNumber(value.previousProducerId),
    nextProducerId: toNumber(value.nextProducerId),
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: value.lastProducerEpoch,
    timeoutMs: value.transactionTimeoutMs,
    state,
    partitions: new Map(value.transactionPartitions?.map(({ topic, partitionIds }) => [topic, partitionIds])),
    startMs: toNumber(value.transactionStartTimestampMs),
    lastUpdateMs: toNumber(value.transactionLastUpdateTimestampMs),
    transactionVersion: value.clientTransactionVersion,
  }
}

export const transactionRecords: RecordCodec<TransactionRecord> = {
  encode: ({ transactionalId, value }) => ({
    key: numbered(keyType, encodeMessage(keySchema, 0, { transactionalId })),
    value: value === null ? null : numbered(valueVersion, encodeValue(value)),
  }),
  decode: (key, value) => {
    if (new Reader(key).int16() !== keyType) return undefined
    const { transactionalId } = decodeMessage(keySchema, 0, key.subarray(2))
    return { transactionalId, value: value === null ? null : decodeValue(transactionalId, value) }
  },
}
