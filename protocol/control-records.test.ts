import { expect, test } from 'vitest'
import {
  controlType,
  decodeLeaderChange,
  encodeControlBatch,
  encodeControlKey,
  encodeEndTxnMarker,
  encodeLeaderChange,
  encodeSnapshotFooter,
  encodeSnapshotHeader,
  readControlType,
  readEndTxnMarker,
} from './control-records.ts'
import { MalformedMessage } from './malformed.ts'
import { decodeRecords } from './record-batch-decode.ts'
import { batchCrcIsValid, isControl, isTransactional, readBatchHeader } from './record-batch.ts'
import { zeroUuid } from './uuid.ts'

const voter = (voterId: number): { voterId: number; voterDirectoryId: string } => ({ voterId, voterDirectoryId: zeroUuid })

test('a leader change is a control batch of one record that reads back', () => {
  const message = { leaderId: 2, voters: [1, 2, 3].map(voter), grantingVoters: [2, 3].map(voter) }
  const bytes = encodeLeaderChange({ message, baseOffset: 40, partitionLeaderEpoch: 6, timestamp: 1000 })
  const header = readBatchHeader(bytes, 0)
  expect(header).toMatchObject({ baseOffset: 40, partitionLeaderEpoch: 6, attributes: 0x20, recordsCount: 1, baseSequence: -1 })
  expect(isControl(header)).toBe(true)
  expect(batchCrcIsValid(bytes, 0, bytes.length)).toBe(true)
  const [record] = decodeRecords(bytes, 0, { maxBytes: 1000 })
  expect(readControlType(record!.key)).toBe(controlType.leaderChange)
  expect(decodeLeaderChange(record!.value!)).toEqual({ version: 1, ...message })
})

test('a transaction marker is transactional and control', () => {
  const value = new Uint8Array([0, 0, 0, 0, 0, 9])
  const bytes = encodeControlBatch(controlType.commit, value, {
    timestamp: 5,
    producerId: 77,
    producerEpoch: 3,
    isTransactional: true,
  })
  const header = readBatchHeader(bytes, 0)
  expect(header).toMatchObject({ attributes: 0x30, producerId: 77, producerEpoch: 3, baseSequence: -1 })
  expect(isTransactional(header) && isControl(header)).toBe(true)
  expect(decodeRecords(bytes, 0, { maxBytes: 1000 })[0]).toMatchObject({ key: new Uint8Array([0, 0, 0, 1]), value })
})

test('a marker says how its transaction ended, and who ended it', () => {
  for (const committed of [true, false]) {
    const marker = { committed, coordinatorEpoch: 9 }
    const bytes = encodeEndTxnMarker(marker, { timestamp: 5, producerId: 77, producerEpoch: 3, baseOffset: 12 })
    const header = readBatchHeader(bytes, 0)
    expect(header).toMatchObject({ attributes: 0x30, producerId: 77, producerEpoch: 3, baseOffset: 12, lastOffsetDelta: 0 })
    expect(readEndTxnMarker(bytes, 0)).toEqual(marker)
  }
})

test('what ends no transaction is no marker', () => {
  const batch = { timestamp: 5, producerId: 77, producerEpoch: 3 }
  const value = new Uint8Array([0, 0, 0, 0, 0, 9])
  expect(readEndTxnMarker(encodeControlBatch(controlType.voters, value, batch), 0)).toBeUndefined()
  expect(readEndTxnMarker(encodeControlBatch(controlType.commit, value.subarray(0, 3), batch), 0)).toBeUndefined()
  expect(readEndTxnMarker(encodeControlBatch(controlType.commit, new Uint8Array(500), batch), 0)).toEqual({ committed: true, coordinatorEpoch: 0 })
})

test('the type is read from keys of any version, unknown types too', () => {
  expect(readControlType(encodeControlKey(1234))).toBe(1234)
  expect(readControlType(new Uint8Array([0, 9, 0, 3, 0xff]))).toBe(controlType.snapshotHeader)
  for (const key of [null, new Uint8Array(0), new Uint8Array(3)]) {
    expect(() => readControlType(key)).toThrow(MalformedMessage)
  }
})

test('a leader change of an unknown version is refused', () => {
  for (const version of [2, 255]) {
    expect(() => decodeLeaderChange(new Uint8Array([version, 0, 0, 0, 0, 0]))).toThrow(MalformedMessage)
  }
})

test('a snapshot begins and ends with control batches of one record each, as Kafka writes them', () => {
  const batch = { baseOffset: 0, partitionLeaderEpoch: 7, timestamp: 1000 }
  const [header] = decodeRecords(encodeSnapshotHeader(1000n, batch), 0, { maxBytes: 1000 })
  expect(readControlType(header!.key)).toBe(controlType.snapshotHeader)
  expect(header!.value).toEqual(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 3, 0xe8, 0]))
  const footer = encodeSnapshotFooter({ ...batch, baseOffset: 9 })
  expect(readBatchHeader(footer, 0)).toMatchObject({ baseOffset: 9, partitionLeaderEpoch: 7, attributes: 0x20, recordsCount: 1 })
  const [record] = decodeRecords(footer, 0, { maxBytes: 1000 })
  expect(readControlType(record!.key)).toBe(controlType.snapshotFooter)
  expect(record!.value).toEqual(new Uint8Array([0, 0, 0]))
})
