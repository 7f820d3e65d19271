/**
 * What the group coordinator writes, as values and as bytes. A record states the new value of what its key names, never a
 * change to it, and null forgets it: the newest record of a key is all that compaction need keep.
 */
import { decodeMessage, encodeMessage } from '../../../protocol/codec.ts'
import type { Decoded, Message } from '../../../protocol/message.ts'
import { Reader } from '../../../protocol/reader.ts'
import type { RecordCodec } from '../coordinator/state-machine.ts'
import { decodeConsumerRecord, encodeConsumerRecord, type ConsumerGroupRecord } from './consumer-records.ts'
import { classicGroupKeyType, classicGroupSchema, groupKeySchema, offsetKeySchema, offsetKeyTypes, offsetValueSchema } from './record-schemas.ts'

export type OffsetValue = Readonly<Decoded<typeof offsetValueSchema>>
export type ClassicGroupValue = Readonly<Decoded<typeof classicGroupSchema>>

export interface OffsetRecord {
  readonly kind: 'offset'
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly value: OffsetValue | null
}

export interface ClassicGroupRecord {
  readonly kind: 'classic-group'
  readonly group: string
  readonly value: ClassicGroupValue | null
}

export type GroupRecord = OffsetRecord | ClassicGroupRecord | ConsumerGroupRecord

interface EncodedRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

const newestOffsetValue = 4
/** The only one with an expiry of its own. */
const expiringOffsetValue = 1
const newestClassicGroup = 3

/** An int16 in front of the message. */
function numbered(number: number, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + message.length)
  new DataView(bytes.buffer).setInt16(0, number)
  bytes.set(message, 2)
  return bytes
}

/** What follows the version in front of a value, at that version. */
function versioned<M extends Message>(schema: M, value: Uint8Array): Decoded<M> {
  return decodeMessage(schema, new Reader(value).int16(), value.subarray(2))
}

function encodeOffset({ group, topic, partition, value }: OffsetRecord): EncodedRecord {
  const key = numbered(offsetKeyTypes.current, encodeMessage(offsetKeySchema, offsetKeyTypes.current, { group, topic, partition }))
  if (value === null) return { key, value: null }
  const version = value.expireTimestamp === -1n ? newestOffsetValue : expiringOffsetValue
  return { key, value: numbered(version, encodeMessage(offsetValueSchema, version, value)) }
}

function encodeClassicGroup({ group, value }: ClassicGroupRecord): EncodedRecord {
  const key = numbered(classicGroupKeyType, encodeMessage(groupKeySchema, classicGroupKeyType, { group }))
  if (value === null) return { key, value: null }
  return { key, value: numbered(newestClassicGroup, encodeMessage(classicGroupSchema, newestClassicGroup, value)) }
}

function encode(record: GroupRecord): EncodedRecord {
  switch (record.kind) {
    case 'offset':
      return encodeOffset(record)
    case 'classic-group':
      return encodeClassicGroup(record)
    default: {
      const { type, key, value } = encodeConsumerRecord(record)
      return { key: numbered(type, key), value: value === null ? null : numbered(0, value) }
    }
  }
}

function decode(key: Uint8Array, value: Uint8Array | null): GroupRecord | undefined {
  const type = new Reader(key).int16()
  const body = key.subarray(2)
  if (type === offsetKeyTypes.old || type === offsetKeyTypes.current) {
    const { group, topic, partition } = decodeMessage(offsetKeySchema, type, body)
    return { kind: 'offset', group, topic, partition, value: value === null ? null : versioned(offsetValueSchema, value) }
  }
  if (type === classicGroupKeyType) {
    const { group } = decodeMessage(groupKeySchema, type, body)
    return { kind: 'classic-group', group, value: value === null ? null : versioned(classicGroupSchema, value) }
  }
  return decodeConsumerRecord(type, body, value === null ? null : value.subarray(2))
}

export const groupRecords: RecordCodec<GroupRecord> = { encode, decode }
