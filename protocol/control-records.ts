/**
 * Control batches: one record that clients never see as data, though its offset counts. The key names the type; the
 * value is a data message that begins with its own version. Sources: KIP-98 (markers), KIP-595 (leader change), KIP-630
 * (header and footer of a snapshot).
 */
import { decodeMessage, encodeMessage } from './codec.ts'
import { MalformedMessage } from './malformed.ts'
import type { Decoded, Encodable } from './message.ts'
import { Reader } from './reader.ts'
import { decodeRecords } from './record-batch-decode.ts'
import { type BatchInput, encodeBatch } from './record-batch-encode.ts'

export const controlType = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  voters: 6,
} as const

/** `type` may be one of `controlType` or any other int16. */
export function encodeControlKey(type: number): Uint8Array {
  const key = new Uint8Array(4)
  new DataView(key.buffer).setInt16(2, type)
  return key
}

/** The type of a control record. A newer key version only has more behind it. MalformedMessage when there is none. */
export function readControlType(key: Uint8Array | null): number {
  if (key === null) throw new MalformedMessage('control record without key')
  const reader = new Reader(key)
  reader.int16()
  return reader.int16()
}

export interface ControlBatchInput extends Omit<BatchInput, 'records' | 'compression' | 'isControl' | 'logAppendTime'> {
  readonly timestamp: number
}

/** A batch of one control record. */
export function encodeControlBatch(type: number, value: Uint8Array, options: ControlBatchInput): Uint8Array {
  const { timestamp, ...batch } = options
  const record = { key: encodeControlKey(type), value, timestamp }
  return encodeBatch({ ...batch, records: [record], isControl: true })
}

const leaderChange = {
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  fields: {
    version: { int16: '0+' },
    leaderId: { int32: '0+' },
    voters: {
      array: '0+',
      of: {
        voterId: { int32: '0+' },
        voterDirectoryId: { uuid: '1+' },
      },
    },
    grantingVoters: {
      array: '0+',
      of: {
        voterId: { int32: '0+' },
        voterDirectoryId: { uuid: '1+' },
      },
    },
  },
} as const

/** What a new leader of the metadata log appends first. `version` is the version it is encoded at. */
export const leaderChangeMessage: typeof leaderChange = leaderChange
export type LeaderChangeMessage = Decoded<typeof leaderChange>

export interface LeaderChangeInput extends ControlBatchInput {
  readonly message: Omit<Encodable<typeof leaderChange>, 'version'>
}

/** The batch of a leader change, version 1. */
export function encodeLeaderChange(input: LeaderChangeInput): Uint8Array {
  const { message, ...batch } = input
  const value = encodeMessage(leaderChange, 1, { version: 1, ...message })
  return encodeControlBatch(controlType.leaderChange, value, batch)
}

/** Reads the value of a leader change record, at the version in its front. */
export function decodeLeaderChange(value: Uint8Array): LeaderChangeMessage {
  const version = new Reader(value).int16()
  if (version < 0 || version > 1) throw new MalformedMessage(`leader change of version ${version}`)
  return decodeMessage(leaderChange, version, value)
}

const snapshotHeader = {
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: { int16: '0+' }, lastContainedLogTimestamp: { int64: '0+' } },
} as const

const snapshotFooter = { name: 'SnapshotFooterRecord', versions: '0', flexible: '0+', fields: { version: { int16: '0+' } } } as const

/** The batch a snapshot begins with. `lastContainedLogTimestamp`: when the last record in it was appended to the log. */
export function encodeSnapshotHeader(lastContainedLogTimestamp: bigint, batch: ControlBatchInput): Uint8Array {
  const value = encodeMessage(snapshotHeader, 0, { version: 0, lastContainedLogTimestamp })
  return encodeControlBatch(controlType.snapshotHeader, value, batch)
}

/** The batch a whole snapshot ends with. */
export function encodeSnapshotFooter(batch: ControlBatchInput): Uint8Array {
  return encodeControlBatch(controlType.snapshotFooter, encodeMessage(snapshotFooter, 0, { version: 0 }), batch)
}

const endTxnMarker = {
  name: 'EndTxnMarker',
  versions: '0',
  flexible: 'none',
  fields: {
    version: { int16: '0+' },
    coordinatorEpoch: { int32: '0+' },
  },
} as const

/** The end of a transaction, as its marker tells it. */
export interface EndTxnMarker {
  readonly committed: boolean
  readonly coordinatorEpoch: number
}

/** The batch of a marker; it belongs to the producer whose transaction it ends. */
export function encodeEndTxnMarker(marker: EndTxnMarker, batch: ControlBatchInput): Uint8Array {
  const value = encodeMessage(endTxnMarker, 0, { version: 0, coordinatorEpoch: marker.coordinatorEpoch })
  return encodeControlBatch(marker.committed ? controlType.commit : controlType.abort, value, { ...batch, isTransactional: true })
}

/** A marker's key and value, both small. */
const markerBytesMax = 1024

/**
 * What the control batch at `at` says of a transaction; undefined when it ends none, or cannot be read. A newer value only
 * has more behind it.
 */
export function readEndTxnMarker(bytes: Uint8Array, at: number): EndTxnMarker | undefined {
  try {
    const [record] = decodeRecords(bytes, at, { maxBytes: markerBytesMax })
    if (record === undefined || record.value === null) return undefined
    const type = readControlType(record.key)
    if (type !== controlType.commit && type !== controlType.abort) return undefined
    const reader = new Reader(record.value)
    reader.int16()
    return { committed: type === controlType.commit, coordinatorEpoch: reader.int32() }
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined
    throw error
  }
}
